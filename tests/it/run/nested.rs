//! Runs inside of runs, and servers of other machines.

use super::{small, written};
use crate::support::{Lab, Ran};

/// A run inside of the task `outer`, which has two GPUs and six CPUs.
fn inside(lab: &Lab, inner: &str) -> Ran {
    let script = format!("\"$0\" {inner}");
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    lab.run(&[
        "--run", "outer", "2", "6", "--", "sh", "-c", &script, binary,
    ])
}

const SHOW: &str =
    "-- sh -c 'echo $CUDA_VISIBLE_DEVICES $GPUMGR_CPUS; cp resource_status.json seen'";

#[test]
fn it_gets_of_what_the_outer_one_has() {
    for (asks, expected) in [("1 2", "0 2\n"), ("2 6", "0,1 6\n"), ("1", "0 3\n")] {
        let lab = small();
        let ran = inside(&lab, &format!("--run inner {asks} {SHOW}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{ran:?}");
        assert!(ran.stderr.contains("Inside of outer"), "{ran:?}");
        assert!(
            !lab.read("seen").contains("inner"),
            "it allocates nothing of its own"
        );
        assert_eq!(written(&lab), [""; 0]);
    }
}

#[test]
fn it_may_ask_for_one_of_them_by_its_id() {
    let lab = small();
    let ran = inside(&lab, &format!("--run --gpu-ids 1 {SHOW}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "1 3\n"), "{ran:?}");
}

#[test]
fn it_ends_as_its_command_did() {
    let ran = inside(&small(), "--run -- sh -c 'kill -9 $$'; exit $?");
    assert_eq!(ran.code, 128 + 9, "{ran:?}");
}

/// Waiting for more would be waiting for itself.
#[test]
fn it_is_refused_at_once_where_that_does_not_suffice() {
    for asks in [
        "--run inner 3",
        "--run inner 3 --wait",
        "--run inner 1 7 --wait 1h",
    ] {
        let lab =
            Lab::with_config("[cluster]\nservers = 2\ngpus_per_server = 4\ncpus_per_server = 8\n");
        let ran = inside(&lab, &format!("{asks} -- touch ran"));
        assert_eq!(ran.code, 125, "{asks}: {ran:?}");
        assert!(ran.stderr.contains("inside of outer"), "{asks}: {ran:?}");
        assert!(!lab.join("ran").exists(), "{asks}");
    }
}

/// What a shell kept of a run that is over says nothing.
#[test]
fn variables_of_a_run_that_is_over_do_not_count() {
    let lab = small();
    let kept = [
        ("GPUMGR_TASK_ID", "outer"),
        ("GPUMGR_SERVER", "gpu-server-0"),
        ("GPUMGR_GPUS", "0"),
        ("GPUMGR_CPUS", "4"),
    ];
    let allocated = |lab: &Lab| {
        let ran = lab.run_with(&kept, &["--run", "t", "--", "cat", "resource_status.json"]);
        assert!(ran.stdout.contains("\"t\""), "{ran:?}");
        assert!(!ran.stderr.contains("Inside"), "{ran:?}");
    };
    allocated(&lab);
    // Not even if somebody's plain allocation has that name.
    lab.ok(&["--allocate", "outer", "1", "4"]);
    allocated(&lab);
}

#[test]
fn it_takes_only_servers_of_this_machine() {
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let lab = Lab::with_config(&format!(
        "[[server]]\nname = \"far\"\ngpus = 8\ncpus = 8\nhost = \"surely-not-{host}\"\n
         [[server]]\nname = \"near\"\ngpus = 1\ncpus = 8\nhost = \"{host}\"\n"
    ));
    let ran = lab.ok(&["--run", "--", "sh", "-c", "echo $GPUMGR_SERVER"]);
    assert_eq!(ran.stdout, "near\n");
    let preferred = [
        "--run",
        "--prefer-server",
        "far",
        "--",
        "sh",
        "-c",
        "echo $GPUMGR_SERVER",
    ];
    assert_eq!(lab.ok(&preferred).stdout, "near\n");
    let ran = lab.run(&["--run", "t", "2", "--", "true"]);
    assert_eq!(ran.code, 125, "{ran:?}");
    assert!(ran.stderr.contains(&host), "{ran:?}");
    lab.ok(&["--allocate", "plain", "2"]);
    assert_eq!(written(&lab), ["plain"], "which is for any machine");
}
