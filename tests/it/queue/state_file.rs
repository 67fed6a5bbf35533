//! The queue in the state file: what others wrote there stays, and what they threw away comes back.

use super::*;
#[cfg(target_os = "linux")]
use crate::v01::V01;
use serde_json::json;

fn with_holder() -> Lab {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    lab
}

/// As v0.1 or an editor does it: in place, whoever reads at that moment.
fn edit(lab: &Lab, change: impl Fn(&mut Value)) {
    let mut changed = state(lab);
    change(&mut changed);
    lab.write(
        "resource_status.json",
        serde_json::to_string_pretty(&changed).unwrap(),
    );
}

fn without_queue(state: &mut Value) {
    state.as_object_mut().unwrap().remove("queue");
}

#[test]
fn there_is_no_queue_where_nobody_waits() {
    let lab = with_holder();
    assert_eq!(state(&lab).get("queue"), None);
    let before = lab.state_text();
    let waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    assert!(state(&lab).get("queue").is_some());
    lab.ok(&["--cancel", "waiter"]);
    drop(waiter);
    lab.ok(&["--release", "holder"]);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let keys = |text: &str| {
        let keys = text.lines().filter_map(|line| line.split_once(':'));
        keys.map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&lab.state_text()), keys(&before));
}

#[test]
fn whoever_was_thrown_out_comes_back_with_its_first_time() {
    for how in How::BOTH {
        let lab = with_holder();
        let mut first = how.joins(&lab, "first", 8, &[]);
        let mut second = how.joins(&lab, "second", 8, &[]);
        let since = |task: &str| {
            let state = state(&lab);
            let entry = list(&state["queue"])
                .iter()
                .find(|entry| entry["task_id"] == task);
            entry.map(|entry| (entry["since"].clone(), entry["order"].clone()))
        };
        let times = [since("first"), since("second")];
        assert!(times[0].is_some());
        edit(&lab, without_queue);
        assert!(happens(|| queued(&lab).len() == 2), "{:?}", queued(&lab));
        assert_eq!([since("first"), since("second")], times);
        lab.ok(&["--release", "holder"]);
        how.is_granted(&lab, "first", &mut first);
        lab.ok(&["--release", "first"]);
        how.is_granted(&lab, "second", &mut second);
    }
}

#[test]
fn clock_set_back_lets_no_newcomer_overtake() {
    // With the number that the first one's gpumgr wrote by that clock, and as 0.2.0 would have written it.
    for order in [Some(4_102_444_800_000_000_i64), None] {
        for how in How::BOTH {
            let lab = with_holder();
            let mut first = how.joins(&lab, "first", 8, &[]);
            edit(&lab, |state| {
                let entry = state["queue"][0].as_object_mut().unwrap();
                entry["since"] = json!("2100-01-01T00:00:00+00:00");
                entry.remove("order");
                entry.extend(order.map(|order| ("order".to_owned(), json!(order))));
            });
            let mut second = how.joins(&lab, "second", 8, &[]);
            lab.ok(&["--release", "holder"]);
            how.is_granted(&lab, "first", &mut first);
            assert_eq!(queued(&lab), ["second"]);
            lab.ok(&["--release", "first"]);
            how.is_granted(&lab, "second", &mut second);
        }
    }
}

#[test]
fn whoever_was_thrown_out_takes_the_room_that_came_meanwhile() {
    for how in How::BOTH {
        let lab = with_holder();
        let mut waiter = how.joins(&lab, "waiter", 8, &[]);
        edit(&lab, |state| {
            without_queue(state);
            let server = &mut state["servers"][0];
            server["running_tasks"] = json!([]);
            server["available_gpus"] = json!([0, 1, 2, 3, 4, 5, 6, 7]);
            server["available_cpus"] = json!(64);
        });
        how.is_granted(&lab, "waiter", &mut waiter);
    }
}

