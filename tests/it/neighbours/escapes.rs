//! What a terminal would obey, in every text that a file can carry.

use crate::support::{Lab, Ran};
use fs4::FileExt;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

/// A title, a clear screen, a carriage return, a line turned around.
const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\rx\u{202e}y";
const CONFIG: &str = "[cluster]\nservers = 2\ngpus_per_server = 4\ncpus_per_server = 16\n";

/// A state with everything that one can hold.
fn state() -> Value {
    let lease = json!({
        "id": "0123456789abcdef", "tie": "run", "host": "elsewhere", "boot": "b",
        "pid_namespace": 1, "pid": 4711, "started": 1
    });
    json!({
        "servers": [{
            "server_id": 0, "server_name": "gpu-server-0", "host": "elsewhere",
            "total_gpus": 4, "available_gpus": [2, 3],
            "gpu_model": ["A100", "A100", "A100", "A100"], "gpu_memory": "81920MiB",
            "gpu_uuids": ["GPU-a", "GPU-b", "GPU-c", "GPU-d"],
            "total_cpus": 16, "available_cpus": 8,
            "running_tasks": [{
                "task_id": "first", "allocated_gpus": [0], "allocated_cpus": 4,
                "start_time": "2025-11-04T10:30:00", "owner": "alice",
                "end_time": "2125-11-04T10:30:00", "idle_since": "2025-11-04T10:30:00",
                "lease": lease, "x_note": "text"
            }, {
                "task_id": "second", "allocated_gpus": [1], "allocated_cpus": 4,
                "start_time": "2025-11-04T10:30:00", "owner": "bob",
                "program": {
                    "phase": "running", "pid": 4711, "restarts": 0,
                    "automatic_gpus": 1, "scaled": "2025-11-04T10:30:00"
                }
            }]
        }, {
            "server_id": 1, "server_name": "gpu-server-1", "total_gpus": 4,
            "available_gpus": [0, 1, 2, 3], "total_cpus": 16, "available_cpus": 16,
            "running_tasks": []
        }],
        "queue": [{
            "task_id": "waits", "gpus": 4, "cpus": 16, "gpu_model": "A100",
            "prefer_server": "gpu-server-0", "owner": "carol", "host": "elsewhere",
            "since": "2025-11-04T10:30:00", "until": "2125-11-04T10:30:00",
            "reserved_server": "gpu-server-1", "avoid_server": "gpu-server-0",
            "avoid_until": "2025-11-04T10:30:00",
            "lease": {
                "id": "fedcba9876543210", "tie": "claim", "host": "elsewhere", "boot": "b",
                "pid_namespace": 1, "pid": 4712, "started": 1
            }
        }],
        "last_updated": "2025-11-04T10:30:05",
        "version": "0.1"
    })
}

const LOOKING: [&[&str]; 9] = [
    &["--status"],
    &["--detail"],
    &["--detail", "--lang", "ja"],
    &["--queue"],
    &["--queue", "--lang", "zh"],
    &["--allocate", "second"],
    &["--release", "first"],
    &["--allocate", "new", "4", "--wait", "1ms"],
    &["--init"],
];

/// The places of all texts in it.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(list) => (0..).zip(list).for_each(|(i, value)| {
            let i: usize = i;
            texts(value, &format!("{at}/{i}"), found);
        }),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| texts(value, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

fn assert_harmless(ran: &Ran, what: &str) {
    ran.assert_sound(what);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains('\u{202e}'), "{what}: {ran:?}");
    }
}

fn assert_all_harmless(lab: &Lab, calls: &[&[&str]], what: &str) {
    for arguments in calls {
        let what = format!("{what}: {arguments:?}");
        assert_harmless(&lab.run(arguments), &what);
        lab.run(&[arguments, &["--json"][..]].concat())
            .assert_sound(&what);
    }
}

#[test]
fn the_state_itself_is_sound() {
    let lab = Lab::with_config(CONFIG);
    lab.write("resource_status.json", state().to_string());
    lab.ok(&["--status"]);
    assert!(lab.ok(&["--queue"]).stdout.contains("waits"));
}

#[test]
fn no_text_of_the_state_reaches_a_terminal_as_it_is() {
    let sound = state();
    let mut places = Vec::new();
    texts(&sound, "", &mut places);
    assert!(places.len() > 40, "{places:?}");
    let sound = &sound;
    thread::scope(|scope| {
        for places in places.chunks(places.len().div_ceil(4)) {
            scope.spawn(move || {
                for place in places {
                    let lab = Lab::with_config(CONFIG);
                    let mut state = sound.clone();
                    *state.pointer_mut(place).unwrap() = HOSTILE.into();
                    lab.write("resource_status.json", state.to_string());
                    assert_all_harmless(&lab, &LOOKING, place);
                }
            });
        }
    });
}

/// The names of fields stand in messages, too.
#[test]
fn nor_does_the_name_of_a_field() {
    for place in ["", "/servers/0", "/servers/0/running_tasks/0", "/queue/0"] {
        for twice in [false, true] {
            let lab = Lab::with_config(CONFIG);
            let mut state = state();
            state.pointer_mut(place).unwrap()["MARK"] = 1.into();
            let name = serde_json::to_string(HOSTILE).unwrap();
            let field = if twice {
                format!("{name}:1,{name}")
            } else {
                name
            };
            let text = state.to_string().replace("\"MARK\"", &field);
            lab.write("resource_status.json", text);
            assert_all_harmless(&lab, &LOOKING, place);
        }
    }
}

#[test]
fn no_text_of_the_log_reaches_a_terminal_as_it_is() {
    const SHOWING: [&[&str]; 4] = [
        &["--history"],
        &["--history", "--lang", "ja"],
        &["--report"],
        &["--report", "--lang", "zh"],
    ];
    let lab = Lab::with_config(CONFIG);
    lab.ok(&["--allocate", "t", "1", "1", "--ttl", "1h"]);
    lab.run(&["--allocate", "t", "1", "1"]);
    lab.run(&["--run", "r", "1", "1", "--", "false"]);
    lab.ok(&["--release", "t"]);
    let lines: Vec<Value> = lab
        .read("gpu_manager.log")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut hostile = Vec::new();
    for line in &lines {
        let mut places = Vec::new();
        texts(line, "", &mut places);
        for place in places {
            let mut line = line.clone();
            *line.pointer_mut(&place).unwrap() = HOSTILE.into();
            hostile.push(format!("{line}\n"));
        }
    }
    assert!(hostile.len() > 20, "{hostile:?}");
    hostile.push(format!("{HOSTILE}\n"));
    lab.write("gpu_manager.log", hostile.concat());
    assert_all_harmless(&lab, &SHOWING, "log");
}

/// Who a monitor is, it says itself.
#[test]
fn nor_does_the_note_of_a_monitor() {
    let lab = Lab::with_config(CONFIG);
    lab.ok(&["--init"]);
    let mut options = OpenOptions::new();
    let note = options.create_new(true).write(true);
    let mut note = note
        .open(lab.join(".resource_status.json.monitor"))
        .unwrap();
    note.write_all(HOSTILE.as_bytes()).unwrap();
    FileExt::lock(&note).unwrap();
    let ran = lab.run(&["--monitor"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_harmless(&ran, "--monitor");
}
