//! `--allocate`: which server, which IDs, and what is refused.

use super::*;

#[test]
fn it_says_what_it_got_and_how_to_use_and_release_it() {
    let lab = Lab::new();
    let ran = lab.ok(&["--allocate", "my_task", "4", "32"]);
    assert_eq!(
        ran.stdout,
        "Trying to allocate:
  Task ID: my_task
  GPUs: 4
  CPUs: 32

✓ Allocated!
  Server: gpu-server-0
  GPU IDs: [0, 1, 2, 3]
  GPU device string: 0,1,2,3
  CPUs: 32

To use them:
  export CUDA_VISIBLE_DEVICES=0,1,2,3

To release them:
  gpumgr --release my_task
"
    );
    assert_eq!(
        ran.stderr,
        format!(
            "Made the state file {} for v0.1's 4 servers of 8 GPUs and 64 CPUs, as there is no config\n",
            lab.shown(STATE)
        )
    );
}

#[test]
fn the_state_file_has_v01s_layout() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "my_task", "4", "32"]);
    let state = lab.state();
    assert_eq!(state["version"], "0.1");
    assert_eq!(state["servers"].as_array().unwrap().len(), 4);
    let server = lab.server(0);
    assert_eq!(server["server_id"], 0);
    assert_eq!(server["server_name"], "gpu-server-0");
    assert_eq!(server["total_gpus"], 8);
    assert_eq!(server["available_gpus"], json!([4, 5, 6, 7]));
    assert_eq!(server["total_cpus"], 64);
    assert_eq!(server["available_cpus"], 32);
    let task = &server["running_tasks"][0];
    assert_eq!(task["task_id"], "my_task");
    assert_eq!(task["allocated_gpus"], json!([0, 1, 2, 3]));
    assert_eq!(task["allocated_cpus"], 32);
    let start = task["start_time"].as_str().unwrap();
    assert!(
        chrono::DateTime::parse_from_rfc3339(start).is_ok(),
        "{start}"
    );
}

#[test]
fn quiet_leaves_the_hints_out() {
    let lab = Lab::new();
    let ran = lab.ok(&["--allocate", "t", "1", "8", "--quiet"]);
    assert!(ran.stdout.contains("✓ Allocated!"), "{ran:?}");
    assert!(!ran.stdout.contains("--release"), "{ran:?}");
}

#[test]
fn the_first_server_in_order_with_enough_of_both_is_taken() {
    let lab = Lab::with_config(UNEQUAL);
    // The small one has the GPUs, but not the CPUs.
    assert_eq!(lab.grant(&["a", "1", "9"]), json!(["large", [0], 9]));
    // It has the CPUs, but not the GPUs.
    assert_eq!(lab.grant(&["b", "3", "8"]), json!(["large", [1, 2, 3], 8]));
    assert_eq!(lab.grant(&["c", "1", "8"]), json!(["small", [0], 8]));
    // Now it has a GPU left, but no CPU, and the large one CPUs, but no GPU.
    lab.refused(3, "insufficient", &["--allocate", "d", "1", "1"]);
    lab.ok(&["--release", "c"]);
    assert_eq!(lab.grant(&["d", "2", "1"]), json!(["small", [0, 1], 1]));
}

#[test]
fn the_lowest_free_ids_are_granted_whatever_their_order_in_the_file() {
    let lab = one_server(8, 64);
    lab.ok(&["--allocate", "a", "2", "8"]);
    lab.ok(&["--allocate", "b", "3", "8"]);
    lab.ok(&["--release", "a"]);
    let shuffled = lab
        .state_text()
        .split_whitespace()
        .collect::<String>()
        .replace(
            r#""available_gpus":[0,1,5,6,7]"#,
            r#""available_gpus":[7,1,6,0,5]"#,
        );
    assert!(shuffled.contains("[7,1,6,0,5]"), "{shuffled}");
    lab.write(STATE, shuffled);
    assert_eq!(
        lab.grant(&["c", "3", "8"]),
        json!(["gpu-server-0", [0, 1, 5], 8])
    );
    assert_eq!(lab.server(0)["available_gpus"], json!([6, 7]));
}

