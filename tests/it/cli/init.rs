//! `--init`: makes the state, or reconciles it with a changed config, and never forgets a task.

use super::*;

const TWO: &str = "
[[server]]
name = 'a'
gpus = 4
cpus = 16
[[server]]
name = 'b'
gpus = 4
cpus = 16
";

/// Two servers, `ta` holding GPU 0 to 1 and 8 CPUs of `a`, `tb` GPU 3 and 4 CPUs of `b`.
fn busy() -> Lab {
    let lab = Lab::with_config(TWO);
    lab.ok(&["--allocate", "ta", "2", "8"]);
    lab.ok(&[
        "--allocate",
        "tb",
        "--gpu-ids",
        "3",
        "--cpus",
        "4",
        "--prefer-server",
        "b",
    ]);
    lab
}

fn names(lab: &Lab) -> Vec<String> {
    let state = lab.state();
    let servers = state["servers"].as_array().unwrap();
    for (position, server) in servers.iter().enumerate() {
        assert_eq!(server["server_id"], position, "{state}");
    }
    let name = |server: &Value| server["server_name"].as_str().unwrap().to_owned();
    servers.iter().map(name).collect()
}

#[test]
fn it_makes_the_state_and_prints_its_absolute_path() {
    let lab = Lab::new();
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains(&lab.shown(STATE)), "{ran:?}");
    assert_eq!(names(&lab).len(), 4);
    assert_eq!(
        lab.server(3)["available_gpus"],
        json!([0, 1, 2, 3, 4, 5, 6, 7])
    );
    assert_eq!(lab.server(3)["available_cpus"], 64);
    assert_eq!(lab.state()["version"], "0.1");
}

#[test]
fn again_with_the_same_config_it_says_so_and_changes_nothing() {
    let lab = busy();
    let before = lab.state_text();
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains("nothing changed"), "{ran:?}");
    assert_eq!(lab.state_text(), before);
}

#[test]
fn grown_servers_and_new_ones_are_added() {
    let lab = busy();
    let grown = TWO.replacen("gpus = 4\ncpus = 16", "gpus = 6\ncpus = 20", 1);
    lab.write(
        "config.toml",
        grown + "[[server]]\nname = 'c'\ngpus = 1\ncpus = 2\n",
    );
    let ran = lab.ok(&["--init"]);
    for change in ["a: 4 → 6 GPUs", "a: 16 → 20 CPUs", "+ c: 1 GPUs, 2 CPUs"] {
        assert!(ran.stdout.contains(change), "{change}: {ran:?}");
    }
    assert_eq!(names(&lab), ["a", "b", "c"]);
    assert_eq!(lab.tasks(), ["ta", "tb"]);
    let a = lab.server(0);
    assert_eq!(a["available_gpus"], json!([2, 3, 4, 5]));
    assert_eq!(
        (&a["total_gpus"], &a["total_cpus"]),
        (&json!(6), &json!(20))
    );
    assert_eq!(a["available_cpus"], 12);
}

#[test]
fn what_is_free_is_taken_away() {
    let lab = busy();
    lab.write(
        "config.toml",
        TWO.replacen("gpus = 4\ncpus = 16", "gpus = 2\ncpus = 8", 1),
    );
    lab.ok(&["--init"]);
    let a = lab.server(0);
    assert_eq!(a["available_gpus"], json!([]));
    assert_eq!(a["available_cpus"], 0);
    assert_eq!(lab.tasks(), ["ta", "tb"]);
    // And it can come back.
    lab.write("config.toml", TWO);
    lab.ok(&["--init"]);
    assert_eq!(lab.server(0)["available_gpus"], json!([2, 3]));
    assert_eq!(lab.server(0)["available_cpus"], 8);
}

#[test]
fn what_is_in_use_is_not_taken_away() {
    let without_b = TWO
        .split("[[server]]\nname = 'b'")
        .next()
        .unwrap()
        .to_owned();
    for (config, task, server) in [
        (TWO.replacen("gpus = 4", "gpus = 1", 1), "ta", "a"),
        (TWO.replacen("cpus = 16", "cpus = 7", 1), "ta", "a"),
        // GPU 3 is the one in use, so even one less is too few.
        (TWO.replace("'b'\ngpus = 4", "'b'\ngpus = 3"), "tb", "b"),
        (without_b, "tb", "b"),
        // To rename is to take away.
        (TWO.replace("'b'", "'c'"), "tb", "b"),
    ] {
        let lab = busy();
        lab.write("config.toml", &config);
        let ran = lab.refused(3, "insufficient", &["--init"]);
        assert!(
            ran.stderr.contains(&format!("{server}: {task}\n")),
            "{config}: {ran:?}"
        );
        // Once the task is gone there is nothing in the way.
        lab.ok(&["--release", task]);
        lab.ok(&["--init"]);
    }
}

#[test]
fn all_tasks_in_the_way_are_named() {
    let lab = busy();
    lab.write(
        "config.toml",
        "[[server]]\nname = 'z'\ngpus = 1\ncpus = 1\n",
    );
    let ran = lab.refused(3, "insufficient", &["--init"]);
    for line in ["a: ta\n", "b: tb\n"] {
        assert!(ran.stderr.contains(line), "{ran:?}");
    }
}

