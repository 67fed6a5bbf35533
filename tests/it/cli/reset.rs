//! `--reset`: starts anew, keeping what it replaces.

use super::*;

/// The files that a reset kept.
fn kept(lab: &Lab) -> Vec<String> {
    let kept = |name: &String| name.starts_with("resource_status.") && name != STATE;
    lab.files().into_iter().filter(kept).collect()
}

#[test]
fn off_a_terminal_it_needs_yes() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let ran = lab.refused(2, "usage", &["--reset"]);
    assert!(ran.stderr.contains("--yes"), "{ran:?}");
    lab.refused(2, "usage", &["--reset", "--force", "--quiet"]);
    assert_eq!(kept(&lab), Vec::<String>::new());
    assert_eq!(lab.tasks(), ["t"]);
}

#[test]
fn an_answer_in_a_pipe_is_no_answer() {
    use std::io::Write;
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let mut reset = lab
        .command(&["--reset"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // It may be gone before it could read.
    let _ = reset.stdin.take().unwrap().write_all(b"y\n");
    assert_eq!(reset.wait().unwrap().code(), Some(2));
    assert_eq!(lab.tasks(), ["t"]);
}

#[test]
fn all_tasks_are_forgotten_and_the_old_file_is_kept_under_a_dated_name() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t1", "2", "8"]);
    lab.ok(&["--allocate", "t2", "1", "8"]);
    let before = lab.state_text();
    let ran = lab.ok(&["--reset", "--yes"]);
    for task in ["t1", "t2"] {
        assert!(ran.stdout.contains(task), "{ran:?}");
    }
    let kept = kept(&lab);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let today = chrono::Local::now().format("%Y").to_string();
    assert!(kept[0].contains(&today), "{kept:?}");
    assert!(ran.stdout.contains(&lab.shown(&kept[0])), "{ran:?}");
    assert_eq!(lab.read(&kept[0]), before);
    assert_eq!(lab.tasks(), Vec::<String>::new());
    assert_eq!(
        lab.server(0)["available_gpus"],
        json!([0, 1, 2, 3, 4, 5, 6, 7])
    );
    assert_eq!(lab.server(0)["available_cpus"], 64);
}

/// Also within one second, when the dates are the same.
#[test]
fn every_reset_keeps_its_own() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    for count in 1..=4 {
        lab.ok(&["--reset", "--yes"]);
        assert_eq!(kept(&lab).len(), count);
    }
}

#[test]
fn the_state_is_laid_anew_from_the_config() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t", "8", "64"]);
    lab.write("config.toml", UNEQUAL);
    lab.ok(&["--reset", "--yes"]);
    let state = lab.state();
    assert_eq!(state["servers"].as_array().unwrap().len(), 2);
    assert_eq!(state["servers"][0]["server_name"], "small");
}

#[test]
fn it_is_the_way_out_of_a_damaged_or_too_new_file() {
    for old in [
        "",
        "{\"servers\": [",
        "\u{0}\u{0}\u{0}",
        "{\"servers\": [], \"last_updated\": \"2025-11-04T10:30:05\", \"version\": \"99.0\"}",
    ] {
        let lab = Lab::new();
        lab.write(STATE, old);
        assert_eq!(lab.run(&["--allocate", "t"]).code, 1, "{old}");
        let ran = lab.ok(&["--reset", "--yes"]);
        let kept = kept(&lab);
        assert_eq!(kept.len(), 1, "{old}: {ran:?}");
        assert_eq!(lab.read(&kept[0]), old);
        lab.ok(&["--allocate", "t"]);
    }
}

#[test]
fn without_a_state_it_makes_one_and_keeps_nothing() {
    let lab = Lab::new();
    let ran = lab.ok(&["--reset", "--yes"]);
    assert!(ran.stdout.contains(&lab.shown(STATE)), "{ran:?}");
    assert_eq!(lab.files(), [".resource.lock", "gpu_manager.log", STATE]);
}

#[test]
fn a_kept_file_can_be_put_back() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let (_, document) = lab.json(&["--reset", "--yes"]);
    let old = std::path::PathBuf::from(document["kept"].as_str().unwrap());
    std::fs::rename(&old, lab.join(STATE)).unwrap();
    lab.ok(&["--release", "t"]);
}
