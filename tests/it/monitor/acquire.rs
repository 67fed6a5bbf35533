//! Programs that are started as GPUs fall free.

use super::{Monitor, SCALING, Workshop, uses};
use crate::programs::{COMMAND, end, lives, send};
use crate::support::happens;
use nix::sys::signal::Signal;
use std::process::Stdio;

fn auto(programs: &str, rest: &str) -> Workshop {
    let shop = Workshop::with(
        "",
        COMMAND,
        &format!("[auto]\nprograms = [{programs}]\n{rest}"),
    );
    shop.ok(&["--init"]);
    shop
}

#[test]
fn it_starts_what_the_config_names_as_far_as_the_cap_allows() {
    let shop = auto("\"a\", \"b\", \"c\"", "[limits]\nmax_auto_gpus = 2\n");
    let _monitor = Monitor::of(&shop);
    assert!(happens(
        || shop.notes("a").len() + shop.notes("b").len() == 2
    ));
    assert_eq!(shop.task("a").unwrap()["program"]["automatic_gpus"], 1);
    // The third gets its turn when one of them is over; who was stopped by hand is not started again.
    assert!(shop.task("c").is_none());
    shop.ok(&["--stop-program", "a"]);
    assert!(happens(|| shop.notes("c").len() == 1));
    shop.ok(&["--stop-program", "b"]);
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
    assert!(shop.task("a").is_none() && shop.task("b").is_none());
}

#[test]
fn it_waits_until_gpus_fall_free_and_never_overtakes_the_queue() {
    let shop = auto("\"a\"", "");
    shop.ok(&["--allocate", "holder", "4"]);
    let waits = [
        "--run",
        "w",
        "4",
        "--wait",
        "--",
        "sh",
        "-c",
        "touch got; while ! [ -e go ]; do sleep 0.05; done",
    ];
    let mut waits = shop.machine.command(&waits);
    let mut waits = waits.stderr(Stdio::null()).spawn().unwrap();
    assert!(happens(
        || shop.json(&["--queue"])["queue"][0]["task_id"] == "w"
    ));
    let _monitor = Monitor::of(&shop);
    shop.ok(&["--release", "holder"]);
    assert!(happens(|| shop.machine.lab().join("got").exists()));
    assert!(shop.task("a").is_none());
    shop.machine.lab().write("go", "");
    assert!(waits.wait().unwrap().success());
    assert!(happens(|| shop.notes("a").len() == 1));
}

#[test]
fn it_makes_room_at_once_and_begins_again_when_there_is_some() {
    let shop = auto("\"a\", \"b\"", "");
    let _monitor = Monitor::of(&shop);
    assert!(happens(
        || shop.notes("a").len() + shop.notes("b").len() == 2
    ));
    let waits = ["--run", "w", "4", "--wait", "--", "true"];
    let mut waits = shop.machine.command(&waits);
    assert!(waits.stderr(Stdio::null()).status().unwrap().success());
    assert!(shop.was_told("a", "stop", "makes room"));
    // They saved their work, and go on.
    assert!(happens(
        || shop.notes("a").len() == 3 && shop.notes("b").len() == 3
    ));
}

#[test]
fn it_grows_too_and_shrinks_first_for_who_waits() {
    let shop = Workshop::with(
        "auto_scale = true",
        COMMAND,
        &format!("[auto]\nprograms = [\"a\"]\n{SCALING}"),
    );
    uses(&shop, [100; 4]);
    shop.ok(&["--start-program", "mine"]);
    let _monitor = Monitor::of(&shop);
    let all = || shop.json(&["--status"])["totals"]["available_gpus"] == 0;
    assert!(happens(all));
    // What both keep settles: nothing is free, and nobody waits.
    let waits = ["--run", "w", "1", "--wait", "--", "true"];
    let mut waits = shop.machine.command(&waits);
    assert!(waits.stderr(Stdio::null()).status().unwrap().success());
    assert!(
        shop.was_told("a", "scale_down", "makes room") || shop.was_told("a", "stop", "makes room")
    );
    assert!(!shop.was_told("mine", "scale_down", "makes room"));
}

