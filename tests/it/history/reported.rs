//! `--report`. What is summed how, the unit tests of the sums say.

use super::*;
use serde_json::json;

#[test]
fn it_sums_by_user_and_by_server() {
    let lab = Lab::new();
    lab.write(
        LOG,
        r#"{"time":"2025-11-04T10:00:00+00:00","user":"alice","action":"allocate","task":"t","owner":"alice","server":"a","gpus":[0,1],"cpus":8,"waited_seconds":30.0}
{"time":"2025-11-04T11:00:00+00:00","user":"alice","action":"use","task":"t","owner":"alice","server":"a","gpus":[0,1],"used_gpu_seconds":1800.0}
{"time":"2025-11-04T12:00:00+00:00","user":"root","action":"release","task":"t","owner":"alice","server":"a","gpus":[0,1],"cpus":8,"held_seconds":7200.0}
{"time":"2025-11-04T12:00:00+00:00","user":"bob","action":"run","task":"u","owner":"bob","server":"b","gpus":[0],"cpus":8}
{"time":"2025-11-04T12:30:00+00:00","user":"bob","action":"end","task":"u","owner":"bob","server":"b","gpus":[0],"cpus":8,"held_seconds":1800.0,"exit":0}
{"time":"2025-11-04T12:31:00+00:00","user":"bob","action":"allocate","task":"v","asked_gpus":9,"error":"impossible"}
"#,
    );
    let (code, document) = lab.json(&["--report"]);
    assert_eq!(code, 0);
    let report = &document["report"];
    let row = |key: &str, name: &str, held: f64, used: Value, wait: f64| {
        json!({key: name, "gpu_hours_held": held, "gpu_hours_used": used, "tasks": 1,
            "mean_wait_seconds": wait})
    };
    assert_eq!(
        report["users"],
        json!([
            row("user", "alice", 4.0, json!(0.5), 30.0),
            row("user", "bob", 0.5, Value::Null, 0.0)
        ])
    );
    assert_eq!(
        report["servers"],
        json!([
            row("server_name", "a", 4.0, json!(0.5), 30.0),
            row("server_name", "b", 0.5, Value::Null, 0.0)
        ])
    );
    assert_eq!(
        report["total"],
        json!({"gpu_hours_held": 4.5, "gpu_hours_used": 0.5, "tasks": 2, "mean_wait_seconds": 15.0})
    );
    assert_eq!(report["since"], Value::Null);
    let (_, recent) = lab.json(&["--report", "--since", "1h"]);
    assert_eq!(recent["report"]["users"], json!([]));
    assert!(recent["report"]["since"].is_string());
    assert_eq!(lab.files(), [LOG], "whoever only looks makes nothing");

    let text = lab.ok(&["--report"]).stdout;
    let row = |name: &str| {
        let line = text.lines().find(|line| line.contains(name)).unwrap();
        let cells = line.split('│').map(|cell| cell.trim().to_owned());
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(row(" alice "), ["alice", "4.00", "0.50", "1", "30s"]);
    assert_eq!(row(" bob "), ["bob", "0.50", "-", "1", "0s"]);
    assert!(text.contains("GPU-hours: 4.50 held, 0.50 used"), "{text}");
    for (language, heading) in [("zh", "平均等待"), ("ja", "平均待機")] {
        let text = lab.ok(&["--report", "--lang", language]).stdout;
        assert!(text.contains(heading) && text.contains("4.50"), "{text}");
    }
}

/// What is held now counts until now, also where its beginning is no longer logged.
#[test]
fn what_runs_is_held_until_now() {
    let lab = Lab::new();
    lab.write(
        "resource_status.json",
        include_str!("../../data/v0.1-sample.json"),
    );
    let (_, document) = lab.json(&["--report", "--since", "2h"]);
    let users = &document["report"]["users"];
    assert_eq!(users[0]["user"], Value::Null);
    let held = users[0]["gpu_hours_held"].as_f64().unwrap();
    assert!((held - 8.0).abs() < 0.01, "four GPUs for two hours: {held}");
    assert_eq!(users[0]["tasks"], 0);
    assert!(!lab.join(LOG).exists());
    // Given back, it counts the same from the log.
    lab.ok(&["--release", "task_001"]);
    let (_, document) = lab.json(&["--report", "--since", "2h"]);
    let held = document["report"]["total"]["gpu_hours_held"]
        .as_f64()
        .unwrap();
    assert!((held - 8.0).abs() < 0.01, "{held}");
}

#[test]
fn a_reset_keeps_the_sums() {
    let lab = Lab::new();
    lab.write(
        "resource_status.json",
        include_str!("../../data/v0.1-sample.json"),
    );
    lab.ok(&["--reset", "--yes"]);
    let (_, document) = lab.json(&["--report", "--since", "1h"]);
    let servers = &document["report"]["servers"];
    assert_eq!(servers[0]["server_name"], "gpu-server-0");
    let held = servers[0]["gpu_hours_held"].as_f64().unwrap();
    assert!((held - 4.0).abs() < 0.01, "{held}");
}

#[test]
fn where_nothing_is_there_it_says_so() {
    let lab = Lab::new();
    let text = lab.ok(&["--report"]).stdout;
    assert!(text.starts_with("Nothing is logged yet"), "{text}");
    assert_eq!(lab.files(), Vec::<String>::new());
    let (_, document) = lab.json(&["--report"]);
    assert_eq!(
        document["report"]["total"]["mean_wait_seconds"],
        Value::Null
    );
}
