//! What others leave in the folder, and what gpumgr is started with.

use super::{CLOSES_ALL, Running, Victim, assert_held, is_unlocked, lease_file, small};
use crate::support::{Lab, happens};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs;
use std::process::Command;

/// A run that lost its gpumgr, and whose command has closed the lease.
fn orphan(lab: &Lab) -> Victim {
    let run = Running::all_of(lab, &["python3", "-c", CLOSES_ALL]);
    let command = Victim::noted(lab, "pid");
    run.kill();
    assert!(happens(|| is_unlocked(lab)));
    command
}

#[test]
fn a_damaged_lease_file_frees_nothing() {
    let lab = small();
    let _command = orphan(&lab);
    lab.write(&lease_file(&lab), "");
    assert_held(&lab);
}

#[test]
fn another_state_in_the_folder_sweeps_nothing_of_this_one() {
    let lab = small();
    let _command = orphan(&lab);
    lab.ok(&["--state", "other.json", "--allocate", "theirs"]);
    assert!(lab.join(&lease_file(&lab)).exists());
    assert_held(&lab);
}

#[test]
fn a_pipe_in_a_leases_place_holds_up_nobody() {
    let lab = small();
    let pipe = lab.join(".resource_status.json.lease-aaaa");
    mkfifo(&pipe, Mode::from_bits_truncate(0o666)).unwrap();
    lab.ok(&["--allocate", "a"]);
    let state = lab.state_text();
    let lease =
        r#""lease": {"id": "aaaa", "tie": "run", "host": "h", "pid": 1, "started": 1}, "task_id""#;
    lab.write("resource_status.json", state.replace("\"task_id\"", lease));
    lab.ok(&["--status"]);
}

#[test]
fn a_link_in_a_leases_place_is_not_followed() {
    let lab = small();
    let _command = orphan(&lab);
    let lease = lab.join(&lease_file(&lab));
    let precious = "precious ".repeat(20);
    lab.write("precious", &precious);
    fs::remove_file(&lease).unwrap();
    std::os::unix::fs::symlink(lab.join("precious"), &lease).unwrap();
    // Its time is over, and its command was to be told so.
    lab.ok(&["--renew", "t", "--ttl", "1s"]);
    assert!(happens(|| lab
        .ok(&["--status"])
        .stdout
        .contains("t: its time is over")));
    let refused = lab.run(&["--allocate", "other", "2", "8"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(lab.read("precious"), precious);
}

#[test]
fn an_overdue_run_ends_nothing_but_its_own() {
    let lab = small();
    let command = orphan(&lab);
    let mut bystander = Command::new("sleep").arg("600").spawn().unwrap();
    let started = super::stat(bystander.id()).unwrap().1;
    let note = format!("{:<80}", format!("{} {started}", bystander.id()));
    let lease = lease_file(&lab);
    // The owner's word behind the note stays.
    let word = lab.read(&lease).split_off(note.len());
    lab.write(&lease, note + &word);
    lab.ok(&["--renew", "t", "--ttl", "1s"]);
    assert!(happens(|| lab
        .ok(&["--status"])
        .stdout
        .contains("t: its time is over")));
    lab.run(&["--allocate", "other", "2", "8"]);
    assert!(happens(|| command.is_gone()), "it has the run's own mark");
    assert!(bystander.try_wait().unwrap().is_none());
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn signals_that_were_blocked_before_keep_nothing_from_ending() {
    let lab = small();
    let start = "import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])
os.execvp(sys.argv[1], sys.argv[1:])";
    let run = |command: &[&str]| {
        let plain = lab.command(&[]);
        let mut python = Command::new("python3");
        python.args(["-c", start]).arg(plain.get_program());
        python.args(["--run", "t", "--"]).args(command);
        Running::of(lab.isolate(&mut python))
    };
    assert_eq!(run(&["true"]).ends().code, 0);
    let stays = run(&["sh", "-c", super::STAYS]);
    let _command = Victim::noted(&lab, "pid");
    stays.send(Signal::SIGKILL);
}

#[test]
fn the_end_of_a_run_names_what_it_freed_besides() {
    let lab = small();
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    lab.ok(&[
        "--allocate",
        "tied",
        "1",
        "1",
        "--pid",
        &other.id().to_string(),
    ]);
    let run = Running::start(
        &lab,
        &[
            "--run",
            "t",
            "1",
            "1",
            "--",
            "sh",
            "-c",
            "echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done",
        ],
    );
    let _command = Victim::noted(&lab, "pid");
    other.kill().unwrap();
    other.wait().unwrap();
    lab.write("go", "");
    let ran = run.ends();
    assert!(ran.stderr.contains("Freed tied ("), "{ran:?}");
}
