//! The README's examples, run as they stand.

// The examples are a shell's.
#[cfg(unix)]
mod printed;

use crate::support::Lab;
use std::fs;
use std::path::Path;

/// One fenced block: what stands behind the fence, and its lines.
struct Block {
    info: String,
    text: String,
}

fn repository(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn blocks(markdown: &str) -> Vec<Block> {
    let fenced = markdown.split("\n```").skip(1).step_by(2);
    let block = |text: &str| {
        let (info, text) = text.split_once('\n').unwrap();
        Block {
            info: info.to_owned(),
            text: format!("{text}\n"),
        }
    };
    fenced.map(block).collect()
}

#[test]
fn the_first_command_of_the_readme_allocates_on_the_example_config() {
    let lab = Lab::new();
    lab.write("config.example.toml", repository("config.example.toml"));
    let readme = repository("README.md");
    let line = readme
        .lines()
        .find_map(|line| line.strip_prefix("cargo run --release -- "))
        .unwrap();
    let arguments: Vec<_> = line
        .split(" #")
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ran = lab.ok(&arguments);
    assert!(ran.stdout.contains("Server: gpu-server-0\n"), "{ran:?}");
    assert!(
        ran.stdout.contains("export CUDA_VISIBLE_DEVICES=0,1,2,3\n"),
        "{ran:?}"
    );
}

#[test]
fn the_example_config_loads_as_it_stands_and_describes_the_default() {
    let lab = Lab::new();
    let (_, by_default) = lab.json(&["--check-config"]);
    lab.write("config.example.toml", repository("config.example.toml"));
    let (code, example) = lab.json(&["--check-config", "--config", "config.example.toml"]);
    assert_eq!(code, 0, "{example}");
    for same in [
        "servers",
        "limits",
        "lock_timeout_seconds",
        "idle_warning_seconds",
        "state",
        "task_prefix",
        "program",
        "monitor",
        "notification",
        "log",
    ] {
        assert_eq!(example[same], by_default[same], "{same}");
    }
}

/// A line that is a setting in a comment, without that. What is said of one begins otherwise.
fn uncommented(line: &str) -> Option<&str> {
    let setting = line.strip_prefix("# ")?;
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_uppercase() || c == '_';
    let key = setting.split_once(" = ").map(|(key, _)| key);
    let is_setting = key.is_some_and(|key| key.chars().all(is_key));
    (is_setting || setting.starts_with('[')).then_some(setting)
}

#[test]
fn what_the_example_config_shows_in_comments_is_valid_too() {
    let example = repository("config.example.toml");
    let (settings, limits) = example.split_once("\n[limits]").unwrap();
    let (top, shapes) = settings.split_once("[cluster]").unwrap();
    let shown: Vec<_> = example.lines().filter_map(uncommented).collect();
    let all = |text: &str| -> String {
        let line = |line| uncommented(line).unwrap_or(line);
        text.lines()
            .map(|text| line(text).to_owned() + "\n")
            .collect()
    };
    // The second shape instead of the first.
    let servers = shapes.lines().filter_map(uncommented);
    let servers: String = servers.map(|line| format!("{line}\n")).collect();
    let text = format!("{}\n{servers}\n[limits]{}", all(top), all(limits));
    for line in shown {
        assert!(text.contains(&format!("{line}\n")), "{line}");
    }
    let lab = Lab::with_config(&text);
    let (code, checked) = lab.json(&["--check-config"]);
    assert_eq!(code, 0, "{checked}");
    assert_eq!(checked["totals"]["servers"], 2);
    assert_eq!(checked["max_ttl_seconds"], 7 * 24 * 3600);
    assert_eq!(checked["environment"].as_array().unwrap().len(), 3);
    assert_eq!(checked["task_prefix"], "NDFS_");
    // The guide's figures.
    assert_eq!(checked["limits"]["max_total_gpus"], 8);
    assert_eq!(checked["limits"]["max_manual_gpus"], 6);
    assert_eq!(checked["limits"]["max_auto_gpus"], 2);
    assert_eq!(checked["program"]["command"][1], "train.py");
    assert_eq!(checked["program"]["env_vars"].as_object().unwrap().len(), 1);
    let enabled = text.replace("enabled = false", "enabled = true");
    lab.write(
        "config.toml",
        enabled.replace("auto_scale = false", "auto_scale = true"),
    );
    let (_, checked) = lab.json(&["--check-config"]);
    assert_eq!(checked["notification"]["mail"]["email"], "user@example.org");
    assert_eq!(checked["notification"]["command"], "notify-send");
    assert_eq!(checked["monitor"]["scaling"]["max_gpus"], 4);
}

#[test]
fn the_guides_config_in_the_docs_is_what_its_own_becomes() {
    let documented = blocks(&repository("docs/programs.md")).into_iter();
    let documented = documented.filter(|block| block.info == "toml guide");
    let documented: Vec<_> = documented.map(|block| block.text).collect();
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/guide/basic.json");
    let translated = Lab::new().ok(&["--check-config", guide]).stdout;
    assert_eq!(documented, [translated]);
}

#[test]
fn the_configs_in_the_docs_are_valid() {
    let documented = blocks(&repository("docs/notifications.md")).into_iter();
    let configs: Vec<_> = documented.filter(|block| block.info == "toml").collect();
    assert_eq!(configs.len(), 2);
    for Block { text, .. } in configs {
        let lab = Lab::with_config(&format!("state_file = \"s.json\"\n{text}"));
        let (code, checked) = lab.json(&["--check-config"]);
        assert_eq!(code, 0, "{checked}");
        assert!(checked["notification"].is_object(), "{checked}");
    }
}
