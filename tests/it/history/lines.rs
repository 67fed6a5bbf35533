//! Each action leaves its line, and so does each refusal.

use super::*;
use serde_json::json;

/// The event without what differs from run to run; of a time, only that it is told.
fn lasting(event: &Value) -> Value {
    let mut event = event.clone();
    let fields = event.as_object_mut().unwrap();
    for key in ["time", "host"] {
        assert!(
            fields
                .remove(key)
                .unwrap()
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    assert_eq!(fields.remove("user").unwrap(), me());
    if let Some(owner) = fields.get_mut("owner") {
        assert_eq!(*owner, me());
        *owner = json!("me");
    }
    for key in ["held_seconds", "waited_seconds"] {
        if let Some(seconds) = fields.get_mut(key) {
            assert!(seconds.as_f64().unwrap() >= 0.0);
            *seconds = json!("told");
        }
    }
    event
}

fn assert_leaves(lab: &Lab, arguments: &[&str], expected: &[Value]) {
    let left: Vec<_> = added(lab, arguments).iter().map(lasting).collect();
    assert_eq!(left, expected, "{arguments:?}");
}

#[test]
fn every_change_is_one_line() {
    let lab = server(4, "");
    let exits = crate::actor::acts(&["exit=7"]);
    let exits = exits.iter().map(String::as_str);
    let fails: Vec<_> = ["--run", "r", "1", "4", "--"]
        .into_iter()
        .chain(exits)
        .collect();
    let cases: [(&[&str], Value); 9] = [
        (&["--init"], json!([{"action": "init", "why": "created"}])),
        (&["--init"], json!([])),
        (
            &["--allocate", "t", "2", "8"],
            json!([{"action": "allocate", "task": "t", "owner": "me", "server": "a", "gpus": [0, 1], "cpus": 8}]),
        ),
        (
            &["--release", "t"],
            json!([{"action": "release", "task": "t", "owner": "me", "server": "a", "gpus": [0, 1],
                "cpus": 8, "held_seconds": "told"}]),
        ),
        (
            &fails,
            json!([
                {"action": "run", "task": "r", "owner": "me", "server": "a", "gpus": [0], "cpus": 4},
                {"action": "end", "task": "r", "owner": "me", "server": "a", "gpus": [0], "cpus": 4,
                    "held_seconds": "told", "exit": 7},
            ]),
        ),
        (&["--status"], json!([])),
        (&["--detail"], json!([])),
        (&["--queue"], json!([])),
        (&["--history"], json!([])),
    ];
    for (arguments, expected) in cases {
        assert_leaves(&lab, arguments, expected.as_array().unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_run_without_a_task_that_a_signal_ends_is_two_lines() {
    let lab = server(4, "");
    lab.ok(&["--init"]);
    let arguments = [
        "--run",
        "--gpus",
        "3",
        "--cpus",
        "4",
        "--",
        "sh",
        "-c",
        "kill -9 $$",
    ];
    let expected = json!([
        {"action": "run", "task": "sh-1", "owner": "me", "server": "a", "gpus": [0, 1, 2], "cpus": 4},
        {"action": "end", "task": "sh-1", "owner": "me", "server": "a", "gpus": [0, 1, 2],
            "cpus": 4, "held_seconds": "told", "exit": 137},
    ]);
    assert_leaves(&lab, &arguments, expected.as_array().unwrap());
}

/// Whoever allocates first makes the state, too.
#[test]
fn a_state_that_is_made_in_passing_is_a_line_of_its_own() {
    let lab = server(4, "");
    assert_eq!(
        deeds(&added(&lab, &["--allocate", "t"])),
        ["init -", "allocate t"]
    );
}

#[test]
fn a_renewal_tells_until_when() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "t", "1", "1", "--ttl", "1h"]);
    let (_, renewed) = lab.json(&["--renew", "t", "--ttl", "2h"]);
    let event = events(&lab).pop().unwrap();
    assert_eq!(
        (&event["action"], &event["task"]),
        (&json!("renew"), &json!("t"))
    );
    let until = event["why"]
        .as_str()
        .unwrap()
        .strip_prefix("until ")
        .unwrap();
    let end = renewed["end_time"].as_str().unwrap();
    let moment = |text| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    assert_eq!(moment(until), moment(end));
}

#[test]
fn a_changed_config_tells_what_changed() {
    let lab = server(4, "");
    lab.ok(&["--init"]);
    lab.write(
        "config.toml",
        "[[server]]\nname = \"a\"\ngpus = 6\ncpus = 64\ndrain = true\n\
         [[server]]\nname = \"b\"\ngpus = 1\ncpus = 2\n",
    );
    let expected = json!({"action": "init",
        "why": "a: gpus 4 -> 6; a: drain true; b: added, 1 gpus, 2 cpus"});
    assert_leaves(&lab, &["--init"], &[expected]);
}

#[test]
fn a_reset_tells_what_each_task_had_held() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "t", "2", "8"]);
    lab.ok(&["--allocate", "u", "1", "4"]);
    let left = added(&lab, &["--reset", "--yes"]);
    assert_eq!(deeds(&left), ["reset t", "reset u", "reset -"]);
    assert_eq!(left[0]["gpus"], json!([0, 1]));
    assert_eq!(left[0]["server"], "a");
    assert!(left[0]["held_seconds"].is_f64() && left[1]["held_seconds"].is_f64());
    let kept = left[2]["why"]
        .as_str()
        .unwrap()
        .strip_prefix("kept as ")
        .unwrap();
    assert!(lab.join(kept).exists(), "{kept}");
}

