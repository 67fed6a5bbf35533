//! `--json`: exactly one document on stdout, with the documented fields.

use super::*;

fn keys(document: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Fields are only ever added to.
fn has(document: &Value, fields: &[&str]) {
    let present = keys(document);
    for field in fields {
        assert!(present.contains(field), "{field} is missing in {document}");
    }
}

const TOTALS: [&str; 6] = [
    "servers",
    "total_gpus",
    "available_gpus",
    "total_cpus",
    "available_cpus",
    "running_tasks",
];

#[test]
fn every_action_prints_one_document_and_a_line_end() {
    let lab = Lab::with_config(UNEQUAL);
    for arguments in [
        &["--init"] as &[&str],
        &["--status"],
        &["--detail"],
        &["--detail", "large"],
        &["--allocate", "t"],
        &["--release", "t"],
        &["--check-config"],
        &["--reset", "--yes"],
    ] {
        for language in ["en", "ja"] {
            if arguments[0] == "--release" {
                lab.run(&["--allocate", "t", "--quiet"]);
            } else {
                lab.run(&["--release", "t", "--quiet"]);
            }
            let ran = lab.ok(&[arguments, &["--json", "--lang", language]].concat());
            let mut documents =
                serde_json::Deserializer::from_str(&ran.stdout).into_iter::<Value>();
            assert!(documents.next().unwrap().unwrap().is_object(), "{ran:?}");
            assert!(documents.next().is_none(), "{ran:?}");
            assert!(ran.stdout.ends_with('\n'), "{ran:?}");
        }
    }
}

#[test]
fn every_failure_is_a_document_with_kind_and_message() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t", "8", "64"]);
    for arguments in [
        &["--allocate", "t"] as &[&str],
        &["--allocate", "u", "9"],
        &["--release", "u"],
        &["--detail", "nope"],
        &["--reset"],
        &["--config", "nope.toml", "--check-config"],
        &["--nonsense"],
    ] {
        let ran = lab.run(&[arguments, &["--json"]].concat());
        assert_ne!(ran.code, 0);
        assert_eq!(ran.stderr, "", "{arguments:?}");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(keys(&document), ["error"], "{arguments:?}");
        for field in ["kind", "message"] {
            let text = document["error"][field].as_str().unwrap();
            assert!(!text.is_empty(), "{arguments:?}: {document}");
        }
    }
}

#[test]
fn status_and_detail_show_servers_totals_and_what_is_in_use() {
    let lab = Lab::with_config(UNEQUAL);
    for initialized in [false, true] {
        let (_, status) = lab.json(&["--status"]);
        has(
            &status,
            &["servers", "totals", "config", "state", "initialized"],
        );
        has(&status["totals"], &TOTALS);
        assert_eq!(status["initialized"], initialized);
        assert_eq!(status["config_differs"], false);
        assert_eq!(status["state"], lab.shown(STATE));
        assert_eq!(status["config"], lab.shown("config.toml"));
        lab.ok(&["--init"]);
    }
    lab.ok(&["--allocate", "t", "1", "2", "--prefer-server", "large"]);
    let (_, detail) = lab.json(&["--detail", "large"]);
    let server = &detail["servers"][0];
    assert_eq!(detail["servers"].as_array().unwrap().len(), 1);
    assert_eq!(server["server_id"], 1);
    assert_eq!(server["server_name"], "large");
    assert_eq!(server["total_gpus"], 4);
    assert_eq!(server["available_gpus"], json!([1, 2, 3]));
    assert_eq!(server["gpu_use_percent"], 25.0);
    assert_eq!(server["available_cpus"], 62);
    assert_eq!(server["drain"], false);
    let task = &server["running_tasks"][0];
    assert_eq!(task["task_id"], "t");
    assert_eq!(task["allocated_gpus"], json!([0]));
    assert_eq!(task["allocated_cpus"], 2);
    has(task, &["owner", "start_time", "age_seconds"]);
    let (_, status) = lab.json(&["--status"]);
    assert_eq!(
        status["totals"],
        json!({
            "servers": 2, "total_gpus": 6, "available_gpus": 5,
            "total_cpus": 72, "available_cpus": 70, "running_tasks": 1,
        })
    );
}

#[test]
fn without_a_config_there_is_none_to_name() {
    let lab = Lab::new();
    let (_, status) = lab.json(&["--status"]);
    assert_eq!(status["config"], Value::Null);
    assert_eq!(status["servers"].as_array().unwrap().len(), 4);
}

