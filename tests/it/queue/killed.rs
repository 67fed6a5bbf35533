//! Killed at every named step of joining, of being granted, of taking that, and of leaving.

use super::*;

/// Of a change of the state.
const STEPS: [&str; 7] = [
    "Locked",
    "Loaded",
    "TempCreated",
    "TempWritten",
    "TempFlushed",
    "Renamed",
    "FolderFlushed",
];

fn is_stopped(process: &Process) -> bool {
    processes::is_stopped(process.pid())
}

fn assert_stops(process: &Process, step: &str) {
    assert!(
        happens(|| is_stopped(process)),
        "it never comes to {step}: {}",
        process.complained()
    );
}

/// Asks with `--wait`, and will stop at that step.
fn stopping(lab: &Lab, how: How, task: &str, step: &str) -> Process {
    let mut command = lab.command(&how.arguments(task, "8", &["--wait"]));
    Process::start(command.env("GPUMGR_STOP_AT", step))
}

fn waits(lab: &Lab, task: &str) -> bool {
    happens(|| queued(lab).iter().any(|name| name == task))
}

fn one_holder() -> Lab {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    lab
}

/// After whatever happened to the first, the one after it gets the room.
fn next_is_granted(lab: &Lab, next: &mut Process) {
    How::Allocate.is_granted(lab, "next", next);
    assert_eq!(holders(lab), ["next"]);
    assert_nothing_is_left(lab);
}

#[test]
fn joining() {
    for how in How::BOTH {
        let before: &[_] = if how == How::Run { &["LeaseHeld"] } else { &[] };
        for step in before.iter().chain(&STEPS) {
            let lab = one_holder();
            let mut first = stopping(&lab, how, "first", step);
            assert_stops(&first, step);
            first.kill();
            let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
            assert_eq!(place_and_reason(&lab, "first"), None, "{step}");
            lab.ok(&["--release", "holder"]);
            next_is_granted(&lab, &mut next);
        }
    }
}

#[test]
fn taking_what_was_granted() {
    for step in STEPS {
        let lab = one_holder();
        // The first change is the joining.
        let mut first = stopping(&lab, How::Allocate, "first", &format!("{step}@2"));
        assert!(waits(&lab, "first"));
        let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
        lab.ok(&["--release", "holder"]);
        assert_stops(&first, step);
        assert_eq!(holders(&lab), ["first"], "{step}");
        let is_taken = ["Renamed", "FolderFlushed"].contains(&step);
        let lease = &state(&lab)["servers"][0]["running_tasks"][0]["lease"];
        assert_eq!(lease["tie"] == "claim", !is_taken, "{step}: {lease}");
        first.kill();
        if is_taken {
            // As a plain allocation that was killed after it was recorded.
            let shown = lab.json(&["--status"]).1;
            assert_eq!(shown["totals"]["available_gpus"], 0, "{step}");
            lab.ok(&["--release", "first"]);
        }
        next_is_granted(&lab, &mut next);
    }
}

#[test]
fn a_run_between_its_grant_and_its_command() {
    let lab = one_holder();
    let mut first = stopping(&lab, How::Run, "first", "Granted");
    assert!(waits(&lab, "first"));
    let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
    lab.ok(&["--release", "holder"]);
    assert_stops(&first, "Granted");
    assert_eq!(holders(&lab), ["first"]);
    first.kill();
    next_is_granted(&lab, &mut next);
}

// On Windows nothing of a run outlives its gpumgr.
#[cfg(unix)]
#[test]
fn a_run_whose_command_lives_on() {
    let lab = one_holder();
    let mut first = stopping(&lab, How::Run, "first", "Started");
    assert!(waits(&lab, "first"));
    let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
    lab.ok(&["--release", "holder"]);
    assert_stops(&first, "Started");
    let (command, _) = first.command();
    let input = first.input.take();
    first.kill();
    // Somebody looks after all, and sees that it lives.
    lab.ok(&["--queue"]);
    assert_eq!(lab.run(&["--allocate", "other", "8", "1"]).code, 3);
    assert_eq!(holders(&lab), ["first"]);
    drop(input);
    assert!(happens(|| processes::is_gone(command)));
    next_is_granted(&lab, &mut next);
}

#[test]
fn one_that_sleeps_when_it_is_granted() {
    for how in How::BOTH {
        let lab = one_holder();
        let mut first = how.joins(&lab, "first", 8, &[]);
        let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
        first.stop();
        assert!(happens(|| is_stopped(&first)));
        lab.ok(&["--release", "holder"]);
        assert_eq!(holders(&lab), ["first"]);
        first.kill();
        next_is_granted(&lab, &mut next);
    }
}

#[test]
fn whoever_grants() {
    for how in How::BOTH {
        for step in STEPS {
            let lab = one_holder();
            let mut first = how.joins(&lab, "first", 8, &[]);
            let mut release = lab.command(&["--release", "holder"]);
            let mut granter = Process::start(release.env("GPUMGR_STOP_AT", step));
            assert_stops(&granter, step);
            granter.kill();
            // It told nobody, but whoever waits looks by itself.
            if !["Renamed", "FolderFlushed"].contains(&step) {
                assert_eq!(holders(&lab), ["holder"], "{step}");
                lab.ok(&["--release", "holder"]);
            }
            how.is_granted(&lab, "first", &mut first);
            assert_eq!(holders(&lab), ["first"], "{step}");
            if how == How::Run {
                assert_eq!(first.finishes().code, 0);
            }
            assert_nothing_is_left(&lab);
        }
    }
}

#[cfg(unix)]
#[test]
fn leaving() {
    for how in How::BOTH {
        for step in STEPS {
            let lab = one_holder();
            let mut first = stopping(&lab, how, "first", &format!("{step}@2"));
            assert!(waits(&lab, "first"));
            let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
            first.signal(nix::sys::signal::Signal::SIGTERM);
            assert_stops(&first, step);
            first.kill();
            assert_eq!(place_and_reason(&lab, "first"), None, "{step}");
            lab.ok(&["--release", "holder"]);
            next_is_granted(&lab, &mut next);
        }
    }
}

#[test]
fn whoever_cancels() {
    for step in STEPS {
        let lab = one_holder();
        let mut first = How::Run.joins(&lab, "first", 8, &[]);
        let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
        let mut cancel = lab.command(&["--cancel", "first"]);
        let mut canceller = Process::start(cancel.env("GPUMGR_STOP_AT", step));
        assert_stops(&canceller, step);
        canceller.kill();
        if !["Renamed", "FolderFlushed"].contains(&step) {
            assert_eq!(place_and_reason(&lab, "first").unwrap().0, 1, "{step}");
            lab.ok(&["--cancel", "first"]);
        }
        assert_eq!(first.ends().code, 125, "{step}");
        lab.ok(&["--release", "holder"]);
        next_is_granted(&lab, &mut next);
    }
}
