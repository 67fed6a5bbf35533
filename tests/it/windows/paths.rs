//! Where files may be.

use crate::support::{Lab, is_wine, skipped};
use std::fs;
use std::path::MAIN_SEPARATOR_STR;

#[test]
fn spaces_and_letters_of_all_languages_are_good_in_paths() {
    let lab = Lab::new();
    let folder = "機械 学習 für alle";
    fs::create_dir(lab.join(folder)).unwrap();
    let config = format!("{folder}\\設定 ファイル.toml");
    lab.write(
        &config,
        "state_file = '状態 です.json'\n[cluster]\nservers = 1\n",
    );
    let named = ["--config", &config];
    lab.ok(&[&["--allocate", "学習 1", "2", "8"][..], &named].concat());
    let (_, shown) = lab.json(&[&["--status"][..], &named].concat());
    assert_eq!(shown["totals"]["running_tasks"], 1, "{shown}");
    let state = format!("{folder}\\状態 です.json");
    assert_eq!(shown["state"], lab.shown(&state), "{shown}");
    assert!(lab.join(&state).exists());
    lab.ok(&[&["--release", "学習 1"][..], &named].concat());
}

#[test]
fn either_slash_and_a_path_of_another_kind_lead_to_one_file() {
    let lab = Lab::new();
    fs::create_dir(lab.join("a")).unwrap();
    let whole = lab.shown("a\\state.json");
    let marked = format!(r"\\?\{whole}");
    lab.ok(&["--allocate", "t", "--state", "a/state.json"]);
    for state in [
        "a\\state.json",
        ".\\a\\..\\a\\state.json",
        &whole,
        &marked,
        "A\\STATE.JSON",
    ] {
        let (_, shown) = lab.json(&["--status", "--state", state]);
        assert_eq!(shown["totals"]["running_tasks"], 1, "{state}: {shown}");
        // The system's own mark is not for users.
        let told = shown["state"].as_str().unwrap();
        assert!(told.eq_ignore_ascii_case(&whole), "{state}: {told}");
    }
}

/// Longer than what most programs of this system can open.
#[test]
fn a_long_path_is_a_path() {
    if is_wine() {
        return skipped("wine cannot say where a long path leads");
    }
    let lab = Lab::new();
    let parts: Vec<_> = (0..6)
        .map(|part| format!("{part}-{}", "x".repeat(60)))
        .collect();
    let folder = parts.join(MAIN_SEPARATOR_STR);
    fs::create_dir_all(lab.join(&folder)).unwrap();
    let state = lab.join(&folder).join("state.json");
    let state = state.to_str().unwrap();
    assert!(state.len() > 260);
    lab.ok(&["--allocate", "t", "--state", state]);
    let (_, shown) = lab.json(&["--status", "--state", state]);
    assert_eq!(shown["totals"]["running_tasks"], 1, "{shown}");
    lab.ok(&["--release", "t", "--state", state]);
    assert!(fs::metadata(state).is_ok());
}