#[test]
fn what_is_freed_in_passing_is_told_by_whoever_frees_it() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "t", "2", "8", "--ttl", "1s"]);
    let lapses = || lab.json(&["--status"]).1["totals"]["available_gpus"] == 4;
    assert!(crate::support::happens(lapses));
    let left = added(&lab, &["--allocate", "u"]);
    assert_eq!(deeds(&left), ["free t", "allocate u"]);
    let expected = json!({"action": "free", "task": "t", "owner": "me", "server": "a", "gpus": [0, 1],
        "cpus": 8, "why": "lapsed", "how": "lapsed", "held_seconds": "told"});
    assert_eq!(lasting(&left[0]), expected);
    assert!(left[0]["held_seconds"].as_f64().unwrap() >= 1.0);

    let mut shell = crate::actor::command(&["read"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    lab.ok(&[
        "--allocate",
        "p",
        "1",
        "1",
        "--pid",
        &shell.id().to_string(),
    ]);
    drop(shell.stdin.take());
    shell.wait().unwrap();
    let left = added(&lab, &["--release", "u"]);
    assert_eq!(deeds(&left), ["release u", "free p"]);
    assert_eq!(left[1]["how"], "ended");
}

#[test]
fn every_refusal_is_a_line_with_its_kind_and_why() {
    let lab = server(4, "[limits]\nmax_gpus_per_task = 3\n");
    lab.ok(&["--allocate", "t", "3", "8"]);
    let cases: [(&[&str], &str, &str, Option<u32>); 9] = [
        (
            &["--allocate", "u", "2"],
            "allocate u",
            "insufficient",
            Some(2),
        ),
        (&["--allocate", "t"], "allocate t", "task_exists", Some(1)),
        (
            &["--allocate", "u", "4"],
            "allocate u",
            "impossible",
            Some(4),
        ),
        (
            &["--run", "u", "2", "2", "--", PROGRAM, "--version"],
            "run u",
            "insufficient",
            Some(2),
        ),
        (&["--run", "u", "--", "./no-such"], "run u", "io", Some(1)),
        (&["--release", "x"], "release x", "unknown_task", None),
        (&["--renew", "t"], "renew t", "usage", None),
        (&["--cancel", "t"], "cancel t", "unknown_task", None),
        (&["--reset"], "reset -", "usage", None),
    ];
    for (arguments, deed, kind, asked) in cases {
        assert_eq!(added(&lab, arguments), Vec::<Value>::new());
        let left = [last_refused(&lab)];
        assert_eq!(deeds(&left), [deed], "{arguments:?}");
        assert_eq!(left[0]["error"], kind, "{arguments:?}");
        assert_eq!(
            left[0].get("asked_gpus").cloned(),
            asked.map(Value::from),
            "{arguments:?}"
        );
        // A run has no JSON.
        if arguments[0] != "--run" {
            let (_, document) = lab.json(arguments);
            assert_eq!(
                document["error"]["message"], left[0]["why"],
                "{arguments:?}"
            );
        }
        // In English, whatever the user reads.
        lab.run(&[&["--lang", "ja"], arguments].concat());
        let in_japanese = last_refused(&lab);
        assert_eq!(in_japanese["why"], left[0]["why"], "{arguments:?}");
    }
}

#[test]
fn what_only_looks_leaves_no_line_when_it_fails() {
    let lab = server(4, "");
    lab.ok(&["--init"]);
    for arguments in [
        &["--detail", "nowhere"][..],
        &["--detect"],
        &["--allocate", "t", "x"],
    ] {
        assert_ne!(lab.run(arguments).code, 0, "{arguments:?}");
        assert_eq!(events(&lab).len(), 1, "{arguments:?}");
    }
}

#[test]
fn where_there_is_no_state_a_refusal_makes_no_file() {
    let lab = server(4, "");
    for arguments in [
        &["--release", "t"][..],
        &["--allocate", "t", "9"],
        &["--cancel", "t"],
    ] {
        assert_ne!(lab.run(arguments).code, 0);
        assert!(!lab.join(LOG).exists(), "{arguments:?}");
        assert!(!lab.join(REFUSED).exists(), "{arguments:?}");
    }
    // A folder is no state that could be changed.
    std::fs::create_dir_all(lab.join("place/folder")).unwrap();
    assert_eq!(
        lab.run(&["--release", "t", "--state", "place/folder"]).code,
        1
    );
    assert!(!lab.join("place").join(LOG).exists());
}

/// Two users: who did it, and whose it was.
#[cfg(unix)]
#[test]
fn who_ends_anothers_task_is_told_apart_from_whose_it_was() {
    use crate::people::{Office, Person};
    let Some(office) = Office::open() else { return };
    office.give(0, 0, 0o777);
    let bob = Person {
        uid: 12_002,
        gid: 12_002,
        group: 12_002,
        umask: "077",
    };
    office.ok_as(bob, &["--allocate", "t"]);
    office.lab().run(&["--release", "t"]);
    office.lab().ok(&["--release", "t", "--force"]);
    let events = history(office.lab(), &[]);
    assert_eq!(
        deeds(&events),
        ["init -", "allocate t", "release t", "release t"]
    );
    assert_eq!(
        (&events[1]["user"], &events[1]["owner"]),
        (&json!("12002"), &json!("12002"))
    );
    assert_eq!(
        (&events[2]["user"], &events[2]["error"]),
        (&json!("root"), &json!("not_owner"))
    );
    assert_eq!(
        (&events[3]["user"], &events[3]["owner"]),
        (&json!("root"), &json!("12002"))
    );
    // Both write, whatever the umask of whoever was first.
    assert_eq!(crate::people::mode(&office.path().join(LOG)), 0o666);
    assert_eq!(crate::people::mode(&office.path().join(REFUSED)), 0o666);
}
