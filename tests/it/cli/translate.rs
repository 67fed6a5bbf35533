//! `--check-config old.json`: the manager guide's config as TOML.

use super::*;
use std::fs;
use std::path::Path;

/// The guide's own examples, as they stand there.
fn guide(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/guide");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// What becomes of this, which must load; and what it means then.
fn translated(json: &str) -> (String, Ran, Value) {
    let lab = Lab::new();
    lab.write("old.json", json);
    let ran = lab.ok(&["--check-config", "old.json"]);
    assert_eq!(lab.files(), ["old.json"]);
    lab.write("translated.toml", &ran.stdout);
    let (code, means) = lab.json(&["--check-config", "--config", "translated.toml"]);
    assert_eq!(code, 0, "{means}");
    (ran.stdout.clone(), ran, means)
}

#[test]
fn the_guides_config_becomes_toml_that_means_the_same() {
    let (toml, ran, means) = translated(&guide("basic.json"));
    assert_eq!(means["limits"]["max_gpus_per_task"], 4);
    assert_eq!(
        means["program"]["command"],
        json!(["python", "train.py", "--gpus", "{gpu_list}"])
    );
    assert_eq!(
        means["program"]["env_vars"],
        json!({ "CUDA_VISIBLE_DEVICES": "{gpu_list}" })
    );
    assert_eq!(means["monitor"]["interval_seconds"], 5.0);
    let scaling = &means["monitor"]["scaling"];
    assert_eq!(
        (&scaling["min_gpus"], &scaling["max_gpus"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(scaling["scale_up_percent"], 80.0);
    assert_eq!(scaling["scale_down_percent"], 30.0);
    // As a person would write it.
    let order = [
        "monitor_interval = 5\n",
        "\n[limits]\n",
        "\n[program_template]\n",
        "\n[scaling]\n",
    ];
    let places: Vec<_> = order.iter().map(|part| toml.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{toml}");
    assert!(!ran.stderr.contains("Left out"), "{ran:?}");
    assert!(ran.stderr.contains("--detect"), "{ran:?}");
}

#[test]
fn the_guides_other_examples_do_so_too() {
    let (_, _, means) = translated(&guide("program.json"));
    let command = means["program"]["command"].as_array().unwrap();
    assert_eq!(command.len(), 10);
    assert_eq!(command[9], "200");
    assert_eq!(means["program"]["env_vars"]["CUDA_LAUNCH_BLOCKING"], "1");
    let (toml, _, means) = translated(&guide("scaling.json"));
    assert!(toml.contains("max_gpus = 8\n"), "{toml}");
    // The guide says so itself: without auto_scale nothing scales.
    assert_eq!(means["monitor"]["scaling"], Value::Null);
    let (_, _, means) = translated(&guide("notification.json"));
    assert_eq!(means["notification"]["mail"]["email"], "user@example.org");
    assert_eq!(means["notification"]["gpu_available_threshold"], 1);
}

#[test]
fn caps_go_under_limits_and_the_prefix_to_the_top() {
    let (toml, _, means) = translated(
        r#"{
            /* a block */ "max_total_gpus": 8, "max_manual_gpus": 6, // a line
            "task_prefix": "NDFS_", "server": [{"name": "s", "gpus": 2, "cpus": 4, "host": null}],
            "max_auto_gpus": 2, "max_gpus_per_task": null,
            "notification": {"enabled": true, "smtp_port": 25, "email": "a@b", "smtp_user": null,},
        }"#,
    );
    assert!(
        toml.contains("\n[limits]\nmax_total_gpus = 8\nmax_manual_gpus = 6\nmax_auto_gpus = 2\n")
    );
    assert_eq!(means["limits"]["max_total_gpus"], 8);
    assert_eq!(means["limits"]["max_auto_gpus"], 2);
    assert_eq!(means["limits"]["max_gpus_per_task"], Value::Null);
    assert_eq!(means["task_prefix"], "NDFS_");
    assert_eq!(means["servers"][0]["host"], Value::Null);
    assert_eq!(means["notification"]["mail"]["smtp_port"], 25);
}

/// Saved as `config.toml` it is gpumgr's own, and not another program's.
#[test]
fn what_is_saved_as_the_config_of_a_folder_is_found_there() {
    let lab = Lab::new();
    lab.write("old.json", guide("basic.json"));
    // As the shell leaves it for what is printed into it.
    lab.write("config.toml", "");
    let ran = lab.ok(&["--check-config", "old.json"]);
    assert!(!ran.stderr.contains("Passed over"), "{ran:?}");
    lab.write("config.toml", ran.stdout);
    let ran = lab.ok(&["--check-config"]);
    assert!(ran.stdout.contains(&lab.shown("config.toml")), "{ran:?}");
    assert!(ran.stdout.contains("python train.py"), "{ran:?}");
}

#[test]
fn a_key_that_nobody_knows_is_left_out_and_told() {
    let json = r#"{"log_levle": "info", "cluster_name": {"deep": {"deeper": [1, null]}},
                   "scaling": {"enabled": true, "min_gpu": 1}, "scale": [{}]}"#;
    let (toml, ran, _) = translated(json);
    for key in ["log_levle", "cluster_name", "scaling.min_gpu", "scale"] {
        assert!(
            toml.contains(&format!("# unknown: {key}\n")),
            "{key}: {toml}"
        );
        assert!(ran.stderr.contains(key), "{key}: {ran:?}");
    }
    assert!(ran.stderr.contains("did you mean min_gpus?"), "{ran:?}");
    assert!(!toml.contains("deep"), "{toml}");
    let lab = Lab::new();
    lab.write("old.JSON", json);
    let (code, document) = lab.json(&["--check-config", "old.JSON"]);
    assert_eq!((code, &document["toml"]), (0, &json!(toml)));
    let mut unknown: Vec<_> = document["unknown"].as_array().unwrap().iter().collect();
    unknown.sort_by_key(|key| key.to_string());
    assert_eq!(
        unknown,
        ["cluster_name", "log_levle", "scale", "scaling.min_gpu"]
    );
    let quiet = lab.ok(&["--check-config", "old.JSON", "--quiet"]).stderr;
    assert!(quiet.contains("scale"), "{quiet}");
    assert!(!quiet.contains("--detect"), "{quiet}");
}

/// What is in quotes comes out as it went in, whatever it is.
#[test]
fn texts_come_through_whole() {
    let odd = "a 'b' \"c\" \\ \u{1b}[31m \u{9b} \u{202e} \n\t# 学習 \u{1f680}";
    let json = json!({ "program_template": {
        "command": "run", "args": [odd, "", "{task_id}"],
        "env_vars": { "A": odd, "B_2": "" },
    }});
    let (toml, ran, means) = translated(&json.to_string());
    ran.assert_sound(&toml);
    assert_eq!(
        means["program"]["command"],
        json!(["run", odd, "", "{task_id}"])
    );
    assert_eq!(means["program"]["env_vars"], json!({ "A": odd, "B_2": "" }));
}

#[test]
fn whatever_ends_otherwise_is_read_as_toml() {
    let lab = Lab::with_config("[cluster]\nservers = 1\n");
    lab.write("other.toml", "[cluster]\nservers = 3\n");
    lab.write("other.conf", "[cluster]\nservers = 2\n");
    for (file, servers) in [("other.toml", 3), ("other.conf", 2)] {
        for arguments in [
            &["--check-config", file][..],
            &["--config", file, "--check-config"],
            &["--config", file, "--check-config", file],
        ] {
            let (code, checked) = lab.json(arguments);
            assert_eq!((code, &checked["totals"]["servers"]), (0, &json!(servers)));
        }
    }
    lab.write("bad.conf", "{}");
    let ran = lab.refused(2, "config", &["--check-config", "bad.conf"]);
    assert!(ran.stderr.contains("bad.conf:1:1"), "{ran:?}");
    for other in ["other.conf", "old.json"] {
        let arguments = ["--config", "other.toml", "--check-config", other];
        let ran = lab.refused(2, "usage", &arguments);
        assert!(ran.stderr.contains("--config"), "{ran:?}");
    }
    lab.refused(2, "config", &["--check-config", "none.json"]);
    lab.refused(2, "config", &["--check-config", "none.toml"]);
    lab.refused(2, "usage", &["--check-config", ""]);
}

#[test]
fn no_other_config_is_in_the_way() {
    let lab = Lab::with_config("[cluster\n");
    lab.write("old.json", "{}");
    assert!(
        lab.ok(&["--check-config", "old.json"])
            .stdout
            .contains("state_file")
    );
}