#[test]
fn a_grant_that_is_thrown_away_is_waited_for_again() {
    let lab = with_holder();
    let mut waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    waiter.stop();
    let before = state(&lab);
    lab.ok(&["--release", "holder"]);
    assert_eq!(holders(&lab), ["waiter"]);
    edit(&lab, |state| {
        *state = before.clone();
        without_queue(state);
    });
    waiter.go_on();
    assert!(happens(|| queued(&lab) == ["waiter"]));
    lab.ok(&["--release", "holder"]);
    How::Allocate.is_granted(&lab, "waiter", &mut waiter);
}

#[test]
fn a_state_file_that_is_taken_away_is_made_again() {
    let lab = with_holder();
    let mut waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    fs::remove_file(lab.join("resource_status.json")).unwrap();
    How::Allocate.is_granted(&lab, "waiter", &mut waiter);
}

#[test]
fn half_a_file_ends_no_wait() {
    let lab = with_holder();
    let mut waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    let whole = lab.state_text();
    lab.write("resource_status.json", &whole[..whole.len() / 2]);
    // What waits looks at it meanwhile.
    assert_eq!(lab.run(&["--status"]).code, 1);
    assert!(!waiter.has_ended());
    lab.write("resource_status.json", whole);
    lab.ok(&["--release", "holder"]);
    How::Allocate.is_granted(&lab, "waiter", &mut waiter);
}

#[test]
fn unknown_fields_keep_their_value_and_place() {
    let lab = with_holder();
    let first = How::Allocate.joins(&lab, "first", 8, &[]);
    let second = How::Run.joins(&lab, "second", 8, &[]);
    let stopped = [&first, &second];
    for process in stopped {
        process.stop();
    }
    let text = lab
        .state_text()
        .replacen("{", "{\n  \"note\": {\"b\": 1, \"a\": 2.50},", 1)
        .replace(
            "\"task_id\": \"first\",",
            "\"task_id\": \"first\", \"colour\": [ 1,2 ],",
        )
        .replace(
            "\"task_id\": \"second\",",
            "\"zzz\": null, \"task_id\": \"second\",",
        )
        .replace(
            "\"task_id\": \"holder\",",
            "\"task_id\": \"holder\", \"why\": \"x\\u0041\",",
        )
        .replace("\"id\":", "\"kind\": 7, \"id\":");
    lab.write("resource_status.json", &text);
    let third = How::Allocate.joins(&lab, "third", 8, &[]);
    lab.ok(&["--cancel", "first"]);
    let after = lab.state_text();
    for kept in [
        "{\n  \"note\": {\"b\": 1, \"a\": 2.50},",
        "\"colour\": [ 1,2 ],",
        "\"zzz\": null, \"task_id\": \"second\",",
        "\"task_id\": \"holder\", \"why\": \"x\\u0041\",",
        "\"kind\": 7,",
    ] {
        assert!(text.contains(kept), "the test edits nothing: {text}");
        assert!(after.contains(kept), "{kept} is gone: {after}");
    }
    assert_eq!(
        after.matches("\"kind\": 7").count(),
        text.matches("\"kind\": 7").count()
    );
    drop(third);
}

#[test]
fn no_queue_may_be_written_as_null_or_as_an_empty_list() {
    for empty in [json!(null), json!([])] {
        let lab = with_holder();
        edit(&lab, |state| state["queue"] = empty.clone());
        lab.ok(&["--status"]);
        assert_eq!(lab.json(&["--queue"]).1["queue"], json!([]));
        let mut waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
        assert_eq!(
            lab.state_text().matches("\"queue\"").count(),
            1,
            "{}",
            lab.state_text()
        );
        lab.ok(&["--release", "holder"]);
        How::Allocate.is_granted(&lab, "waiter", &mut waiter);
        assert_nothing_is_left(&lab);
    }
}

