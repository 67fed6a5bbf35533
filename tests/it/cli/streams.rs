//! Results on stdout, all else on stderr; streams that are full, closed or no terminal.

use super::*;
use std::process::Stdio;

#[test]
fn no_colour_in_pipes() {
    let lab = Lab::new();
    for arguments in [
        &["--init"] as &[&str],
        &["--allocate", "t"],
        &["--allocate", "t"],
        &["--status"],
        &["--detail"],
        &["--release", "t"],
        &["--release", "t"],
        &["--nonsense"],
        &["--help"],
        &[],
    ] {
        let mut command = lab.command(arguments);
        command
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor");
        let ran = Ran::of(command.output().unwrap());
        assert!(
            !(ran.stdout + &ran.stderr).contains('\u{1b}'),
            "{arguments:?}"
        );
    }
}

#[test]
fn an_error_leaves_stdout_empty() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    for arguments in [
        &["--release", "u"] as &[&str],
        &["--allocate", "t", "9"],
        &["--reset"],
    ] {
        let ran = lab.run(arguments);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.starts_with("✗ "), "{arguments:?}: {ran:?}");
        // What to do next.
        assert!(ran.stderr.lines().count() > 1, "{arguments:?}: {ran:?}");
    }
}

#[cfg(target_os = "linux")]
mod full {
    use super::*;

    fn into_full(lab: &Lab, arguments: &[&str]) -> Ran {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = lab.command(arguments);
        Ran::of(command.stdout(full.unwrap()).output().unwrap())
    }

    #[test]
    fn a_result_that_cannot_be_told_is_no_success() {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        for arguments in [
            &["--status"] as &[&str],
            &["--detail"],
            &["--check-config"],
            &["--init"],
            &["--help"],
            &["--man"],
            &["--completions", "bash"],
            &["--version"],
            &["--status", "--json"],
        ] {
            let ran = into_full(&lab, arguments);
            assert_eq!(ran.code, 1, "{arguments:?}: {ran:?}");
            assert!(
                ran.stderr.contains("Could not print the result: "),
                "{ran:?}"
            );
        }
    }

    #[test]
    fn an_allocation_that_cannot_be_told_stands_and_says_so() {
        for output in [&[] as &[&str], &["--json"], &["--export"]] {
            let lab = Lab::new();
            lab.ok(&["--init"]);
            let ran = into_full(&lab, &[&["--allocate", "t", "2"], output].concat());
            assert_eq!(ran.code, 1, "{ran:?}");
            let stands = "The allocation stands: t holds GPUs 0,1 on gpu-server-0";
            assert!(ran.stderr.contains(stands), "{ran:?}");
            assert_eq!(lab.tasks(), ["t"]);
        }
    }

    #[test]
    fn a_change_that_cannot_be_told_is_in_place_and_says_so() {
        for arguments in [
            &["--release", "t"] as &[&str],
            &["--renew", "t"],
            &["--init"],
            &["--reset", "--yes"],
        ] {
            let lab = Lab::new();
            lab.ok(&["--allocate", "t", "2", "--ttl", "1h"]);
            let ran = into_full(&lab, arguments);
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(ran.stderr.contains("The change is in place"), "{ran:?}");
        }
    }
}

/// As in `gpumgr --status | head -0`.
#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    for arguments in [
        &["--status"] as &[&str],
        &["--detail", "--json"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::of(lab.command(arguments).stdout(writer).output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn nobody_listening_to_errors_changes_nothing() {
    let lab = Lab::new();
    let mut command = lab.command(&["--release", "t"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stdout(Stdio::null()).stderr(writer).status();
    assert_eq!(status.unwrap().code(), Some(5));
}
