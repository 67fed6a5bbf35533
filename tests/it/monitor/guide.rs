//! The manager guide's own sections, as written, with `gpumgr` for the script's name and `--monitor` for
//! its bare call.

use super::Workshop;
use crate::support::{Ran, happens};
use std::path::Path;
use std::process::Command;

/// Runs a line as a user types it.
fn types(shop: &Workshop, line: &str) -> Ran {
    let mut shell = Command::new("sh");
    shop.machine.isolate(shell.args(["-c", line]));
    let binary = Path::new(env!("CARGO_BIN_EXE_gpumgr")).parent().unwrap();
    let rest = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{rest}", binary.display()));
    Ran::of(shell.output().unwrap())
}

fn ok(shop: &Workshop, line: &str) -> String {
    let ran = types(shop, line);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran.stdout
}

#[test]
fn the_complete_workflow() {
    let shop = Workshop::new();
    ok(&shop, "gpumgr --monitor >said 2>&1 &");
    assert!(happens(|| shop
        .machine
        .lab()
        .text_if_any("said")
        .is_some_and(|said| !said.is_empty())));
    ok(&shop, "gpumgr --allocate training_task_1");
    ok(&shop, "gpumgr --start-program training_task_1");
    let status = ok(&shop, "gpumgr --status");
    assert!(status.contains("training_task_1"), "{status}");
    assert!(happens(|| shop.notes("training_task_1").len() == 1));
    assert_eq!(shop.notes("training_task_1"), ["began 0 --gpus 0"]);
    ok(&shop, "gpumgr --release training_task_1");
    assert_eq!(shop.notes("training_task_1").last().unwrap(), "saved");
    assert_eq!(shop.json(&["--status"])["totals"]["available_gpus"], 4);
}

#[test]
fn several_tasks() {
    let shop = Workshop::new();
    for line in [
        "gpumgr --allocate task1",
        "gpumgr --allocate task2",
        "gpumgr --start-program task1",
        "gpumgr --start-program task2",
    ] {
        ok(&shop, line);
    }
    shop.has_begun("task1", 1);
    shop.has_begun("task2", 1);
    assert_eq!(shop.notes("task1"), ["began 0 --gpus 0"]);
    assert_eq!(shop.notes("task2"), ["began 1 --gpus 1"]);
    let detail = ok(&shop, "gpumgr --detail");
    assert!(detail.contains("Active tasks: 2\n"), "{detail}");
    assert!(detail.contains("s: 2/4 free (2 allocated)\n"), "{detail}");
}

#[test]
fn by_hand() {
    let shop = Workshop::with("task_prefix = \"NDFS_\"", super::COMMAND, "");
    let said = ok(&shop, "gpumgr --allocate exp_train --gpus 4");
    assert!(said.contains("NDFS_exp_train"), "{said}");
    ok(&shop, "gpumgr --start-program exp_train");
    shop.has_begun("NDFS_exp_train", 1);
    assert_eq!(
        shop.notes("NDFS_exp_train"),
        ["began 0,1,2,3 --gpus 0,1,2,3"]
    );
    ok(&shop, "gpumgr --logs exp_train");
    ok(&shop, "gpumgr --stop-program exp_train");
    assert!(shop.task("NDFS_exp_train").is_none());
}
