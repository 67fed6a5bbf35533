//! The end of a run is the end of all that belongs to it, and only then is it given back.

use super::{
    Running, SMALL, Victim, assert_freed_by_the_next, assert_held, assert_tidy, is_gone, small,
    written,
};
use crate::support::{Lab, Ran, amount, happens, skipped};
use nix::sys::signal::Signal;
use std::process::Command;

/// A script around a program that takes a moment to end when it is asked to.
const WRAPPER: &str = "python3 -c 'import os, signal, sys, time
def end(*_):
    time.sleep(0.3)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
open(\"new\", \"w\").write(str(os.getpid()))
os.rename(\"new\", \"pid\")
time.sleep(60)'; true";

/// The same, whose program ignores being asked.
const STUBBORN: &str = "sh -c 'trap \"\" TERM; echo $$ > pid; exec sleep 60'; true";

/// A daemon that closes and clears all by which it could be known, and a command that stays.
const ESCAPES: &str = "setsid env -i PATH=\"$PATH\" python3 -c 'import os, time
os.closerange(3, 256)
open(\"new\", \"w\").write(str(os.getpid()))
os.rename(\"new\", \"pid\")
time.sleep(60)' & echo $$ > main; sleep 60; true";

/// Tells the run's lease to those outside, and stays until they let it end.
const TELLS: &str = "echo $GPUMGR_RUN > new; mv new lease; while ! [ -e go ]; do sleep 0.02; done";

/// Notes that a process of the run before lives while this one has its GPUs.
const WATCHES: &str = "if kill -0 $(cat pid) 2> /dev/null; then touch early; fi";

/// Starts the script as `t`, and one who waits for its GPUs; the second notes what is too early.
fn with_next(lab: &Lab, options: &[&str], script: &str) -> (Running, Running, Victim) {
    let start = [
        &["--run", "t", "2", "8"],
        options,
        &["--", "sh", "-c", script],
    ]
    .concat();
    let run = Running::start(lab, &start);
    let program = Victim::noted(lab, "pid");
    let wait = [
        "--run", "next", "2", "8", "--wait", "1m", "--", "sh", "-c", WATCHES,
    ];
    let next = Running::start(lab, &wait);
    (run, next, program)
}

fn assert_over(lab: &Lab, run: Running, next: Running, program: &Victim, code: i32) -> Ran {
    let ran = run.ends();
    assert!(program.is_gone(), "it outlives its run: {ran:?}");
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(next.ends().code, 0);
    assert!(!lab.join("early").exists(), "granted while it lived");
    assert_eq!(written(lab), [""; 0]);
    assert_tidy(lab);
    ran
}

#[test]
fn time_over_ends_all_of_a_script_before_next_grant() {
    for _ in 0..amount("GPUMGR_ENDING_ROUNDS", 3) {
        let lab = small();
        let (run, next, program) = with_next(&lab, &["--ttl", "4s"], WRAPPER);
        assert_over(&lab, run, next, &program, 128 + 15);
    }
}

#[test]
fn term_to_gpumgr_ends_all_of_a_script_before_next_grant() {
    for _ in 0..amount("GPUMGR_ENDING_ROUNDS", 3) {
        let lab = small();
        let (run, next, program) = with_next(&lab, &[], WRAPPER);
        run.send(Signal::SIGTERM);
        assert_over(&lab, run, next, &program, 128 + 15);
    }
}

#[test]
fn process_that_ignores_term_is_killed_and_named() {
    let lab = small();
    let (run, next, program) = with_next(&lab, &["--ttl", "4s"], STUBBORN);
    let pid = program.0;
    let ran = assert_over(&lab, run, next, &program, 128 + 15);
    let named = format!("was killed: sleep (PID {pid}");
    assert!(ran.stderr.contains(&named), "{ran:?}");
}

#[test]
fn command_that_ends_takes_along_what_ignores_term() {
    let lab = small();
    let leaves = "sh -c 'trap \"\" TERM; echo $$ > pid; exec sleep 60' & \
                  until [ -s pid ]; do sleep 0.02; done; sleep 0.3; exit 3";
    let (run, next, program) = with_next(&lab, &[], leaves);
    let ran = assert_over(&lab, run, next, &program, 3);
    assert!(ran.stderr.contains("parts of it still run"), "{ran:?}");
    assert!(ran.stderr.contains("was killed"), "{ran:?}");
}

#[test]
fn daemon_with_empty_environment_ends_with_its_run() {
    for signal in [None, Some(Signal::SIGTERM)] {
        let lab = small();
        let ttl: &[&str] = if signal.is_some() {
            &[]
        } else {
            &["--ttl", "4s"]
        };
        let (run, next, program) = with_next(&lab, ttl, ESCAPES);
        if let Some(signal) = signal {
            run.send(signal);
        }
        assert_over(&lab, run, next, &program, 128 + 15);
    }
}

/// The interpreter holds no lock, and is not the process that the lease names.
const CLOSES: &str = "python3 -c 'import os, time
os.closerange(3, 256)
open(\"new\", \"w\").write(str(os.getpid()))
os.rename(\"new\", \"pid\")
time.sleep(60)' 2> /dev/null; true";

#[test]
fn killed_gpumgr_leaves_the_end_of_all_to_the_next() {
    let lab = small();
    let start = [
        "--run", "t", "2", "8", "--ttl", "4s", "--", "sh", "-c", CLOSES,
    ];
    let run = Running::start(&lab, &start);
    let program = Victim::noted(&lab, "pid");
    run.kill();
    assert_held(&lab);
    let ends = || {
        let asked = lab.run(&["--allocate", "next", "2", "8"]);
        assert!(asked.code == 3 || program.is_gone(), "{asked:?}");
        asked.code == 0
    };
    assert!(happens(ends));
}

#[test]
fn killed_gpumgr_and_command_keep_gpus_while_a_child_lives() {
    let lab = small();
    let script = format!("echo $$ > main; {CLOSES}");
    let run = Running::all_of(&lab, &["sh", "-c", &script]);
    let command = Victim::noted(&lab, "main");
    let program = Victim::noted(&lab, "pid");
    run.kill();
    command.kill();
    assert_held(&lab);
    program.kill();
    assert_freed_by_the_next(&lab);
}

#[test]
fn control_group_tells_of_a_daemon_when_gpumgr_was_killed() {
    let lab = small();
    let start = [
        "--run", "t", "2", "8", "--ttl", "4s", "--", "sh", "-c", ESCAPES,
    ];
    let run = Running::start(&lab, &start);
    let command = Victim::noted(&lab, "main");
    let daemon = Victim::noted(&lab, "pid");
    run.kill();
    let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", daemon.0)).unwrap();
    if !groups.contains("/gpumgr-") {
        skipped("no control group can be made here");
        return;
    }
    command.kill();
    assert_held(&lab);
    let ends = || {
        let asked = lab.run(&["--allocate", "next", "2", "8"]);
        assert!(asked.code == 3 || daemon.is_gone(), "{asked:?}");
        asked.code == 0
    };
    assert!(happens(ends));
}

#[test]
fn daemon_from_before_gpumgr_is_neither_named_nor_ended() {
    let lab = small();
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let script = "sh -c 'echo $$ > pid; exec sleep 60' & \
                  until [ -s pid ]; do sleep 0.02; done; \
                  exec \"$0\" --run t 2 8 -- sh -c 'sleep 60 & exit 4'";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, binary]);
    let ran = Running::of(lab.isolate(&mut shell)).ends();
    let daemon = Victim::noted(&lab, "pid");
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(!daemon.is_gone());
    assert!(!ran.stderr.contains(&daemon.0.to_string()), "{ran:?}");
    assert_eq!(written(&lab), [""; 0]);
}

/// Both gpumgrs are told, and the outer one tells the inner command itself.
#[test]
fn signal_reaches_command_of_an_inner_run_once() {
    let lab = Lab::with_config(&SMALL.replace("1s", "1m"));
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let inner = [
        "--run",
        "t",
        "2",
        "8",
        "--",
        binary,
        "--run",
        "--",
        "sh",
        "-c",
        super::signals::HEARS,
    ];
    let run = Running::start(&lab, &inner);
    let _command = Victim::noted(&lab, "pid");
    let mut expected = String::new();
    for (signal, name) in [
        (Signal::SIGINT, "INT"),
        (Signal::SIGTERM, "TERM"),
        (Signal::SIGUSR2, "USR2"),
        (Signal::SIGHUP, "HUP"),
    ] {
        run.send(signal);
        expected += &format!("{name}\n");
        let heard = || lab.text_if_any("heard").unwrap_or_default();
        assert!(happens(|| heard() == expected), "{}", heard());
    }
    run.send(Signal::SIGUSR1);
    assert_eq!(run.ends().code, 3);
    assert!(happens(|| is_gone(_command.0)));
}

#[test]
fn process_started_from_outside_in_the_name_of_a_run_ends_with_its_command() {
    let lab = small();
    let run = Running::start(&lab, &["--run", "t", "2", "8", "--", "sh", "-c", TELLS]);
    assert!(happens(|| lab.join("lease").exists()));
    let lease = lab.read("lease");
    let mut outside = Command::new("sleep")
        .arg("600")
        .env("GPUMGR_RUN", lease.trim())
        .spawn()
        .unwrap();
    lab.write("go", "");
    let ended = happens(|| outside.try_wait().unwrap().is_some());
    let _ = outside.kill();
    assert!(ended, "it lives on the GPUs of a run that is over");
    let ran = run.ends();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("sleep"), "{ran:?}");
    assert_eq!(written(&lab), [""; 0]);
}

#[test]
fn term_ends_a_run_whose_time_is_renewed_afterwards() {
    let lab = Lab::with_config(&SMALL.replace("1s", "4s"));
    let script = "trap 'echo told >> told' TERM; while :; do sleep 0.05; done";
    let start = [
        "--run", "t", "2", "8", "--ttl", "2s", "--", "sh", "-c", script,
    ];
    let run = Running::start(&lab, &start);
    let told = || lab.text_if_any("told").unwrap_or_default().lines().count();
    assert!(happens(|| told() == 1));
    run.send(Signal::SIGTERM);
    assert!(happens(|| told() == 2));
    lab.ok(&["--renew", "t", "--ttl", "1h"]);
    let ran = run.ends();
    assert_eq!(ran.code, 128 + 9, "{ran:?}");
}
