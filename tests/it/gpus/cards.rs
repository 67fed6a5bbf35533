//! Cards that were swapped, vanished or came back in another order.

use super::{Machine, host};

const THREE: &str = "count 3\ngpu 0 uuid GPU-a\ngpu 1 uuid GPU-b\ngpu 2 uuid GPU-c\n";

fn three() -> Machine {
    let machine = Machine::with(THREE);
    machine.ok(&["--init"]);
    machine
}

#[test]
fn another_card_is_named_and_not_granted_until_init_reconciles() {
    let machine = three();
    machine.becomes("count 3\ngpu 0 uuid GPU-x\ngpu 1 uuid GPU-b\ngpu 2 uuid GPU-c\n");
    assert_eq!(machine.granted(&["t", "2"]), [1, 2]);
    let ran = machine.run(&["--allocate", "u"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("GPU 0 is another card now: GPU-x"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("gpumgr --init"), "{ran:?}");
    let init = machine.ok(&["--init"]);
    assert!(init.stdout.contains("described anew"), "{init:?}");
    assert_eq!(machine.granted(&["u"]), [0]);
}

#[test]
fn cards_in_another_order_are_told_from_others() {
    let machine = three();
    machine.becomes("count 3\ngpu 0 uuid GPU-b\ngpu 1 uuid GPU-a\ngpu 2 uuid GPU-c\n");
    let shown = machine.ok(&["--status"]).stdout;
    assert!(
        shown.contains("GPU 0 is now the card that was GPU 1"),
        "{shown}"
    );
    assert!(
        shown.contains("GPU 1 is now the card that was GPU 0"),
        "{shown}"
    );
    assert_eq!(machine.granted(&["t"]), [2]);
}

#[test]
fn a_card_that_vanished_is_not_granted_and_init_takes_it_away() {
    let machine = three();
    machine.becomes("count 2\ngpu 0 uuid GPU-a\ngpu 1 uuid GPU-b\n");
    assert_eq!(machine.reason(2), "missing");
    assert_eq!(machine.run(&["--allocate", "t", "3"]).code, 3);
    machine.ok(&["--init"]);
    assert_eq!(machine.lab.state()["servers"][0]["total_gpus"], 2);
    // Not while somebody holds it.
    let machine = three();
    machine.ok(&["--allocate", "t", "3"]);
    machine.becomes("count 2\ngpu 0 uuid GPU-a\ngpu 1 uuid GPU-b\n");
    let ran = machine.run(&["--init"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr.contains("s: t") || ran.stderr.contains(": t"),
        "{ran:?}"
    );
}

#[test]
fn a_config_lists_the_cards_and_grants_follow_the_state() {
    let machine = Machine::with(THREE);
    let detected = machine.ok(&["--detect"]).stdout;
    machine.configure(&detected);
    machine.ok(&["--init"]);
    machine.becomes("count 3\ngpu 0 uuid GPU-x\ngpu 1 uuid GPU-b\ngpu 2 uuid GPU-c\n");
    assert_eq!(machine.reason(0), "swapped");
    // The config still says what it said.
    machine.ok(&["--init"]);
    assert_eq!(machine.reason(0), "swapped");
    machine.configure(&machine.ok(&["--detect"]).stdout);
    assert_eq!(machine.reason(0), "swapped");
    let ran = machine.run(&["--allocate", "t", "3"]);
    assert!(
        ran.stderr.contains("the config describes another cluster"),
        "{ran:?}"
    );
    machine.ok(&["--init"]);
    assert_eq!(machine.granted(&["t", "3"]), [0, 1, 2]);
}

#[test]
fn a_card_that_cannot_tell_who_it_is_is_unknown_only_where_that_matters() {
    let nameless = "count 1\ngpu 0 fail uuid 999\n";
    let machine = Machine::with_server(1, "", nameless);
    assert_eq!(machine.reason(0), "none");
    let keys = format!("host = \"{}\"\ngpu_uuids = [\"GPU-a\"]", host());
    let machine = Machine::with_server(1, &keys, nameless);
    assert_eq!(machine.reason(0), "unknown");
}

#[test]
fn lists_must_have_one_for_each_gpu() {
    let machine = Machine::with_server(
        2,
        "gpu_uuids = [\"a\"]\ngpu_model = [\"x\", \"y\", \"z\"]\ngpu_memory = \"lots\"",
        "count 2\n",
    );
    let ran = machine.run(&["--check-config"]);
    assert_eq!(ran.code, 2);
    for words in [
        ":5:13: gpu_uuids lists 1",
        ":6:13: gpu_model lists 3",
        ":7:14: gpu_memory must be a size",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn the_card_that_is_gone_is_named_whatever_moved_into_its_place() {
    let machine = three();
    machine.becomes("count 2\ngpu 0 uuid GPU-a\ngpu 1 uuid GPU-c\n");
    let shown = machine.ok(&["--status"]).stdout;
    let lines = [
        "GPU 1 is now the card that was GPU 2; the card that was there is gone: GPU-b",
        "GPU 2 is gone: the driver counts fewer",
    ];
    for line in lines {
        assert!(
            shown.lines().any(|other| other.trim() == line),
            "{line}: {shown}"
        );
    }
}

#[test]
fn a_held_gpu_that_cannot_be_used_is_explained_too() {
    let machine = three();
    machine.ok(&["--allocate", "t", "2"]);
    machine.becomes("count 3\ngpu 0 uuid GPU-x\ngpu 1 fail all 15\ngpu 2 uuid GPU-c\n");
    let shown = machine.ok(&["--status"]).stdout;
    assert!(
        shown.contains("Held, but not usable:\n  GPU 0 is another card now: GPU-x"),
        "{shown}"
    );
    assert!(shown.contains("GPU 1 cannot be read: "), "{shown}");
    assert_eq!(machine.reason(0), "swapped");
}

#[test]
fn init_keeps_what_it_cannot_read_at_the_moment() {
    let machine = three();
    machine.becomes("count 3\ngpu 0 uuid GPU-a\ngpu 1 fail all 15\ngpu 2 uuid GPU-x\n");
    machine.ok(&["--init"]);
    let server = &machine.lab.state()["servers"][0];
    assert_eq!(
        server["gpu_uuids"],
        serde_json::json!(["GPU-a", "GPU-b", "GPU-x"])
    );
    assert_eq!(server["gpu_memory"], "81920MiB");
    machine.becomes("count 3\ngpu 0 uuid GPU-a\ngpu 1 uuid GPU-y\ngpu 2 uuid GPU-x\n");
    assert_eq!(machine.reason(1), "swapped");
}
