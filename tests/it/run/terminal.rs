//! On a terminal: what its keys do, and its end. Python's pty module is the terminal.

use super::{assert_tidy, shown, small, written};
use crate::support::{Lab, Ran, happens, skipped};
use std::io::ErrorKind;
use std::process::Command;

/// Plays that scene of `terminal.py`; false where there is no Python.
fn plays(lab: &Lab, scene: &str) -> bool {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/run/terminal.py");
    let mut python = Command::new("python3");
    python.args([script, scene, env!("CARGO_BIN_EXE_gpumgr")]);
    match lab.isolate(&mut python).env("TERM", "xterm").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skipped("there is no python3 to be a terminal");
            false
        }
        output => {
            let ran = Ran::of(output.unwrap());
            assert_eq!(ran.code, 0, "{scene}: {ran:?}");
            true
        }
    }
}

fn leaves_nothing(scene: &str) {
    let lab = small();
    if plays(&lab, scene) {
        assert!(happens(|| written(&lab).is_empty()), "{:?}", lab.state());
        assert!(happens(|| lab
            .files()
            .iter()
            .all(|name| !name.contains("lease"))));
        assert_tidy(&lab);
    }
}

#[test]
fn each_ctrl_c_reaches_the_command_once() {
    leaves_nothing("ctrl_c");
}

#[test]
fn ctrl_backslash_reaches_the_command_once() {
    leaves_nothing("ctrl_backslash");
}

#[test]
fn ctrl_z_stops_both_and_fg_continues_both() {
    leaves_nothing("ctrl_z");
}

/// As of an `ssh -t` without a shell, or of a pane that was opened with the command.
#[test]
fn a_hang_up_ends_the_command() {
    leaves_nothing("hang_up");
}

#[test]
fn a_hang_up_of_a_shell_ends_the_command() {
    leaves_nothing("hang_up_of_shell");
}

#[test]
fn a_command_that_ignores_the_hang_up_keeps_what_it_has_until_it_ends() {
    for scene in ["ignored_hang_up", "ignored_hang_up_of_shell"] {
        let lab = small();
        if plays(&lab, scene) {
            assert_eq!(shown(&lab), ["t"], "{scene}");
            lab.write("end", "");
            assert!(happens(|| written(&lab).is_empty()), "{scene}");
        }
    }
}
