//! Growing, shrinking and making room.

use super::{Monitor, SCALING, Workshop, scaling, uses};
use crate::programs::{COMMAND, end, lives, send};
use crate::support::happens;
use nix::sys::signal::Signal;
use std::process::Stdio;

#[test]
fn full_use_grows_a_program_and_starts_it_on_the_right_devices() {
    let shop = scaling("max_gpus = 3\n");
    shop.ok(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    uses(&shop, [100, 0, 0, 0]);
    let _monitor = Monitor::of(&shop);
    // The second GPU is not used until the program has begun on both.
    shop.has_begun("t", 2);
    uses(&shop, [100; 4]);
    assert!(happens(|| shop.gpus("t") == Some(vec![0, 1, 2])));
    let began = |list: &str| format!("began {list} --gpus {list}");
    let expected = [
        began("0"),
        "saved".to_owned(),
        began("0,1"),
        "saved".to_owned(),
        began("0,1,2"),
    ];
    assert!(
        happens(|| shop.notes("t") == expected),
        "{:?}",
        shop.notes("t")
    );
    let task = shop.task("t").unwrap();
    assert_eq!(task["program"]["automatic_gpus"], 2);
    assert_eq!(task["allocated_cpus"], 12);
    // One GPU at a time, and no further.
    let grown = shop
        .told("t")
        .into_iter()
        .filter(|(did, _)| did == "scale_up")
        .count();
    assert_eq!(grown, 2);
}

#[test]
fn a_starved_program_shrinks_and_what_it_leaves_is_free() {
    let shop = scaling("");
    uses(&shop, [0; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "3"]);
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.gpus("t") == Some(vec![0])));
    assert!(happens(|| {
        let notes = shop.notes("t");
        notes.last().is_some_and(|note| note == "began 0 --gpus 0")
    }));
    assert_eq!(shop.task("t").unwrap()["allocated_cpus"], 4);
    shop.ok(&["--allocate", "other", "3"]);
    // Nothing more is taken from it.
    let told = shop.told("t");
    assert_eq!(
        told.iter().filter(|(did, _)| did == "scale_down").count(),
        2
    );
    assert_eq!(told.iter().filter(|(did, _)| did == "vacate").count(), 2);
}

