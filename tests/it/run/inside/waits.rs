//! Waiting for what other steps hold.

use super::Outer;
use crate::run::{Victim, is_gone};
use crate::support::happens;
use nix::sys::signal::Signal;

/// A run of one GPU, a step that holds it, and the process ID of that step's command.
fn busy() -> (Outer, super::Running, Victim) {
    let outer = Outer::with(1, 8);
    let step = outer.stays("pid", &["a", "1", "1"]);
    let command = Victim::noted(&outer.lab, "pid");
    (outer, step, command)
}

#[test]
fn it_gets_what_an_earlier_step_gives_back() {
    let (outer, _step, command) = busy();
    let waits = outer.start(&[
        "--run",
        "b",
        "--wait",
        "--",
        "sh",
        "-c",
        "echo $CUDA_VISIBLE_DEVICES",
    ]);
    assert!(outer.waiting(1));
    let newcomer = outer.run(&["--run", "c", "0", "1", "--", "true"]);
    assert_eq!(newcomer.code, 125, "it would overtake: {newcomer:?}");
    command.kill();
    let ran = waits.ends();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "0\n"), "{ran:?}");
}

#[test]
fn a_killed_waiter_is_no_longer_in_the_way() {
    let (outer, _step, command) = busy();
    let killed = outer.start(&["--run", "b", "--wait", "--", "touch", "killed-ran"]);
    assert!(outer.waiting(1));
    let waits = outer.start(&["--run", "c", "--wait", "--", "true"]);
    assert!(outer.waiting(2));
    killed.kill();
    command.kill();
    assert_eq!(waits.ends().code, 0);
    assert!(!outer.lab.join("killed-ran").exists());
    assert!(outer.steps().is_empty(), "{:?}", outer.steps());
}

/// No other gpumgr notices for it that the holder and its gpumgr died.
#[test]
fn it_finds_out_by_itself_that_a_step_died() {
    let (outer, step, command) = busy();
    let waits = outer.start(&["--run", "b", "--wait", "--", "true"]);
    assert!(outer.waiting(1));
    step.kill();
    assert!(!command.is_gone());
    command.kill();
    assert_eq!(waits.ends().code, 0);
}

#[test]
fn its_time_out_takes_it_out() {
    let (outer, _step, _command) = busy();
    let ran = outer.run(&["--run", "b", "--wait", "1s", "--", "touch", "ran"]);
    assert_eq!(ran.code, 125, "{ran:?}");
    assert!(ran.stderr.contains("Timed out"), "{ran:?}");
    assert_eq!(outer.steps().len(), 1, "{:?}", outer.steps());
    assert!(!outer.lab.join("ran").exists());
}

#[test]
fn signals_take_it_out() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let (outer, _step, _command) = busy();
        let waits = outer.start(&["--run", "b", "--wait", "--", "touch", "ran"]);
        assert!(outer.waiting(1));
        assert!(happens(|| Outer::hears(&waits)));
        waits.send(signal);
        let ran = waits.ends();
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(outer.steps().len(), 1, "{:?}", outer.steps());
        assert!(!outer.lab.join("ran").exists());
    }
}

#[test]
fn the_end_of_the_outer_run_ends_the_wait() {
    let (outer, _step, _command) = busy();
    let waits = outer.start(&["--run", "b", "--wait", "--", "touch", "ran"]);
    assert!(outer.waiting(1));
    outer.run.send(Signal::SIGTERM);
    let ran = waits.ends();
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(!outer.lab.join("ran").exists());
    assert!(happens(|| is_gone(outer.run.pid())));
}
