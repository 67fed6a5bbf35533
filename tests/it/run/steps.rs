//! Kills at every named step of the start and the end.

use super::{STAYS, Victim, assert_held, assert_tidy, shown, small, written};
use crate::stopped::Stopped;
use crate::support::{Lab, happens};

/// As a run reaches them: its first transaction grants, its second gives back.
const STEPS: [&str; 19] = [
    "LeaseHeld",
    "Locked",
    "Loaded",
    "TempCreated",
    "TempWritten",
    "TempFlushed",
    "Renamed",
    "FolderFlushed",
    "Granted",
    "Started",
    "CommandEnded",
    "Locked@2",
    "Loaded@2",
    "TempCreated@2",
    "TempWritten@2",
    "TempFlushed@2",
    "Renamed@2",
    "FolderFlushed@2",
    "GivenBack",
];

/// Of a run whose command is short.
fn kill_at(step: &str, lab: &Lab) {
    drop(Stopped::at(
        step,
        lab,
        &["--run", "t", "2", "8", "--", "true"],
    ));
    // Its command may live a moment longer.
    assert!(happens(|| shown(lab).is_empty()), "{step}");
}

fn position(step: &str) -> usize {
    STEPS.iter().position(|other| *other == step).unwrap()
}

#[test]
fn a_run_killed_at_any_step_holds_nothing_for_the_next() {
    for (at, step) in STEPS.iter().enumerate() {
        let lab = small();
        lab.ok(&["--init"]);
        kill_at(step, &lab);
        let is_written = (position("Renamed")..position("Renamed@2")).contains(&at);
        let expected: &[&str] = if is_written { &["t"] } else { &[] };
        assert_eq!(written(&lab), expected, "{step}");
        let next = lab.ok(&["--allocate", "next", "2", "8"]);
        assert_eq!(
            next.stderr.contains("Freed t ("),
            is_written,
            "{step}: {next:?}"
        );
        assert_eq!(written(&lab), ["next"], "{step}");
        assert_tidy(&lab);
    }
}

/// The first run in a folder makes the state file.
#[test]
fn the_first_run_killed_at_any_step_leaves_no_file_or_a_whole_one() {
    for step in STEPS {
        let lab = small();
        kill_at(step, &lab);
        lab.ok(&["--allocate", "next", "2", "8"]);
        assert_eq!(written(&lab), ["next"], "{step}");
        assert_tidy(&lab);
    }
}

#[test]
fn a_run_killed_when_its_command_has_begun_is_held_until_that_ends() {
    let lab = small();
    let arguments = ["--run", "t", "2", "8", "--", "sh", "-c", STAYS];
    let stopped = Stopped::at("Started", &lab, &arguments);
    let command = Victim::noted(&lab, "pid");
    drop(stopped);
    assert_held(&lab);
    command.kill();
    super::assert_freed_by_the_next(&lab);
}
