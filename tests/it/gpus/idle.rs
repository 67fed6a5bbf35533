//! Tasks that hold GPUs and do not use them.

use super::{Machine, Stranger};
use serde_json::{Value, json};

const USED: &str = "count 2\ngpu 0 use 40\ngpu 0 used 100\n";
const UNUSED: &str = "count 2\n";

/// A task that has held GPU 0 for hours.
fn with_old_task(gpus: &str) -> Machine {
    let machine = Machine::with_server(2, "", UNUSED);
    machine.ok(&["--allocate", "old"]);
    edit(&machine, |task| {
        task["start_time"] = json!("2025-01-01T00:00:00+00:00")
    });
    machine.becomes(gpus);
    machine
}

fn edit(machine: &Machine, change: impl Fn(&mut Value)) {
    let mut state = machine.lab.state();
    change(&mut state["servers"][0]["running_tasks"][0]);
    machine.lab.write("resource_status.json", state.to_string());
}

fn idle_since(machine: &Machine) -> Value {
    machine.lab.state()["servers"][0]["running_tasks"][0]["idle_since"].clone()
}

#[test]
fn whoever_grants_notes_since_when_a_task_was_not_seen_to_use_its_gpus() {
    let machine = with_old_task(UNUSED);
    machine.ok(&["--allocate", "a"]);
    let since = idle_since(&machine);
    assert!(since.is_string(), "{since}");
    machine.ok(&["--release", "a"]);
    machine.ok(&["--allocate", "b"]);
    assert_eq!(idle_since(&machine), since);
    machine.becomes(USED);
    machine.ok(&["--release", "b"]);
    machine.ok(&["--allocate", "c"]);
    assert_eq!(idle_since(&machine), Value::Null);
}

#[test]
fn who_is_refused_notes_it_too() {
    let machine = with_old_task(UNUSED);
    assert_eq!(machine.run(&["--allocate", "a", "2"]).code, 3);
    let since = idle_since(&machine);
    assert!(since.is_string(), "{since}");
    let written = machine.lab.state_text();
    assert_eq!(machine.run(&["--allocate", "a", "2"]).code, 3);
    assert_eq!(machine.lab.state_text(), written);
}

#[test]
fn a_process_that_waits_is_not_use_but_where_use_is_not_told_it_must_do() {
    let own = Stranger::new();
    let waits = format!("{UNUSED}gpu 0 process {} 100\n", own.pid());
    let machine = with_old_task(&waits);
    machine.ok(&["--allocate", "a"]);
    assert!(idle_since(&machine).is_string());
    let machine = with_old_task(&format!("{waits}gpu 0 fail use 3\n"));
    machine.ok(&["--allocate", "a"]);
    assert_eq!(idle_since(&machine), Value::Null);
}

#[test]
fn who_has_just_begun_or_cannot_be_seen_is_not_called_idle() {
    let machine = Machine::with_server(2, "", UNUSED);
    machine.ok(&["--allocate", "new"]);
    machine.ok(&["--allocate", "other"]);
    assert_eq!(idle_since(&machine), Value::Null);
    let machine = with_old_task("count 2\ngpu 0 fail all 15\n");
    machine.ok(&["--allocate", "a"]);
    assert_eq!(idle_since(&machine), Value::Null);
}

#[test]
fn it_is_shown_with_how_long_once_that_is_long() {
    for (warning, shown) in [("", true), ("[gpu]\nidle_warning = \"100000d\"", false)] {
        let machine = Machine::with_server(2, warning, UNUSED);
        machine.ok(&["--allocate", "lazy"]);
        edit(&machine, |task| {
            task["idle_since"] = json!("2025-01-01T00:00:00+00:00")
        });
        for action in ["--status", "--detail"] {
            let status = machine.ok(&[action]).stdout;
            let said = status.contains("lazy: not seen to use its GPUs for ");
            assert_eq!(said, shown, "{status}");
        }
        let task = &machine.json(&["--detail"])["servers"][0]["running_tasks"][0];
        assert_eq!(task["idle_seconds"].is_i64(), shown);
    }
}

#[test]
fn a_look_that_sees_it_in_use_says_nothing_of_the_past() {
    let machine = with_old_task(USED);
    edit(&machine, |task| {
        task["idle_since"] = json!("2025-01-01T00:00:00+00:00")
    });
    let status = machine.ok(&["--status"]).stdout;
    assert!(!status.contains("not seen to use"), "{status}");
}
