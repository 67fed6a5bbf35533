//! Starting a program: on what a task holds, on something new, and what keeps it from running.

use super::{Workshop, lives};
use crate::support::happens;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn it_runs_on_what_its_task_holds() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "first", "1"]);
    shop.ok(&["--allocate", "t", "2"]);
    let started = shop.json(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    assert_eq!(started["began"], "started");
    assert_eq!(started["gpu_ids"], serde_json::json!([1, 2]));
    assert_eq!(
        started["log"],
        shop.machine.lab().shown(&shop.machine.lab().log_of("t"))
    );
    let pid = u32::try_from(started["pid"].as_u64().unwrap()).unwrap();
    assert!(lives(pid));
    assert_eq!(shop.pids("t").1, pid);
    assert_eq!(shop.notes("t"), ["began 1,2 --gpus 1,2"]);
    let detail = shop.json(&["--detail"]);
    let task = &detail["servers"][0]["running_tasks"][1];
    assert_eq!(task["program"]["phase"], "running");
    assert_eq!(task["program"]["attended"], true);
    let detail = shop.ok(&["--detail"]).stdout;
    assert!(
        detail.contains("Task t: 2 GPUs on s (running)\n"),
        "{detail}"
    );
    assert!(
        detail.contains("Task first: 1 GPU on s (held)\n"),
        "{detail}"
    );
}

#[test]
fn it_runs_on_something_new_where_there_is_no_such_task() {
    let shop = Workshop::new();
    let ran = shop.ok(&["--start-program", "t", "--gpus", "3", "--cpus", "5"]);
    shop.has_begun("t", 1);
    assert!(ran.stderr.contains("Made the state file"), "{ran:?}");
    let task = shop.task("t").unwrap();
    assert_eq!(task["allocated_cpus"], 5);
    assert_eq!(shop.notes("t"), ["began 0,1,2 --gpus 0,1,2"]);
    assert_eq!(shop.run(&["--start-program", "u", "--gpus", "2"]).code, 3);
    assert_eq!(shop.run(&["--start-program", "u", "--gpus", "9"]).code, 2);
    assert!(shop.task("u").is_none());
}

#[test]
fn it_waits_for_room_in_the_queue() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "holder", "4"]);
    let arguments = ["--start-program", "t", "--gpus", "2", "--wait"];
    let mut waits = shop.machine.command(&arguments);
    let mut waits = waits
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let queued = || shop.json(&["--queue"])["queue"][0]["task_id"] == "t";
    assert!(happens(queued));
    shop.ok(&["--release", "holder"]);
    assert!(waits.wait().unwrap().success());
    shop.has_begun("t", 1);
    assert_eq!(shop.notes("t"), ["began 0,1 --gpus 0,1"]);
    // It does not live with whoever waited for it.
    assert!(lives(shop.pids("t").0));
    assert_eq!(
        shop.run(&["--start-program", "u", "--gpus", "4", "--wait", "0s"])
            .code,
        3
    );
}

