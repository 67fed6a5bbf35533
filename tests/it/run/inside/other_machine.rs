//! A run on another machine is none inside the run whose variables it got.

use super::BINARY;
use crate::support::{Lab, Ran, skipped};
use serde_json::Value;
use std::process::Command;

/// Two servers of four GPUs, of which `nodeB` has only the last one free.
fn two_nodes() -> Lab {
    let server = |name: &str| {
        format!("[[server]]\nname = \"{name}\"\nhost = \"{name}\"\ngpus = 4\ncpus = 8\n")
    };
    let lab = Lab::with_config(&(server("nodeA") + &server("nodeB")));
    lab.ok(&["--allocate", "bobs", "3", "6", "--prefer-server", "nodeB"]);
    lab
}

/// Runs the outer one on `nodeA`, whose script is on `nodeB` from then on; `$0` is gpumgr.
fn from_a_to_b(lab: &Lab, script: &str) -> Option<Ran> {
    let able = Command::new("unshare")
        .args(["--uts", "hostname", "nodeA"])
        .status();
    if !able.is_ok_and(|status| status.success()) {
        skipped("the machine's name cannot be changed for a test");
        return None;
    }
    let script = format!("hostname nodeB; {script}");
    let outer = "hostname nodeA; \"$0\" --run outer 2 -- sh -c \"$1\" \"$0\"";
    let mut command = Command::new("unshare");
    let like = lab.command(&[]);
    command.args(["--uts", "sh", "-c", outer, BINARY, &script]);
    command.env_clear().current_dir(lab.path());
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Some(Ran::of(command.output().unwrap()))
}

#[test]
fn a_nested_run_on_another_machine_gets_its_own_gpus() {
    let lab = two_nodes();
    let show = "echo $GPUMGR_SERVER $CUDA_VISIBLE_DEVICES $GPUMGR_TASK_ID $GPUMGR_STEP; cp resource_status.json seen";
    let script = format!("\"$0\" --run onB 1 --ttl 1h --wait 1m -- sh -c '{show}'");
    let Some(ran) = from_a_to_b(&lab, &script) else {
        return;
    };
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "nodeB 3 onB\n"),
        "{ran:?}"
    );
    let seen: Value = serde_json::from_str(&lab.read("seen")).unwrap();
    let on_b = &seen["servers"][1]["running_tasks"][1];
    assert_eq!(
        (&on_b["task_id"], &on_b["ttl_seconds"]),
        (&"onB".into(), &3600.into())
    );
}

/// The step's own variable goes with it, and means as little there.
#[test]
fn so_does_one_that_comes_from_a_step() {
    let lab = two_nodes();
    let script = "hostname nodeA; \"$0\" --run step 1 -- sh -c 'hostname nodeB; \"$0\" --run onB 1 -- sh -c \"echo \\$GPUMGR_SERVER \\$GPUMGR_GPUS [\\$GPUMGR_STEP]\"' \"$0\"";
    let Some(ran) = from_a_to_b(&lab, script) else {
        return;
    };
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "nodeB 3 []\n"),
        "{ran:?}"
    );
}