#[test]
fn a_gpu_that_is_to_be_left_is_nobodys_before_the_program_has_left_it() {
    let script =
        "trap 'while ! [ -e go ]; do sleep 0.05; done; exit' TERM; while :; do sleep 0.05; done";
    let shop = Workshop::with("auto_scale = true", "command = \"sh script.sh\"", SCALING);
    shop.machine.lab().write("script.sh", script);
    uses(&shop, [0; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    let _monitor = Monitor::of(&shop);
    let leaving = || {
        shop.task("t")
            .is_some_and(|task| !task["program"]["leaving_gpus"].is_null())
    };
    assert!(happens(leaving));
    assert_eq!(shop.run(&["--allocate", "eager", "1"]).code, 3);
    shop.machine.lab().write("go", "");
    assert!(happens(|| shop.run(&["--allocate", "next", "1"]).code == 0));
}

#[test]
fn use_in_between_leaves_a_program_as_it_is() {
    let shop = scaling("");
    uses(&shop, [55; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "2"]);
    let _monitor = Monitor::of(&shop);
    shop.ok(&["--start-program", "other"]);
    // The other one grows, of which the first could have had its part as well.
    uses(&shop, [55, 55, 100, 100]);
    assert!(happens(|| shop.gpus("other") == Some(vec![2, 3])));
    shop.has_begun("t", 1);
    assert_eq!(shop.notes("t").len(), 1);
}

#[test]
fn without_auto_scale_nothing_grows_or_shrinks() {
    let shop = Workshop::with("", COMMAND, SCALING);
    uses(&shop, [0, 0, 100, 100]);
    shop.ok(&["--start-program", "t", "--gpus", "2"]);
    shop.ok(&["--start-program", "u"]);
    let _monitor = Monitor::of(&shop);
    // So that as many rounds as would have been enough are over: it frees what lapses.
    for round in 0..4 {
        let task = format!("short{round}");
        shop.ok(&["--allocate", &task, "1", "--ttl", "1s"]);
        assert!(happens(
            || shop.was_told(&task, "free", "") || shop.task(&task).is_none()
        ));
    }
    shop.has_begun("t", 1);
    shop.has_begun("u", 1);
    assert_eq!((shop.notes("t").len(), shop.notes("u").len()), (1, 1));
}

#[test]
fn who_waits_gets_the_surplus_of_programs_in_full_use_too() {
    let shop = scaling("");
    uses(&shop, [100; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    let _monitor = Monitor::of(&shop);
    let waits = [
        "--run",
        "w",
        "2",
        "--wait",
        "--",
        "sh",
        "-c",
        "echo $CUDA_VISIBLE_DEVICES > got",
    ];
    let mut waits = shop.machine.command(&waits);
    let mut waits = waits.stderr(Stdio::null()).spawn().unwrap();
    assert!(waits.wait().unwrap().success());
    assert_eq!(shop.machine.lab().read("got"), "2,3\n");
    assert!(shop.was_told("t", "scale_down", "makes room"));
    // Once nobody waits it grows again.
    assert!(happens(|| shop.gpus("t") == Some(vec![0, 1, 2, 3])));
}

#[test]
fn the_caps_hold_for_what_grows() {
    let shop = Workshop::with(
        "auto_scale = true",
        COMMAND,
        &format!("{SCALING}[limits]\nmax_auto_gpus = 1\n"),
    );
    uses(&shop, [100; 4]);
    shop.ok(&["--start-program", "t"]);
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.gpus("t") == Some(vec![0, 1])));
    assert!(happens(|| shop.notes("t").len() == 3));
    shop.ok(&["--start-program", "u"]);
    let (_, program) = shop.pids("u");
    assert!(happens(|| shop
        .machine
        .lab()
        .read("said")
        .matches("u  s")
        .count()
        > 0
        || lives(program)));
    assert_eq!(shop.gpus("u"), Some(vec![2]));
    assert_eq!(shop.gpus("t"), Some(vec![0, 1]));
}

/// Its supervisor is stopped when it is to act, and killed before it does.
fn interrupted(shop: &Workshop, percent: u32, action: &str) -> u32 {
    let (supervisor, program) = shop.pids("t");
    send(supervisor, Signal::SIGSTOP);
    uses(shop, [percent; 4]);
    let monitor = Monitor::of(shop);
    assert!(happens(|| shop.was_told("t", action, "")));
    monitor.kill();
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    program
}

#[test]
fn a_change_that_a_killed_supervisor_owes_is_made_by_the_next_one() {
    let shop = scaling("");
    uses(&shop, [55; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "3"]);
    interrupted(&shop, 0, "scale_down");
    assert!(shop.task("t").unwrap()["program"]["leaving_gpus"].is_array());
    uses(&shop, [55; 4]);
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| shop.gpus("t") == Some(vec![0, 1])));
    let saved = ["began 0,1,2 --gpus 0,1,2", "saved", "began 0,1 --gpus 0,1"];
    assert!(
        happens(|| shop.notes("t") == saved),
        "{:?}",
        shop.notes("t")
    );
    let shop = scaling("");
    uses(&shop, [55; 4]);
    shop.ok(&["--start-program", "t"]);
    interrupted(&shop, 100, "scale_up");
    uses(&shop, [55; 4]);
    let _monitor = Monitor::of(&shop);
    let saved = ["began 0 --gpus 0", "saved", "began 0,1 --gpus 0,1"];
    assert!(
        happens(|| shop.notes("t") == saved),
        "{:?}",
        shop.notes("t")
    );
}

#[test]
fn a_program_that_fails_while_it_is_to_leave_a_gpu_leaves_it() {
    let shop = scaling("");
    shop.configure(
        "auto_scale = true",
        &format!("retries = 3\nretry_delay = \"50ms\"\n{COMMAND}"),
        SCALING,
    );
    uses(&shop, [55; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "3"]);
    let (supervisor, program) = shop.pids("t");
    send(supervisor, Signal::SIGSTOP);
    uses(&shop, [0; 4]);
    let monitor = Monitor::of(&shop);
    assert!(happens(|| shop.was_told("t", "scale_down", "")));
    monitor.kill();
    end(program);
    send(supervisor, Signal::SIGCONT);
    assert!(happens(|| shop.gpus("t") == Some(vec![0, 1])));
    assert!(happens(
        || shop.notes("t").last().unwrap() == "began 0,1 --gpus 0,1"
    ));
}
