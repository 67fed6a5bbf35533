//! `task_prefix`: all tasks begin alike, and are found by the rest of their names too.

use super::*;

fn prefixed() -> Lab {
    Lab::with_config("task_prefix = 'NDFS_'\n[cluster]\nservers = 1\n")
}

#[test]
fn it_is_put_before_what_does_not_begin_so() {
    let lab = prefixed();
    let (_, allocated) = lab.json(&["--allocate", "one", "1", "1"]);
    assert_eq!(allocated["task_id"], "NDFS_one");
    assert_eq!(allocated["environment"]["GPUMGR_TASK_ID"], "NDFS_one");
    let ran = lab.ok(&["--allocate", "NDFS_two", "1", "1"]);
    assert!(ran.stdout.contains("NDFS_two"), "{ran:?}");
    assert!(!ran.stdout.contains("NDFS_NDFS_"), "{ran:?}");
    assert_eq!(lab.tasks(), ["NDFS_one", "NDFS_two"]);
    for taken in ["one", "NDFS_one"] {
        let ran = lab.refused(6, "task_exists", &["--allocate", taken]);
        assert!(ran.stderr.contains("Task NDFS_one exists"), "{ran:?}");
    }
}

#[test]
fn a_task_is_found_with_and_without_it() {
    let lab = prefixed();
    for task in ["one", "two"] {
        lab.ok(&["--allocate", task, "1", "1", "--ttl", "1h"]);
    }
    let (_, renewed) = lab.json(&["--renew", "one", "--ttl", "2h"]);
    assert_eq!(renewed["task_id"], "NDFS_one");
    let (_, renewed) = lab.json(&["--renew", "NDFS_two"]);
    assert_eq!(renewed["ttl_seconds"], 3600);
    let ran = lab.ok(&["--release", "one"]);
    assert!(ran.stdout.contains("NDFS_one"), "{ran:?}");
    lab.ok(&["--release", "NDFS_two"]);
    assert_eq!(lab.tasks(), Vec::<String>::new());
}

#[test]
fn an_exact_name_comes_first() {
    let lab = prefixed();
    lab.ok(&["--allocate", "t", "1", "1"]);
    let text = lab.read("config.toml");
    lab.write("config.toml", "[cluster]\nservers = 1\n");
    lab.ok(&["--allocate", "t", "1", "1"]);
    lab.write("config.toml", text);
    assert_eq!(lab.tasks(), ["NDFS_t", "t"]);
    lab.ok(&["--release", "t"]);
    assert_eq!(lab.tasks(), ["NDFS_t"]);
    lab.ok(&["--release", "t"]);
    assert_eq!(lab.tasks(), Vec::<String>::new());
    let ran = lab.refused(5, "unknown_task", &["--release", "t"]);
    assert!(ran.stderr.contains("There is no task t\n"), "{ran:?}");
}

#[test]
fn a_name_that_becomes_too_long_is_refused_with_both() {
    let lab = prefixed();
    lab.ok(&["--allocate", &"t".repeat(123), "1", "1"]);
    let long = "t".repeat(124);
    let refused = lab.refused(2, "usage", &["--allocate", &long]);
    for part in [&long, "NDFS_", "128"] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
    lab.refused(2, "usage", &["--allocate", &long, "--wait"]);
    assert_eq!(
        lab.run(&["--run", &long, "--", env!("CARGO_BIN_EXE_gpumgr")])
            .code,
        125
    );
    // Nothing is called so, which is no mistake.
    lab.refused(5, "unknown_task", &["--release", &long]);
}

#[cfg(unix)]
#[test]
fn a_run_knows_its_full_name_also_where_it_was_given_none() {
    let lab = prefixed();
    let says = ["--", "sh", "-c", "echo $GPUMGR_TASK_ID"];
    for (named, expected) in [
        (&["t"][..], "NDFS_t\n"),
        (&["NDFS_t"], "NDFS_t\n"),
        (&[], "NDFS_sh-1\n"),
    ] {
        for wait in [&[][..], &["--wait"]] {
            let ran = lab.ok(&[&["--run"], named, wait, &says].concat());
            assert_eq!(ran.stdout, expected);
        }
    }
}

#[cfg(unix)]
#[test]
fn who_waits_has_it_and_is_cancelled_with_and_without_it() {
    use crate::support::happens;
    let lab = prefixed();
    lab.ok(&["--allocate", "held", "8", "1"]);
    for asked in ["t", "NDFS_t"] {
        let mut waiting = lab.command(&["--allocate", "t", "1", "1", "--wait"]);
        let mut waiting = waiting.stderr(std::process::Stdio::null()).spawn().unwrap();
        let waits = || lab.ok(&["--queue"]).stdout.contains("NDFS_t");
        assert!(happens(waits));
        let ran = lab.refused(5, "unknown_task", &["--release", "t"]);
        assert!(ran.stderr.contains("--cancel NDFS_t"), "{ran:?}");
        let ran = lab.refused(5, "unknown_task", &["--cancel", "held"]);
        assert!(ran.stderr.contains("NDFS_held"), "{ran:?}");
        let (code, cancelled) = lab.json(&["--cancel", asked]);
        assert_eq!((code, &cancelled["task_id"]), (0, &json!("NDFS_t")));
        assert_eq!(waiting.wait().unwrap().code(), Some(3));
    }
}
