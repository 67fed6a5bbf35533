//! What can be typed, and what is said about the rest.

use super::small;

#[test]
fn usage_errors_say_what_to_do() {
    let lab = small();
    for (arguments, says) in [
        (&["--run", "t", "--json", "--", "true"] as &[&str], "--json"),
        (&["--run", "t", "--export", "--", "true"], "--export"),
        (&["--run", "4", "--", "true"], "--gpus 4"),
        (&["--run", "t"], "put '--' before the command"),
        (&["--run", "t", "--"], "put '--' before the command"),
        (
            &["--run", "t", "1", "1", "true"],
            "put '--' before the command",
        ),
        (
            &["--run", "--quiet", "t", "--", "true"],
            "directly after '--run'",
        ),
        (&["--run", "t", "1", "--gpus", "1", "--", "true"], "twice"),
        (&["--run", "t", "--run", "u", "--", "true"], "--run"),
        (&["--run", "", "--", "true"], "TASK"),
        (&["--status", "--", "true"], "only '--run'"),
    ] {
        let ran = lab.run(arguments);
        let runs = arguments.contains(&"--run");
        assert_eq!(
            ran.code,
            if runs { 125 } else { 2 },
            "{arguments:?}: {ran:?}"
        );
        let said = if ran.stdout.is_empty() {
            &ran.stderr
        } else {
            &ran.stdout
        };
        assert!(said.contains(says), "{arguments:?}: {ran:?}");
        assert_eq!(lab.files(), ["config.toml"], "{arguments:?}");
    }
}

/// Whatever a command's own words look like.
#[test]
fn all_after_the_dashes_is_the_commands() {
    let ran = small().ok(&["--run", "t", "--", "echo", "--json", "--", "--status", "-x"]);
    assert_eq!(ran.stdout, "--json -- --status -x\n");
}

#[test]
fn modifiers_may_stand_around_it() {
    let lab = small();
    let show = "echo $GPUMGR_TASK_ID $GPUMGR_GPUS $GPUMGR_CPUS";
    for (arguments, expected) in [
        (
            &["--run", "t", "--gpu-ids", "1", "--cpus", "2"] as &[&str],
            "t 1 2\n",
        ),
        (&["--cpus", "3", "--run", "--gpus", "2"], "sh-1 0,1 3\n"),
        (&["--run", "t", "2", "--quiet"], "t 0,1 8\n"),
    ] {
        let ran = lab.ok(&[arguments, &["--", "sh", "-c", show]].concat());
        assert_eq!(ran.stdout, expected, "{arguments:?}");
    }
}