#[test]
fn what_is_done_is_not_begun_again_by_a_monitor_that_was_killed_either() {
    let shop = Workshop::with(
        "",
        "command = \"sh -c 'echo once >> ran; sleep 1.2'\"",
        "[auto]\nprograms = [\"a\"]\n",
    );
    shop.ok(&["--init"]);
    let monitor = Monitor::of(&shop);
    assert!(happens(|| shop.was_told("a", "end", "done")));
    monitor.kill();
    let monitor = Monitor::of(&shop);
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
    assert_eq!(shop.machine.lab().read("ran"), "once\n");
    drop(monitor);
    // By hand it is.
    shop.ok(&["--start-program", "a"]);
    assert_eq!(shop.machine.lab().read("ran"), "once\nonce\n");
}

#[test]
fn a_monitor_that_was_killed_starts_nothing_twice() {
    let shop = auto("\"a\"", "");
    let monitor = Monitor::of(&shop);
    assert!(happens(|| shop.notes("a").len() == 1));
    let (supervisor, program) = shop.pids("a");
    monitor.kill();
    end(supervisor);
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.pids("a").0 != supervisor));
    assert_eq!(shop.notes("a").len(), 1);
    assert!(lives(program));
}

#[test]
fn what_fails_at_once_is_tried_again_later_and_keeps_nothing() {
    let shop = Workshop::with(
        "",
        "command = \"sh -c 'echo try >> tries; exit 1'\"\nretry_delay = \"100ms\"",
        "[auto]\nprograms = [\"a\"]\n",
    );
    shop.ok(&["--init"]);
    let _monitor = Monitor::of(&shop);
    let tries = || shop.machine.lab().text_if_any("tries").unwrap_or_default();
    assert!(happens(|| tries().lines().count() >= 3));
    assert!(happens(|| shop.task("a").is_none()));
}

#[test]
fn what_a_shutdown_ended_is_started_again_and_who_is_not_is_told() {
    let shop = auto("\"a\", \"b\"", "");
    let monitor = Monitor::of(&shop);
    assert!(happens(
        || shop.notes("a").len() == 1 && shop.notes("b").len() == 1
    ));
    shop.ok(&["--stop-program", "b"]);
    monitor.kill();
    send(shop.pids("a").0, Signal::SIGTERM);
    assert!(happens(|| shop.task("a").is_none()));
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.notes("a").len() == 3));
    let said = shop.machine.lab().read("said");
    assert!(said.contains("b  is not started again"), "{said}");
    assert!(shop.task("b").is_none());
}

#[test]
fn who_waits_over_a_cap_of_their_own_keeps_nothing_from_being_started() {
    let shop = auto("\"a\"", "[limits]\nmax_manual_gpus = 1\n");
    shop.ok(&["--allocate", "mine", "1"]);
    let waits = ["--run", "w", "1", "--wait", "--", "true"];
    let mut waits = shop.machine.command(&waits);
    let mut waits = waits.stderr(Stdio::null()).spawn().unwrap();
    assert!(happens(
        || shop.json(&["--queue"])["queue"][0]["task_id"] == "w"
    ));
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.notes("a").len() == 1));
    shop.ok(&["--release", "mine"]);
    assert!(waits.wait().unwrap().success());
}

#[test]
fn ended_program_is_not_started_again_without_the_log() {
    let shop = Workshop::with(
        "",
        "command = \"sh -c 'echo once >> ran; sleep 1.2'\"",
        "[auto]\nprograms = [\"a\"]\n",
    );
    shop.ok(&["--init"]);
    let monitor = Monitor::of(&shop);
    assert!(happens(|| shop.was_told("a", "end", "done")));
    monitor.kill();
    let lab = shop.machine.lab();
    let state = lab.state();
    assert_eq!(state["auto_programs"][0]["task_id"], "a");
    assert_eq!(state["auto_programs"][0]["end"], "done");
    // As if enough had happened since to rotate it away.
    std::fs::remove_file(lab.join("gpu_manager.log")).unwrap();
    let _monitor = Monitor::of(&shop);
    let said = lab.read("said");
    assert!(
        happens(|| lab.read("said").contains("a  is not started again")),
        "{said}"
    );
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
    assert_eq!(lab.read("ran"), "once\n");
    // By hand it is, and its story begins anew.
    shop.ok(&["--start-program", "a"]);
    assert!(happens(|| shop.task("a").is_none()));
    assert_eq!(lab.read("ran"), "once\nonce\n");
    assert_eq!(lab.state()["auto_programs"][0]["end"], "done");
}
