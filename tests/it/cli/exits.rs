//! Every exit code and kind of error, and that the two belong together.

use super::*;
use fs4::FileExt;
use std::fs::File;

/// One server, on which `t` holds all.
fn full() -> Lab {
    let lab = one_server(2, 4);
    lab.ok(&["--allocate", "t", "2", "4"]);
    lab
}

#[test]
fn io_is_1() {
    let lab = Lab::new();
    let ran = lab.refused(1, "io", &["--allocate", "t", "--state", "nowhere/s.json"]);
    assert!(ran.stderr.contains("nowhere"), "{ran:?}");
    assert!(ran.stderr.contains("Make the folder"), "{ran:?}");
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[test]
fn a_damaged_or_too_new_state_is_1() {
    let sample = include_str!("../../data/v0.1-sample.json");
    let all: &[&[&str]] = &[
        &["--status"],
        &["--detail"],
        &["--allocate", "t"],
        &["--release", "task_001"],
        &["--init"],
    ];
    let contradicting = sample.replace("[0, 1, 2, 3]", "[0, 1, 2, 4]");
    let newer = sample.replace("\"0.1\"", "\"0.2\"");
    for (text, kind, needle, actions) in [
        (contradicting.as_str(), "damaged_state", "GPU 4", all),
        (&newer, "newer_state", "0.2", all),
        // Readers give v0.1 up to a second to finish its writing, so one of them will do.
        (&sample[..100], "damaged_state", "line", &all[1..]),
    ] {
        let lab = Lab::new();
        lab.write(STATE, text);
        for action in actions {
            let ran = lab.refused(1, kind, action);
            assert!(ran.stderr.contains(&lab.shown(STATE)), "{ran:?}");
            assert!(ran.stderr.contains(needle), "{ran:?}");
            assert!(ran.stderr.contains("--reset --yes"), "{ran:?}");
        }
    }
}

#[test]
fn wrong_usage_a_wrong_config_and_the_impossible_are_2() {
    let lab = full();
    lab.refused(2, "usage", &["--allocate", "u", "x"]);
    lab.refused(2, "usage", &["--allocate", "u", "0"]);
    lab.refused(2, "usage", &["--detail", "nope"]);
    lab.refused(2, "usage", &["--reset"]);
    lab.refused(2, "impossible", &["--allocate", "u", "3"]);
    lab.write("config.toml", "[cluster]\nservers = 0\n");
    lab.refused(2, "config", &["--allocate", "u"]);
}

#[test]
fn not_enough_now_is_3() {
    let lab = full();
    lab.refused(3, "insufficient", &["--allocate", "u"]);
    lab.write(
        "config.toml",
        "[cluster]\nservers = 1\ngpus_per_server = 1\n",
    );
    lab.refused(3, "insufficient", &["--init"]);
}

/// v0.1 holds the lock file, as its script does.
#[test]
fn a_lock_that_is_not_free_in_time_is_4() {
    let lab = Lab::with_config("lock_timeout = '200ms'\n[cluster]\n");
    lab.ok(&["--allocate", "t"]);
    let lock = File::open(lab.join(".resource.lock")).unwrap();
    FileExt::lock(&lock).unwrap();
    for action in [
        &["--allocate", "u"] as &[&str],
        &["--release", "t"],
        &["--init"],
        &["--reset", "--yes"],
    ] {
        let ran = lab.refused(4, "lock_timeout", action);
        assert!(
            ran.stderr.starts_with("✗ Timed out waiting for the lock\n"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains(&lab.shown(".resource.lock")), "{ran:?}");
        assert!(ran.stderr.contains("0.2s"), "{ran:?}");
        assert!(ran.stderr.contains("lock_timeout"), "{ran:?}");
        if cfg!(target_os = "linux") {
            let me = format!("PID {}", std::process::id());
            assert!(ran.stderr.contains(&me), "{ran:?}");
        }
    }
    for (language, words) in [
        ("zh", "✗ 获取锁超时\n"),
        ("ja", "✗ ロック取得タイムアウト\n"),
    ] {
        let ran = lab.run(&["--release", "t", "--lang", language]);
        assert!(ran.stderr.starts_with(words), "{ran:?}");
    }
    // Who only reads waits for nobody.
    for action in ["--status", "--detail", "--check-config"] {
        lab.ok(&[action]);
    }
    drop(lock);
    lab.ok(&["--release", "t"]);
}

/// Whoever waits is not in its own way.
#[cfg(target_os = "linux")]
#[test]
fn only_who_holds_the_lock_is_said_to_hold_it() {
    let lab = Lab::with_config("lock_timeout = '200ms'\n[cluster]\n");
    lab.ok(&["--init"]);
    let lock = File::open(lab.join(".resource.lock")).unwrap();
    FileExt::lock(&lock).unwrap();
    let ran = lab.run(&["--allocate", "t"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(ran.stderr.matches("PID").count(), 1, "{ran:?}");
}

#[test]
fn no_such_task_is_5_and_a_taken_one_6() {
    let lab = full();
    lab.refused(5, "unknown_task", &["--release", "u"]);
    lab.refused(6, "task_exists", &["--allocate", "t"]);
}

// 7 is in `owner`: it takes two users.
