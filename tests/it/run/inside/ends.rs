//! How a step ends, and how it does not.

use super::Outer;
use crate::run::Victim;

#[test]
fn a_step_without_its_gpumgr_keeps_its_gpus_while_its_command_lives() {
    let outer = Outer::with(2, 8);
    let step = outer.stays("pid", &["a", "1"]);
    let command = Victim::noted(&outer.lab, "pid");
    step.kill();
    let both = ["--run", "b", "2", "--", "true"];
    for _ in 0..3 {
        let refused = outer.run(&both);
        assert_eq!(refused.code, 125, "{refused:?}");
    }
    let other = outer.run(&[
        "--run",
        "b",
        "1",
        "--",
        "sh",
        "-c",
        "echo $CUDA_VISIBLE_DEVICES",
    ]);
    assert_eq!(other.stdout, "1\n", "{other:?}");
    command.kill();
    let ran = outer.run(&both);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(outer.steps().is_empty());
}

#[test]
fn what_a_step_leaves_behind_ends_before_its_gpus_are_free() {
    let outer = Outer::with(2, 8);
    // Python's children hold no lease.
    let script = "import subprocess; left = subprocess.Popen(['sleep', '60']); \
        print(left.pid, file=open('pid', 'w'))";
    let ended = outer
        .start(&["--run", "a", "1", "--", "python3", "-c", script])
        .ends();
    assert_eq!(ended.code, 0, "{ended:?}");
    let left = Victim::noted(&outer.lab, "pid");
    assert!(left.is_gone());
    assert!(outer.steps().is_empty());
    let ran = outer.run(&["--run", "b", "2", "--", "true"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// It closes what it inherits, so that nothing holds the lease of the step around it.
#[test]
fn a_step_inside_a_step_ends_with_it() {
    let outer = Outer::with(2, 8);
    let detach = "import subprocess, sys; subprocess.Popen([sys.argv[1], '--run', 'x', '1', '--',
        'sh', '-c', 'echo $$ > new; mv new pid; exec sleep 60'])";
    let script = format!(
        "python3 -c \"{}\" \"$0\"; until [ -e pid ]; do sleep 0.02; done",
        detach.replace('$', "\\$")
    );
    let ended = outer.start(&["--run", "a", "2", "--", "sh", "-c", &script, super::BINARY]);
    assert_eq!(ended.ends().code, 0);
    let command = Victim::noted(&outer.lab, "pid");
    assert!(command.is_gone());
    assert!(outer.steps().is_empty(), "{:?}", outer.steps());
}

#[test]
fn a_command_that_cannot_start_gives_its_share_back() {
    let outer = Outer::with(1, 8);
    outer.lab.write("not-a-program", "");
    let ran = outer.run(&["--run", "a", "--", "./not-a-program"]);
    assert_eq!(ran.code, 126, "{ran:?}");
    assert!(outer.steps().is_empty(), "{:?}", outer.steps());
}

#[test]
fn releasing_the_outer_run_drops_its_steps() {
    let outer = Outer::with(1, 8);
    let step = outer.stays("pid", &["a"]);
    let command = Victim::noted(&outer.lab, "pid");
    outer.lab.ok(&["--release", "outer", "--force"]);
    assert!(!outer.lab.state_text().contains("steps"));
    outer.lab.ok(&["--allocate", "t", "1", "8"]);
    command.kill();
    assert_eq!(step.ends().code, 128 + 9);
}
