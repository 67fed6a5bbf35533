//! What looks alive and is dead, and what looks dead and is alive.

use super::{
    CLOSES_ALL, Running, STAYS, Victim, assert_freed_by_the_next, assert_held, edit, is_unlocked,
    lease_file, lease_of, shown, small, stat, written,
};
use crate::people::{Office, Person};
use crate::support::{Lab, happens, measured};
use serde_json::json;
use std::process::{Command, Stdio};

/// A task whose gpumgr and command are gone, though nobody has freed it yet.
fn abandoned() -> Lab {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    command.kill();
    assert!(happens(|| is_unlocked(&lab)));
    lab
}

/// Lets the lease name another process as its command.
fn note(lab: &Lab, pid: u32, started: u64) {
    let file = lease_file(lab);
    let text = lab.read(&file);
    let note = format!("{pid} {started}");
    lab.write(&file, format!("{note:<48}{}", &text[48..]));
}

fn sleeper() -> std::process::Child {
    Command::new("sleep")
        .arg("600")
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_command_that_closes_what_it_was_given_is_still_alive() {
    let lab = small();
    let run = Running::all_of(&lab, &["python3", "-c", CLOSES_ALL]);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    assert!(is_unlocked(&lab), "else this shows nothing");
    assert_held(&lab);
    command.kill();
    assert_freed_by_the_next(&lab);
}

/// The same ID and start is the same process; the same ID alone is not.
#[test]
fn a_reused_process_id_does_not_keep_it() {
    let mut other = sleeper();
    let (_, started) = stat(other.id()).unwrap();
    for (noted, lives) in [(started, true), (started - 2, false)] {
        let lab = abandoned();
        note(&lab, other.id(), noted);
        if lives {
            assert_held(&lab);
        } else {
            assert_freed_by_the_next(&lab);
        }
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_zombie_is_dead() {
    let lab = abandoned();
    let mut zombie = sleeper();
    let (_, started) = stat(zombie.id()).unwrap();
    note(&lab, zombie.id(), started);
    assert_held(&lab);
    zombie.kill().unwrap();
    assert!(happens(|| stat(zombie.id()).unwrap().0 == 'Z'));
    assert_freed_by_the_next(&lab);
    zombie.wait().unwrap();
}

/// Somebody tidied up; what is left is gpumgr's own process.
#[test]
fn without_its_lease_file_it_lives_with_its_gpumgr() {
    let mut other = sleeper();
    let (_, started) = stat(other.id()).unwrap();
    for (noted, lives) in [(started, true), (started - 2, false)] {
        let lab = abandoned();
        std::fs::remove_file(lab.join(&lease_file(&lab))).unwrap();
        edit(&lab, |state| {
            let lease = lease_of(state);
            lease["pid"] = json!(other.id());
            lease["started"] = json!(noted);
        });
        if lives {
            assert_held(&lab);
        } else {
            assert_freed_by_the_next(&lab);
        }
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

/// Not to be allowed to send it a signal is no sign of death.
#[test]
fn another_users_process_counts() {
    let Some(office) = Office::open() else { return };
    office.give(0, 0, 0o777);
    let lab = office.lab();
    lab.write("config.toml", super::SMALL);
    let run = Running::all_of(lab, &["python3", "-c", CLOSES_ALL]);
    let command = Victim::noted(lab, "pid");
    run.kill();
    assert!(is_unlocked(lab), "else this shows nothing");
    let somebody = Person {
        uid: 4711,
        gid: 0,
        group: 0,
        umask: "022",
    };
    let ask = ["--allocate", "next", "2", "8"];
    office.refused_as(somebody, &ask, "insufficient");
    command.kill();
    let next = office.ok_as(somebody, &ask);
    assert!(next.stderr.contains("Freed t (root;"), "{next:?}");
    assert_eq!(written(lab), ["next"]);
}

/// All of another start of this machine is gone, whatever has its IDs and locks now.
#[test]
fn a_restart_of_the_machine_ends_everything() {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    edit(&lab, |state| {
        lease_of(state)["boot"] = json!("another-start")
    });
    assert_eq!(shown(&lab), [""; 0]);
    let next = lab.ok(&["--allocate", "next", "2", "8"]);
    assert!(next.stderr.contains("its process had ended"), "{next:?}");
    command.kill();
    run.ends();
    assert_eq!(written(&lab), ["next"]);
}

#[test]
fn of_another_machine_nothing_is_known() {
    let lab = abandoned();
    edit(&lab, |state| {
        let lease = lease_of(state);
        lease["boot"] = json!("another-start");
        lease["host"] = json!("another-machine");
    });
    assert_held(&lab);
    lab.ok(&["--release", "t"]);
}

/// Until its time is over, with what it may take to end.
#[test]
fn what_another_machine_holds_lasts_until_its_time_is_over() {
    let lab = abandoned();
    lab.ok(&["--release", "t"]);
    lab.ok(&["--allocate", "t", "2", "8", "--ttl", "3s"]);
    edit(&lab, |state| {
        state["servers"][0]["running_tasks"][0]["lease"] = json!({
            "id": "abc", "tie": "run", "host": "another-machine", "boot": "another-start",
            "pid_namespace": 1, "pid": 1, "started": 1
        });
    });
    assert_held(&lab);
    let next = assert_freed_by_the_next(&lab);
    assert!(next.stderr.contains("its time was over"), "{next:?}");
}

/// A process in a space of IDs of its own, as in a container. Its first process stays.
const IN_CONTAINER: &str = "\"$0\" \"$@\" & echo started; sleep 600 & wait";

/// Kills its gpumgr, and stays until there is a file `end`.
const ORPHAN: &str = "import os, signal, sys, time
if sys.argv[1] == 'closes': os.closerange(3, 256)
if sys.argv[1] == 'keeps':
    while not any(' kept' in open(name).read() for name in os.listdir('.') if 'lease' in name):
        time.sleep(0.02)
gpumgr = os.getppid()
os.kill(gpumgr, signal.SIGKILL)
while os.getppid() == gpumgr: time.sleep(0.02)
open('orphaned', 'w').close()
while not os.path.exists('end'): time.sleep(0.02)";

struct Container(Running);

impl Container {
    /// Runs the orphan in it; none where that is not allowed.
    fn start(lab: &Lab, how: &str) -> Option<Self> {
        let arguments = ["--run", "t", "2", "8", "--", "python3", "-c", ORPHAN, how];
        let container = Self(Running::of(&mut in_container(lab, &arguments)));
        assert!(happens(|| lab.join("orphaned").exists()));
        Some(container)
    }

    /// Runs this in it.
    fn ask(&self, lab: &Lab, arguments: &[&str]) -> crate::support::Ran {
        let inside = self.0.pid().to_string();
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--target", &first_inside(&inside), "--pid", "--mount"]);
        nsenter
            .arg("--")
            .arg("sh")
            .args(["-c", "cd \"$0\" && shift 0 && exec \"$@\""]);
        nsenter
            .arg(lab.path())
            .arg(env!("CARGO_BIN_EXE_gpumgr"))
            .args(arguments);
        crate::support::Ran::of(lab.isolate(&mut nsenter).output().unwrap())
    }
}

fn first_inside(unshare: &str) -> String {
    let children = format!("/proc/{unshare}/task/{unshare}/children");
    std::fs::read_to_string(children).unwrap().trim().to_owned()
}

fn in_container(lab: &Lab, arguments: &[&str]) -> Command {
    let plain = lab.command(&[]);
    let mut command = Command::new("unshare");
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        IN_CONTAINER,
    ]);
    command.arg(plain.get_program()).args(arguments);
    lab.isolate(&mut command);
    command
}

fn can_have_containers() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--pid", "--fork", "--mount-proc", "true"]);
    let can = unshare.output().is_ok_and(|output| output.status.success());
    let own = format!("/proc/{0}/task/{0}/children", std::process::id());
    let can = can && std::path::Path::new(&own).exists();
    if !can {
        // Inside of a container not even root may.
        measured("nothing: no space of process IDs of its own here");
    }
    can
}

#[test]
fn what_lives_in_a_container_is_seen_from_outside_and_inside() {
    for how in ["closes", "plain"] {
        if !can_have_containers() {
            return;
        }
        let lab = small();
        let container = Container::start(&lab, how).unwrap();
        // The kernel gives its child to another before it closes what it had open.
        assert!(happens(|| is_unlocked(&lab) == (how == "closes")));
        assert_held(&lab);
        let refused = container.ask(&lab, &["--allocate", "other", "2", "8"]);
        assert_eq!(refused.code, 3, "{how}: {refused:?}");
        lab.write("end", "");
        if how == "closes" {
            assert_freed_by_the_next(&lab);
        } else {
            assert!(happens(|| shown(&lab).is_empty()));
            let next = container.ask(&lab, &["--allocate", "next", "2", "8"]);
            assert!(next.stderr.contains("Freed t ("), "{next:?}");
        }
    }
}

/// On a busy machine Python may close the lease only after gpumgr noted that it keeps it: that is
/// tried again.
fn orphaned_in_container(how: &str) -> (Lab, Container) {
    for _ in 0..100 {
        let lab = small();
        let container = Container::start(&lab, how).unwrap();
        let is_kept = lab.read(&lease_file(&lab)).contains(" kept");
        if is_kept == (how == "keeps") {
            return (lab, container);
        }
    }
    panic!("{how}: the command always begins later than gpumgr looks");
}

/// From one container, an ID of another says nothing; a lock that was kept, and is free, does.
#[test]
fn another_container_goes_by_the_lock() {
    if !can_have_containers() {
        return;
    }
    for (how, freed) in [("closes", false), ("keeps", true)] {
        let (lab, home) = orphaned_in_container(how);
        let ask = |lab: &Lab| {
            let mut other = Command::new("unshare");
            other.args([
                "--pid",
                "--fork",
                "--mount-proc",
                env!("CARGO_BIN_EXE_gpumgr"),
            ]);
            other.args(["--allocate", "next", "2", "8"]);
            crate::support::Ran::of(lab.isolate(&mut other).output().unwrap())
        };
        assert_eq!(ask(&lab).code, 3, "{how}");
        lab.write("end", "");
        assert!(
            happens(|| is_unlocked(&lab) && shown(&lab).is_empty()),
            "{how}"
        );
        let asked = ask(&lab);
        assert_eq!(asked.code, if freed { 0 } else { 3 }, "{how}: {asked:?}");
        drop(home);
    }
}
