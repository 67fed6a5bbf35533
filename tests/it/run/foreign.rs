//! What another user runs inside of a run: gpumgr cannot end it, says so, and waits.

use super::{Running, Victim};
use crate::people::{Office, Person, set_mode};
use crate::support::happens;
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

pub(crate) const ALICE: Person = Person {
    uid: 54321,
    gid: 54321,
    group: 54300,
    umask: "000",
};
pub(crate) const BOB: Person = Person {
    uid: 54322,
    gid: 54322,
    ..ALICE
};

/// Compiles the program that becomes Bob, whoever starts it.
pub(crate) fn compile_bobs(program: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/set_user.c");
    let compiled = Command::new("cc")
        .args(["-O1", "-Wall", "-Werror", "-o"])
        .args([program, Path::new(source)])
        .status();
    assert!(compiled.unwrap().success());
    chown(program, Some(BOB.uid), Some(BOB.gid)).unwrap();
    set_mode(program, 0o4755);
}

/// How often a process was put to sleep so far.
pub(crate) fn sleeps(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().unwrap()
}

/// Fails if a process that waits for another user's looks more often than now and then.
pub(crate) fn assert_sleeps(pid: u32) {
    // It looks more often at first.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let before = sleeps(pid);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let times = sleeps(pid) - before;
    assert!(times < 30, "it looks {times} times in 3 s");
}

fn office() -> Option<Office> {
    let office = Office::open()?;
    office.lab().write("config.toml", super::SMALL);
    office.give(0, ALICE.group, 0o2777);
    compile_bobs(&office.path().join("bobs"));
    Some(office)
}

/// Alice's run of Bob's program, which gpumgr has given up to end.
fn stuck(office: &Office) -> (Running, Victim) {
    let start = ["--run", "t", "2", "8", "--ttl", "2s", "--", "./bobs"];
    let mut command = office.command_as(ALICE, &start);
    command.stderr(fs::File::create(office.path().join("said")).unwrap());
    let run = Running(command.spawn().unwrap());
    let bobs = Victim::noted(office.lab(), "pid");
    let said = || office.lab().read("said");
    let named = format!("cannot end bobs (PID {}, {})", bobs.0, BOB.uid);
    assert!(happens(|| said().contains(&named)), "{}", said());
    assert!(!said().contains("killed"), "{}", said());
    (run, bobs)
}

#[test]
fn other_users_process_keeps_gpus_until_it_ends() {
    let Some(office) = office() else { return };
    let (run, bobs) = stuck(&office);
    assert_sleeps(run.pid());
    assert!(!bobs.is_gone());
    office.refused_as(ALICE, &["--allocate", "next", "2", "8"], "insufficient");
    office.lab().write("end", "");
    let mut run = run;
    assert!(happens(|| run.0.try_wait().unwrap().is_some()));
    assert_eq!(run.0.wait().unwrap().code(), Some(0), "the command's own");
    office.ok_as(ALICE, &["--allocate", "next", "2", "8"]);
}

#[test]
fn second_signal_ends_a_gpumgr_that_waits_and_gives_nothing_back() {
    let Some(office) = office() else { return };
    let (mut run, _bobs) = stuck(&office);
    run.send(Signal::SIGTERM);
    assert!(happens(|| run.0.try_wait().unwrap().is_some()));
    assert_eq!(run.0.wait().unwrap().code(), Some(128 + 15));
    office.refused_as(ALICE, &["--allocate", "next", "2", "8"], "insufficient");
    office.lab().write("end", "");
    let freed = || office.run_as(ALICE, &["--allocate", "next", "2", "8"]).code == 0;
    assert!(happens(freed));
}