#[test]
fn gpu_ids_are_exactly_these_on_the_first_server_where_all_are_free() {
    let lab = Lab::new();
    let first = lab.grant(&["a", "--gpu-ids", "3,1", "--cpus", "4"]);
    assert_eq!(first, json!(["gpu-server-0", [1, 3], 4]));
    assert_eq!(lab.server(0)["available_gpus"], json!([0, 2, 4, 5, 6, 7]));
    // GPU 3 is taken there; the CPUs are in proportion to two GPUs.
    assert_eq!(
        lab.grant(&["b", "--gpu-ids", "2,3"]),
        json!(["gpu-server-1", [2, 3], 16])
    );
    assert_eq!(
        lab.grant(&["c", "--gpu-ids", "0", "--prefer-server", "2"]),
        json!(["gpu-server-2", [0], 8])
    );
    // Not where it is preferred, so on the first of the others.
    assert_eq!(
        lab.grant(&["d", "--gpu-ids", "0", "--prefer-server", "2"]),
        json!(["gpu-server-0", [0], 8])
    );
}

#[test]
fn gpu_ids_that_are_taken_or_do_not_exist_are_told_apart() {
    let lab = one_server(4, 16);
    lab.ok(&["--allocate", "a", "--gpu-ids", "1,2"]);
    let taken = lab.refused(3, "insufficient", &["--allocate", "b", "--gpu-ids", "0,2"]);
    assert!(taken.stderr.contains("taken: GPUs 2;"), "{taken:?}");
    lab.refused(2, "impossible", &["--allocate", "b", "--gpu-ids", "0,4"]);
}

#[test]
fn the_preferred_server_comes_first_then_the_others_in_order() {
    let lab = Lab::with_config(UNEQUAL);
    let prefer = |task, gpus, server| lab.grant(&[task, gpus, "1", "--prefer-server", server]);
    assert_eq!(prefer("a", "1", "large"), json!(["large", [0], 1]));
    assert_eq!(prefer("b", "1", "1"), json!(["large", [1], 1]));
    assert_eq!(prefer("c", "2", "1"), json!(["large", [2, 3], 1]));
    assert_eq!(prefer("d", "1", "large"), json!(["small", [0], 1]));
}

#[test]
fn an_unknown_preferred_server_is_wrong_usage_that_names_the_known() {
    let lab = Lab::with_config(UNEQUAL);
    for server in ["nope", "2", "-1", "Large", ""] {
        let option = format!("--prefer-server={server}");
        let ran = lab.refused(2, "usage", &["--allocate", "t", &option]);
        assert!(ran.stderr.contains("small, large"), "{ran:?}");
    }
}

#[test]
fn a_name_wins_over_an_id() {
    let config = r#"
[[server]]
name = "1"
gpus = 1
cpus = 1
[[server]]
name = "0"
gpus = 1
cpus = 1
[[server]]
name = "x"
gpus = 1
cpus = 1
"#;
    let lab = Lab::with_config(config);
    assert_eq!(
        lab.grant(&["a", "--prefer-server", "0"]),
        json!(["0", [0], 1])
    );
    assert_eq!(
        lab.grant(&["b", "--prefer-server", "1"]),
        json!(["1", [0], 1])
    );
    // No server is named so: the ID.
    assert_eq!(
        lab.grant(&["c", "--prefer-server", "2"]),
        json!(["x", [0], 1])
    );
    for (asked, id) in [("0", 1), ("1", 0), ("2", 2)] {
        let (_, document) = lab.json(&["--detail", asked]);
        assert_eq!(document["servers"][0]["server_id"], id, "{asked}");
    }
}

#[test]
fn what_no_server_could_ever_meet_is_told_from_what_is_not_free_now() {
    let lab = Lab::with_config(UNEQUAL);
    let never = |arguments: &[&str]| {
        let ran = lab.refused(2, "impossible", &[&["--allocate", "t"], arguments].concat());
        assert!(
            ran.stderr
                .contains("one server: 4; the most CPUs on one server: 64"),
            "{ran:?}"
        );
    };
    never(&["5"]);
    never(&["1", "65"]);
    never(&["--gpus", "5", "--cpus", "1"]);
    lab.ok(&["--allocate", "a", "3", "60"]);
    let ran = lab.refused(3, "insufficient", &["--allocate", "t", "4", "64"]);
    assert_eq!(
        ran.stderr,
        "✗ Not enough resources free, try again later
  Asked for: GPUs 4, CPUs 64
  Nearest: large (free: GPUs 1, CPUs 4; lacking: GPUs 3, CPUs 60)
  See who holds what: gpumgr --detail
"
    );
    assert_eq!(lab.tasks(), ["a"]);
    // Impossible stays impossible while all is taken.
    never(&["5"]);
}