#[test]
fn servers_match_by_name_whatever_their_order() {
    let lab = busy();
    let (a, b) = TWO.split_at(TWO.rfind("[[server]]").unwrap());
    lab.write("config.toml", format!("{b}{a}"));
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains("order"), "{ran:?}");
    assert_eq!(names(&lab), ["b", "a"]);
    assert_eq!(lab.tasks(), ["tb", "ta"]);
    assert_eq!(lab.server(0)["available_gpus"], json!([0, 1, 2]));
    // The new first one is now the first to be tried.
    assert_eq!(lab.grant(&["t", "1", "1"])[0], "b");
}

#[test]
fn an_empty_server_can_be_removed() {
    let lab = busy();
    lab.ok(&["--release", "ta"]);
    lab.write(
        "config.toml",
        "[[server]]\nname = 'b'\ngpus = 4\ncpus = 16\n",
    );
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains("- a"), "{ran:?}");
    assert_eq!(names(&lab), ["b"]);
    assert_eq!(lab.tasks(), ["tb"]);
}

#[test]
fn draining_keeps_what_runs() {
    let lab = busy();
    lab.write(
        "config.toml",
        TWO.replacen("cpus = 16", "cpus = 16\ndrain = true", 1),
    );
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains("a: draining"), "{ran:?}");
    assert_eq!(lab.tasks(), ["ta", "tb"]);
    assert_eq!(lab.grant(&["t", "1", "1"])[0], "b");
    assert!(lab.ok(&["--status"]).stdout.contains("a (draining)"));
    lab.ok(&["--release", "ta"]);
    lab.write("config.toml", TWO);
    lab.ok(&["--init"]);
    assert_eq!(lab.grant(&["u", "1", "1"])[0], "a");
}

/// What gpumgr adds to v0.1's layout is absent where it is not used.
#[test]
fn a_server_that_drains_no_longer_is_written_as_v01_wrote_it() {
    let lab = busy();
    lab.write(
        "config.toml",
        TWO.replacen("cpus = 16", "cpus = 16\ndrain = true", 1),
    );
    lab.ok(&["--init"]);
    assert_eq!(lab.server(0)["drain"], true);
    lab.write("config.toml", TWO);
    lab.ok(&["--init"]);
    assert_eq!(lab.server(0).get("drain"), None);
}

#[test]
fn without_any_config_an_existing_state_is_left_alone() {
    let lab = busy();
    let before = lab.state_text();
    std::fs::remove_file(lab.join("config.toml")).unwrap();
    let ran = lab.ok(&["--init"]);
    assert!(ran.stdout.contains("nothing changed"), "{ran:?}");
    assert_eq!(lab.state_text(), before);
    // Nor is there anything to hint at.
    assert_eq!(lab.ok(&["--status"]).stderr, "");
}

/// The config says that there is room, the state that there is not: what to do is `--init`.
#[test]
fn a_refusal_that_the_config_would_not_expect_names_init() {
    let lab = Lab::with_config(TWO);
    lab.ok(&["--init"]);
    lab.write("config.toml", TWO.replace("gpus = 4", "gpus = 8"));
    let ran = lab.refused(2, "impossible", &["--allocate", "t", "8"]);
    assert!(ran.stderr.contains("gpumgr --init"), "{ran:?}");
    lab.write("config.toml", TWO.replace("name = 'b'", "name = 'c'"));
    let ran = lab.refused(2, "usage", &["--allocate", "t", "--prefer-server", "c"]);
    assert!(ran.stderr.contains("gpumgr --init"), "{ran:?}");
}

#[test]
fn a_damaged_state_is_refused_and_left() {
    let lab = Lab::new();
    lab.write(STATE, "{\"servers\": [");
    lab.refused(1, "damaged_state", &["--init"]);
    lab.write(
        STATE,
        r#"{"servers": [], "last_updated": "2025-11-04T10:30:05", "version": "9"}"#,
    );
    lab.refused(1, "newer_state", &["--init"]);
}

#[test]
fn whoever_makes_the_state_says_where() {
    for arguments in [
        &["--init"] as &[&str],
        &["--allocate", "t"],
        &["--reset", "--yes"],
    ] {
        let lab = Lab::new();
        let ran = lab.ok(&[arguments, &["--state", "other.json"]].concat());
        let shown = lab.shown("other.json");
        assert!((ran.stdout + &ran.stderr).contains(&shown), "{arguments:?}");
        assert!(lab.join("other.json").is_file());
    }
    // An allocation's result is its own, so the note stands on stderr, also where stdout is
    // another program's.
    for output in ["--json", "--export"] {
        let lab = Lab::new();
        let ran = lab.ok(&["--allocate", "t", output, "--quiet"]);
        assert!(ran.stderr.contains(&lab.shown(STATE)), "{output}: {ran:?}");
    }
}

/// In such a folder only the owner of a file can replace it.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_shared_is_warned_of() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    set_permissions(lab.path(), Permissions::from_mode(0o1777)).unwrap();
    let ran = lab.ok(&["--init", "--quiet"]);
    assert!(ran.stderr.contains("sticky"), "{ran:?}");
    assert_eq!(lab.ok(&["--status"]).stderr, "");
}
