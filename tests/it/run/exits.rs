//! How a run ends, and what its command is given besides.

use super::{Running, Victim, assert_tidy, shown, small, written};
use crate::support::Lab;
use crate::v01::V01;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

fn code(lab: &Lab, arguments: &[&str]) -> i32 {
    let ran = lab.run(arguments);
    assert!(ran.code == 0 || ran.stdout.is_empty(), "{ran:?}");
    ran.code
}

fn code_of(lab: &Lab, script: &str) -> i32 {
    let ran = lab.run(&["--run", "t", "2", "8", "--", "sh", "-c", script]);
    assert_eq!(written(lab), [] as [&str; 0], "{ran:?}");
    assert_tidy(lab);
    ran.code
}

#[test]
fn it_ends_as_its_command_did() {
    let lab = small();
    for own in [0, 1, 7, 124, 125, 255] {
        assert_eq!(code_of(&lab, &format!("exit {own}")), own);
    }
    for (signal, number) in [("KILL", 9), ("TERM", 15), ("INT", 2), ("SEGV", 11)] {
        assert_eq!(code_of(&lab, &format!("kill -{signal} $$")), 128 + number);
    }
}

#[test]
fn what_keeps_it_from_starting_anything_is_125() {
    let lab = small();
    lab.ok(&["--allocate", "held", "1", "1"]);
    let before = lab.state_text();
    for arguments in [
        &["--run", "t", "2", "8", "--", "true"] as &[&str],
        &["--run", "t", "3", "8", "--", "true"],
        &["--run", "held", "1", "1", "--", "true"],
        &["--run", "t", "--ttl", "soon", "--", "true"],
        &["--run", "t", "--config", "absent.toml", "--", "true"],
        &["--run", "t"],
    ] {
        assert_eq!(code(&lab, arguments), 125, "{arguments:?}");
        assert_eq!(lab.state_text(), before, "{arguments:?}");
        assert_tidy(&lab);
    }
    lab.write("resource_status.json", "{");
    assert_eq!(code(&lab, &["--run", "--", "true"]), 125);
    assert_eq!(lab.state_text(), "{");
    lab.write("config.toml", "nonsense = 1\n");
    assert_eq!(code(&lab, &["--run", "--", "true"]), 125);
    assert_tidy(&lab);
}

#[test]
fn a_lock_that_is_not_free_in_time_is_125() {
    let lab = Lab::with_config("lock_timeout = \"100ms\"\n[cluster]\nservers = 1\n");
    lab.ok(&["--init"]);
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    v01.hold_lock();
    let ran = lab.run(&["--run", "--", "touch", "ran"]);
    assert_eq!(ran.code, 125, "{ran:?}");
    assert!(ran.stderr.contains("lock"), "{ran:?}");
    v01.drop_lock();
    assert!(!lab.join("ran").exists());
    assert_tidy(&lab);
}

#[test]
fn no_program_is_126_and_nothing_at_all_127() {
    let lab = small();
    lab.write("data", "no program");
    lab.write("script", "#!/nonexistent/interpreter\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(lab.join("script"), mode).unwrap();
    for (word, expected) in [
        ("./data", 126),
        (".", 126),
        ("./absent", 127),
        ("surely-no-such-program", 127),
        ("", 127),
        ("./script", 127),
    ] {
        assert_eq!(code(&lab, &["--run", "--", word]), expected, "{word}");
        assert_eq!(
            lab.state_if_any()
                .map(|_| written(&lab))
                .unwrap_or_default(),
            [""; 0]
        );
        assert_tidy(&lab);
    }
}

#[test]
fn if_only_the_release_fails_the_commands_code_stands() {
    let lab = small();
    let damages = "echo { > resource_status.json; exit 6";
    let ran = lab.run(&["--run", "t", "--", "sh", "-c", damages]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(
        ran.stderr.contains("t held could not be given back"),
        "{ran:?}"
    );
    assert_eq!(lab.state_text(), "{\n");
}

#[test]
fn a_task_that_was_released_meanwhile_is_no_failure_of_its_command() {
    let lab = small();
    let releases = "\"$0\" --release t >&2 && exit 6";
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let ran = lab.run(&["--run", "t", "--", "sh", "-c", releases, binary]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.stderr.contains("its command still runs"), "{ran:?}");
    assert_tidy(&lab);
}

#[test]
fn input_and_output_are_the_commands() {
    let lab = small();
    let mut command = lab.command(&[
        "--run",
        "--quiet",
        "--",
        "sh",
        "-c",
        "cat; echo to-stderr >&2",
    ]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"through");
    assert!(output.stderr.ends_with(b"to-stderr\n"), "{output:?}");
}

/// What Rust ignores, a command must not.
#[test]
fn a_command_ends_when_nobody_reads_it() {
    let ran = small().run(&[
        "--run",
        "--",
        "sh",
        "-c",
        "yes | head -n 1; trap; kill -PIPE $$",
    ]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (128 + 13, "y\n"),
        "{ran:?}"
    );
}

#[test]
fn without_a_task_it_makes_a_unique_name() {
    let lab = small();
    let waits = "echo $GPUMGR_TASK_ID > name; until [ -e end ]; do sleep 0.02; done";
    let first = Running::start(&lab, &["--run", "--", "/bin/sh", "-c", waits]);
    assert!(crate::support::happens(|| lab
        .text_if_any("name")
        .is_some_and(|name| name.ends_with('\n'))));
    assert_eq!(lab.read("name"), "sh-1\n");
    let second = lab.ok(&["--run", "--", "sh", "-c", "echo $GPUMGR_TASK_ID"]);
    assert_eq!(second.stdout, "sh-2\n");
    assert_eq!(shown(&lab), ["sh-1"]);
    lab.write("end", "");
    assert_eq!(first.ends().code, 0);
}

#[test]
fn forgotten_daemon_is_named_and_ended() {
    let lab = small();
    let forgets = "setsid sh -c 'echo $$ > pid; exec sleep 600' & \
                   until [ -s pid ]; do sleep 0.02; done; exit 3";
    let run = Running::all_of(&lab, &["sh", "-c", forgets]);
    let daemon = Victim::noted(&lab, "pid");
    let ran = run.ends();
    assert_eq!(ran.code, 3, "{ran:?}");
    let named = format!("{}", daemon.0);
    assert!(ran.stderr.contains("parts of it still run"), "{ran:?}");
    assert!(ran.stderr.contains(&named), "{ran:?}");
    assert!(daemon.is_gone(), "it outlives its run");
    lab.ok(&["--allocate", "next", "2", "8"]);
    assert_tidy(&lab);
}
