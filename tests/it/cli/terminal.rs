//! On a terminal: questions and colours. Python's pty module is the terminal.
#![cfg(unix)]

use super::*;
use crate::support::{SYSTEM_CONFIG, skipped};
use std::process::Command;

/// Runs the arguments on a new terminal, types the answer once asked, prints what the terminal
/// showed, and ends as gpumgr did.
const DRIVER: &str = r#"
import json, os, pty, sys
answer, environment, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execve(command[0], command, json.loads(environment))
shown, answered = b"", False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if b"[y/N]" in shown and not answered:
        answered = True
        os.write(terminal, answer.encode())
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
"#;

/// None, said on stderr, where there is no Python to be the terminal.
fn on_terminal(
    lab: &Lab,
    answer: &str,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Option<Ran> {
    let mut environment = json!({
        "HOME": lab.path(), "TERM": "xterm", (SYSTEM_CONFIG): "",
    });
    for (name, value) in variables {
        environment[name] = json!(value);
    }
    let mut python = Command::new("python3");
    python
        .args(["-c", DRIVER, answer, &environment.to_string()])
        .arg(env!("CARGO_BIN_EXE_gpumgr"))
        .args(arguments)
        .current_dir(lab.path());
    match python.output() {
        Ok(output) => Some(Ran::of(output)),
        Err(error) => {
            skipped(&format!("no python3 to be a terminal: {error}"));
            None
        }
    }
}

#[test]
fn a_reset_asks_and_yes_means_yes() {
    for answer in ["y\n", "Y\n", "yes\n", " y \n"] {
        let lab = Lab::new();
        lab.ok(&["--allocate", "t"]);
        let Some(ran) = on_terminal(&lab, answer, &[], &["--reset"]) else {
            return;
        };
        assert_eq!(ran.code, 0, "{answer:?}: {ran:?}");
        assert!(ran.stdout.contains(&lab.shown(STATE)), "{ran:?}");
        assert_eq!(lab.tasks(), Vec::<String>::new(), "{answer:?}");
    }
}

#[test]
fn anything_else_means_no() {
    // The last is the end of input.
    for answer in ["n\n", "\n", "no\n", "yeah\n", "\u{4}"] {
        let lab = Lab::new();
        lab.ok(&["--allocate", "t"]);
        let before = lab.state_text();
        let Some(ran) = on_terminal(&lab, answer, &[], &["--reset"]) else {
            return;
        };
        assert_eq!(ran.code, 1, "{answer:?}: {ran:?}");
        assert!(ran.stdout.contains("Nothing was changed"), "{ran:?}");
        assert_eq!(lab.state_text(), before, "{answer:?}");
        assert_eq!(
            lab.files(),
            [".resource.lock", "gpu_manager.log", STATE],
            "{answer:?}"
        );
    }
}

#[test]
fn with_yes_it_does_not_ask() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let Some(ran) = on_terminal(&lab, "n\n", &[], &["--reset", "--yes"]) else {
        return;
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains("[y/N]"), "{ran:?}");
    assert_eq!(lab.tasks(), Vec::<String>::new());
}

/// The question would be noise in the one document.
#[test]
fn with_json_there_is_nobody_to_ask() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let Some(ran) = on_terminal(&lab, "y\n", &[], &["--reset", "--json"]) else {
        return;
    };
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(lab.tasks(), ["t"]);
}

#[test]
fn colours_are_for_terminals_without_no_color() {
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let ran = on_terminal(&Lab::new(), "", variables, arguments)?;
        assert!(ran.stdout.contains(['✓', '✗']), "{ran:?}");
        Some(ran.stdout.contains('\u{1b}'))
    };
    for arguments in [&["--allocate", "t"] as &[&str], &["--release", "t"]] {
        let Some(with_colour) = coloured(&[], arguments) else {
            return;
        };
        assert!(with_colour, "{arguments:?}");
        assert_eq!(coloured(&[("NO_COLOR", "1")], arguments), Some(false));
        assert_eq!(coloured(&[("TERM", "dumb")], arguments), Some(false));
    }
}