#[test]
fn what_ends_at_once_is_told_with_its_last_lines() {
    let script = "for line in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $line; done >&2; exit 9";
    let shop = Workshop::of_script(script, "retries = 3");
    let ran = shop.run(&["--start-program", "t"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("ended at once, with exit code 9"),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("  line 3\n") && ran.stderr.contains("  line 12\n"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("line 2\n"), "{ran:?}");
    assert!(
        ran.stderr.contains(&shop.machine.lab().log_of("t")),
        "{ran:?}"
    );
    // What it made for the program it gives back before it says so.
    assert!(shop.task("t").is_none());
    // What was there stays.
    shop.ok(&["--allocate", "mine", "2"]);
    let ran = shop.run(&["--start-program", "mine"]);
    assert!(
        ran.code == 1 && ran.stderr.contains("still holds what it held"),
        "{ran:?}"
    );
    let mine = shop.task("mine").unwrap();
    assert_eq!((&mine["program"], &mine["lease"]), (&().into(), &().into()));
    assert_eq!(shop.gpus("mine"), Some(vec![0, 1]));
    let error = &shop.run(&["--start-program", "t", "--json"]).document()["error"];
    assert_eq!(error["kind"], "io");
}

#[test]
fn what_ends_well_at_once_is_no_failure() {
    let shop = Workshop::of_script("echo done", "");
    let ran = shop.ok(&["--start-program", "t"]);
    assert!(ran.stdout.contains("has ended already"), "{ran:?}");
    assert!(shop.task("t").is_none());
    assert_eq!(shop.ok(&["--logs", "t"]).stdout, "done\n");
}

#[test]
fn what_cannot_be_started_leaves_nothing() {
    let shop = Workshop::with("", "command = \"no-such-program\"", "");
    let ran = shop.run(&["--start-program", "t"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("Could not run no-such-program"),
        "{ran:?}"
    );
    assert!(shop.task("t").is_none());
    // A folder of logs that is none.
    fs::remove_dir_all(shop.machine.lab().join("logs")).unwrap();
    shop.machine.lab().write("logs", "");
    let ran = shop.run(&["--start-program", "t"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("/logs/"), "{ran:?}");
    assert!(shop.task("t").is_none());
}

#[test]
fn a_link_in_the_logs_place_is_not_followed() {
    let shop = Workshop::new();
    let lab = shop.machine.lab();
    lab.write("precious", "kept");
    let log = lab.join(&lab.log_of("t"));
    fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(lab.join("precious"), log).unwrap();
    assert_eq!(shop.run(&["--start-program", "t"]).code, 1);
    assert_eq!(lab.read("precious"), "kept");
    assert_eq!(shop.run(&["--logs", "t"]).code, 1);
}

#[test]
fn a_second_program_on_a_task_is_refused() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    let again = shop.run(&["--start-program", "t"]);
    assert_eq!(again.code, 6);
    shop.ok(&["--allocate", "p", "--pid", &std::process::id().to_string()]);
    assert_eq!(shop.run(&["--start-program", "p"]).code, 6);
    assert_eq!(shop.notes("t").len(), 1);
}

#[test]
fn another_users_task_is_left_alone() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "t", "1"]);
    let lab = shop.machine.lab();
    let owner = shop.task("t").unwrap()["owner"].to_string();
    let state = lab.state_text().replace(&owner, "\"somebody\"");
    lab.write("resource_status.json", state);
    assert_eq!(shop.run(&["--start-program", "t"]).code, 7);
    assert_eq!(shop.run(&["--stop-program", "t"]).code, 7);
    assert!(shop.notes("t").is_empty());
    shop.ok(&["--start-program", "t", "--force"]);
    assert_eq!(shop.run(&["--stop-program", "t"]).code, 7);
    assert_eq!(shop.run(&["--release", "t"]).code, 7);
    shop.ok(&["--stop-program", "t", "--force"]);
}

#[test]
fn a_config_without_a_program_says_what_to_write() {
    let shop = Workshop::new();
    shop.machine.configure("[cluster]\nservers = 1\n");
    let ran = shop.run(&["--start-program", "t"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("[program_template]"), "{ran:?}");
    let error = &shop.run(&["--start-program", "t", "--json"]).document()["error"];
    assert_eq!(error["kind"], "config");
}

#[test]
fn a_config_that_others_may_write_does_not_say_what_runs() {
    let shop = Workshop::new();
    let config = shop.machine.lab().join("config.toml");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = shop.run(&["--start-program", "t"]);
    assert_eq!(ran.code, 2);
    assert!(shop.notes("t").is_empty());
    // Named, it is trusted.
    shop.ok(&["--start-program", "t", "--config", "config.toml"]);
}

#[test]
fn nothing_that_whoever_starts_it_has_open_stays_open() {
    let shop = Workshop::new();
    let gpumgr = env!("CARGO_BIN_EXE_gpumgr");
    let script = format!("exec 9>held; flock -n 9 || exit 1; {gpumgr} --start-program t");
    let mut shell = std::process::Command::new("sh");
    shop.machine.isolate(shell.args(["-c", &script]));
    // Its output ends with it, though the program writes on.
    assert!(shell.output().unwrap().status.success());
    let free = std::process::Command::new("flock")
        .args(["-n", "held", "true"])
        .current_dir(shop.machine.lab().path())
        .status();
    assert!(free.unwrap().success());
    assert!(lives(shop.pids("t").1));
}

#[test]
fn what_is_asked_for_is_not_passed_over_where_the_task_is_there() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "t", "1"]);
    for asked in [&["--gpus", "3"][..], &["--ttl", "1h"], &["--gpu-ids", "2"]] {
        let ran = shop.run(&[&["--start-program", "t"], asked].concat());
        assert_eq!(ran.code, 6, "{ran:?}");
    }
    assert!(shop.notes("t").is_empty());
    shop.ok(&["--start-program", "t", "--wait"]);
}

#[test]
fn a_config_that_cannot_be_read_twice_is_read_once() {
    let shop = Workshop::new();
    let gpumgr = env!("CARGO_BIN_EXE_gpumgr");
    let script =
        format!("cat config.toml | {gpumgr} --start-program t --config /dev/stdin --state s.json");
    let mut shell = std::process::Command::new("sh");
    shop.machine.isolate(shell.args(["-c", &script]));
    assert!(shell.status().unwrap().success());
    shop.has_begun("t", 1);
    assert_eq!(shop.notes("t").len(), 1);
}