#[test]
fn an_allocation_has_all_that_a_script_needs() {
    let lab = Lab::new();
    let (_, granted) = lab.json(&["--allocate", "t", "2", "16"]);
    assert_eq!(granted["task_id"], "t");
    assert_eq!(granted["server_id"], 0);
    assert_eq!(granted["server_name"], "gpu-server-0");
    assert_eq!(granted["gpu_ids"], json!([0, 1]));
    assert_eq!(granted["gpu_devices"], "0,1");
    assert_eq!(granted["cpus"], 16);
    assert_eq!(
        granted["environment"],
        json!({
            "CUDA_VISIBLE_DEVICES": "0,1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
            "GPUMGR_TASK_ID": "t", "GPUMGR_SERVER": "gpu-server-0", "GPUMGR_GPUS": "0,1",
            "GPUMGR_CPUS": "16",
        })
    );
    assert_eq!(granted["state"], lab.shown(STATE));
    assert_eq!(granted["created"], true);
    let held = &lab.server(0)["running_tasks"][0];
    assert_eq!(granted["owner"], held["owner"]);
    assert_eq!(granted["start_time"], held["start_time"]);
    let (_, released) = lab.json(&["--release", "t"]);
    for field in [
        "task_id",
        "server_id",
        "server_name",
        "gpu_ids",
        "cpus",
        "owner",
        "start_time",
    ] {
        assert_eq!(released[field], granted[field], "{field}");
    }
    let (_, again) = lab.json(&["--allocate", "t"]);
    assert_eq!(again["created"], false);
}

#[test]
fn init_and_reset_tell_what_changed() {
    let lab = Lab::with_config(UNEQUAL);
    let (_, init) = lab.json(&["--init"]);
    assert_eq!(init["created"], true);
    assert_eq!(init["changes"], json!([]));
    assert_eq!(init["state"], lab.shown(STATE));
    has(&init["totals"], &TOTALS);
    let changed = "[[server]]\nname = 'new'\ngpus = 1\ncpus = 2\n[[server]]\nname = 'small'\ngpus = 3\ncpus = 9\ndrain = true\n";
    lab.write("config.toml", changed);
    let (_, init) = lab.json(&["--init"]);
    assert_eq!(init["created"], false);
    assert_eq!(
        init["changes"],
        json!([
            { "change": "added", "server_name": "new", "total_gpus": 1, "total_cpus": 2 },
            { "change": "gpus", "server_name": "small", "from": 2, "to": 3 },
            { "change": "cpus", "server_name": "small", "from": 8, "to": 9 },
            { "change": "drain", "server_name": "small", "drain": true },
            { "change": "removed", "server_name": "large" },
        ])
    );
    lab.ok(&["--allocate", "t", "1", "1"]);
    let (_, reset) = lab.json(&["--reset", "--yes"]);
    assert_eq!(reset["forgotten_tasks"], json!(["t"]));
    assert_eq!(reset["created"], false);
    assert!(std::path::Path::new(reset["kept"].as_str().unwrap()).is_file());
    assert_eq!(reset["totals"]["running_tasks"], 0);
}

#[test]
fn a_config_is_told_in_numbers() {
    let limits =
        "lock_timeout = '1500ms'\n[limits]\nmin_gpus_per_task = 0\nmax_gpus_per_task = 3\n";
    let lab = Lab::with_config(&format!("{limits}{UNEQUAL}"));
    let (_, checked) = lab.json(&["--check-config"]);
    assert_eq!(checked["config"], lab.shown("config.toml"));
    assert_eq!(checked["state"], lab.shown(STATE));
    assert_eq!(checked["initialized"], false);
    assert_eq!(checked["lock_timeout_seconds"], 1.5);
    assert_eq!(
        checked["limits"],
        json!({ "min_gpus_per_task": 0, "max_gpus_per_task": 3 })
    );
    assert_eq!(checked["servers"][1]["server_name"], "large");
    assert_eq!(checked["servers"][1]["total_gpus"], 4);
    assert_eq!(checked["servers"][1]["total_cpus"], 64);
    has(&checked["totals"], &TOTALS);
}

/// Names are data, whatever a terminal would make of them.
#[test]
fn names_come_through_whole() {
    let lab = Lab::new();
    let name = "学習 \"1\" \\ it's 🚀";
    let (_, granted) = lab.json(&["--allocate", name]);
    assert_eq!(granted["task_id"], name);
    let (_, released) = lab.json(&["--release", name]);
    assert_eq!(released["task_id"], name);
}