#[test]
fn limits_bound_what_a_task_may_ask_for() {
    let limits = "\n[limits]\nmin_gpus_per_task = 2\nmax_gpus_per_task = 3\n";
    let lab = Lab::with_config(&format!("{UNEQUAL}{limits}"));
    let below = lab.refused(2, "usage", &["--allocate", "t", "1"]);
    assert!(below.stderr.contains("min_gpus_per_task"), "{below:?}");
    lab.refused(2, "usage", &["--allocate", "t"]);
    lab.refused(2, "usage", &["--allocate", "t", "--gpu-ids", "0"]);
    let above = lab.refused(2, "impossible", &["--allocate", "t", "4"]);
    assert!(above.stderr.contains("max_gpus_per_task"), "{above:?}");
    lab.refused(
        2,
        "impossible",
        &["--allocate", "t", "--gpu-ids", "0,1,2,3"],
    );
    assert_eq!(lab.grant(&["t", "2"]), json!(["small", [0, 1], 8]));
    assert_eq!(lab.grant(&["u", "3"]), json!(["large", [0, 1, 2], 48]));
}

#[test]
fn without_limits_a_task_may_have_from_one_gpu_to_the_largest_server() {
    let lab = Lab::with_config(UNEQUAL);
    lab.refused(2, "usage", &["--allocate", "t", "0"]);
    lab.refused(2, "impossible", &["--allocate", "t", "5"]);
    assert_eq!(lab.grant(&["t", "4"]), json!(["large", [0, 1, 2, 3], 64]));
}

#[test]
fn a_draining_server_gets_nothing_new() {
    let drained = UNEQUAL.replace("name = \"large\"", "name = \"large\"\ndrain = true");
    let lab = Lab::with_config(&drained);
    lab.ok(&["--init"]);
    assert_eq!(
        lab.grant(&["a", "1", "1", "--prefer-server", "large"]),
        json!(["small", [0], 1])
    );
    // Some day it may be back, so this is not impossible.
    let ran = lab.refused(3, "insufficient", &["--allocate", "b", "4"]);
    assert!(ran.stderr.contains("draining"), "{ran:?}");
    lab.refused(3, "insufficient", &["--allocate", "b", "--gpu-ids", "3"]);
}

#[test]
fn a_task_id_is_taken_until_it_is_released() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    let ran = lab.refused(6, "task_exists", &["--allocate", "t", "2"]);
    assert!(
        ran.stderr
            .contains("Task t exists already, on gpu-server-0"),
        "{ran:?}"
    );
    lab.refused(6, "task_exists", &["--allocate", "t", "--force", "--yes"]);
    lab.ok(&["--release", "t"]);
    lab.ok(&["--allocate", "t", "2"]);
}

/// What the screen says to type must work in a shell, and do nothing else.
#[cfg(unix)]
#[test]
fn the_hint_to_release_can_be_pasted_whatever_the_tasks_name() {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_gpumgr"));
    let path = format!("{}:/usr/bin:/bin", folder.parent().unwrap().display());
    for name in [
        "it's $(touch x)",
        "a b; touch x",
        "`touch x`",
        "~",
        "$HOME",
        "学習 1",
        "a*b",
        "#",
        "a!b",
    ] {
        let lab = Lab::new();
        let said = lab.ok(&["--allocate", name]).stdout;
        let mut shell = std::process::Command::new("sh");
        let hint = said.lines().last().unwrap();
        lab.isolate(shell.args(["-c", hint])).env("PATH", &path);
        let ran = Ran::of(shell.output().unwrap());
        assert_eq!(ran.code, 0, "{hint}: {ran:?}");
        assert_eq!(lab.tasks(), Vec::<String>::new(), "{hint}");
        assert_eq!(
            lab.files(),
            [".resource.lock", "gpu_manager.log", STATE],
            "{hint}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_release_it_advises_works_as_printed_wherever_the_state_is() {
    let lab = Lab::new();
    let elsewhere = "my state's.json";
    let ran = lab.ok(&["--allocate", "a task", "--state", elsewhere]);
    let advice = ran.stdout.lines().last().unwrap().trim();
    let released = in_sh(&lab, advice);
    assert_eq!(released.code, 0, "{advice}: {released:?}");
    let again = lab.run(&["--release", "a task", "--state", elsewhere]);
    let advice = again.stderr.lines().last().unwrap();
    assert!(
        advice.ends_with("gpumgr --detail --state 'my state'\\''s.json'"),
        "{advice}"
    );
}

/// Runs a line that gpumgr printed, as a user would paste it.
#[cfg(unix)]
fn in_sh(lab: &Lab, line: &str) -> crate::support::Ran {
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let line = line.replacen("gpumgr", &format!("'{binary}'"), 1);
    let mut shell = std::process::Command::new("sh");
    lab.isolate(shell.args(["-c", &line]));
    crate::support::Ran::of(shell.output().unwrap())
}