#[test]
fn a_queue_that_makes_no_sense_is_refused_and_left_alone() {
    let waiter = |change: fn(&mut Value)| {
        let mut entry = json!({
            "task_id": "waiter", "gpus": 1, "since": "2025-11-04T10:30:00+00:00",
            "lease": {"id": "0123", "tie": "claim", "host": "elsewhere", "pid": 1, "started": 2}
        });
        change(&mut entry);
        json!([entry])
    };
    let sound = waiter(|_| {});
    let senseless = [
        json!({}),
        json!("queue"),
        json!([1]),
        json!([null]),
        json!([[]]),
        json!([{}]),
        waiter(|entry| entry["task_id"] = json!("")),
        waiter(|entry| entry["task_id"] = json!("a\nb")),
        waiter(|entry| entry["gpus"] = json!(-1)),
        waiter(|entry| entry["gpus"] = json!(4_294_967_296_u64)),
        waiter(|entry| entry["gpus"] = json!("many")),
        waiter(|entry| entry["cpus"] = json!(0)),
        waiter(|entry| entry["since"] = json!("yesterday")),
        waiter(|entry| entry["until"] = json!(12)),
        waiter(|entry| entry["ttl_seconds"] = json!(u64::MAX)),
        waiter(|entry| entry["lease"] = json!(null)),
        waiter(|entry| entry["lease"]["id"] = json!("../../etc/passwd")),
        waiter(|entry| entry["lease"]["id"] = json!("")),
        waiter(|entry| entry["lease"]["tie"] = json!("shoelace")),
        waiter(|entry| entry["lease"]["pid"] = json!(-1)),
    ];
    let lab = with_holder();
    let fresh = state(&lab);
    edit(&lab, |state| state["queue"] = sound.clone());
    assert_eq!(lab.json(&["--queue"]).1["queue"][0]["task_id"], "waiter");
    for queue in senseless {
        edit(&lab, |state| {
            *state = fresh.clone();
            state["queue"] = queue.clone();
        });
        let before = lab.state_text();
        for arguments in [
            &["--queue"][..],
            &["--status"],
            &["--release", "holder"],
            &["--allocate", "t", "8", "1", "--wait", "1s"],
        ] {
            let (code, said) = lab.json(arguments);
            assert_eq!(code, 1, "{queue} {arguments:?}: {said}");
            assert_eq!(said["error"]["kind"], "damaged_state", "{queue}: {said}");
            let message = said["error"]["message"].to_string();
            assert!(
                message.contains("queue") || message.contains("line"),
                "{message}"
            );
        }
        assert_eq!(lab.state_text(), before, "{queue}");
    }
}

#[test]
fn a_thousand_may_wait() {
    let lab = with_holder();
    let entry = |number: usize| {
        json!({
            "task_id": format!("waiter-{number}"), "gpus": 8,
            "since": format!("2025-11-04T10:{:02}:{:02}+00:00", number / 60, number % 60),
            "lease": {
                "id": format!("x{number}"), "tie": "claim", "host": "elsewhere",
                "boot": "another", "pid": 1, "started": 2
            }
        })
    };
    // As they were not written: the last one first.
    let queue: Vec<_> = (0..1000).rev().map(entry).collect();
    edit(&lab, |state| state["queue"] = json!(queue));
    let shown = lab.json(&["--queue"]).1;
    let places = names(list(&shown["queue"]).iter());
    assert_eq!(places.len(), 1000);
    assert_eq!((&*places[0], &*places[999]), ("waiter-0", "waiter-999"));
    lab.ok(&["--release", "holder"]);
    // Who waits elsewhere counts as alive.
    assert_eq!(holders(&lab), ["waiter-0"]);
    assert_eq!(queued(&lab).len(), 999);
}

#[cfg(target_os = "linux")]
#[test]
fn v01_keeps_the_queue_and_overtakes_it() {
    let lab = with_holder();
    let mut waiter = How::Run.joins(&lab, "waiter", 6, &[]);
    let queue = state(&lab)["queue"].clone();
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    waiter.stop();
    v01.release("holder");
    v01.allocate("overtakes", 4, 8).unwrap();
    assert_eq!(state(&lab)["queue"], queue);
    waiter.go_on();
    v01.release("overtakes");
    How::Run.is_granted(&lab, "waiter", &mut waiter);
}
