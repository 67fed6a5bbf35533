//! Devices, calls and libraries that fail: none hides the others, blocks a command or ends it.

use super::{Driver, Machine, ids};
use crate::support::{Lab, happens, library_folder};
use std::fs;

/// Longer than any test waits.
const FOR_EVER: &str = "600000";

/// The driver's usual time to answer.
const SHORT: &str = "[gpu]\ntimeout = \"900ms\"";

#[test]
fn one_gpu_that_never_answers_keeps_none_of_the_others_waiting() {
    let machine = Machine::with_server(
        3,
        "[gpu]\ntimeout = \"3s\"",
        &format!("count 3\ngpu 1 slow {FOR_EVER}\n"),
    );
    assert_eq!(machine.granted(&["t", "2"]), [0, 2]);
    let shown = machine.ok(&["--status"]).stdout;
    assert!(
        shown.contains("GPU 1 cannot be read: it did not answer in time"),
        "{shown}"
    );
    let ran = machine.run(&["--allocate", "u"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("nvidia-smi -pm 1"), "{ran:?}");
}

#[test]
fn a_library_that_never_starts_leaves_all_unknown() {
    let machine = Machine::with_server(2, "", &format!("count 2\ninit slow {FOR_EVER}\n"));
    assert_eq!(machine.run(&["--allocate", "t"]).code, 3);
    assert_eq!(
        (machine.reason(0), machine.reason(1)),
        ("unknown".into(), "unknown".into())
    );
}

#[test]
fn the_config_says_how_long_to_wait() {
    let slow = "count 1\ninit slow 1500\n";
    let machine = Machine::with_server(1, "[gpu]\ntimeout = \"100ms\"", slow);
    assert_eq!(machine.reason(0), "unknown");
    let machine = Machine::with_server(1, "[gpu]\ntimeout = \"60s\"", slow);
    assert_eq!(machine.reason(0), "none");
}

#[test]
fn a_gpu_that_crashes_the_library_ends_no_command() {
    let machine = Machine::with_server(2, "", "count 2\ngpu 1 crash\n");
    let ran = machine.run(&["--allocate", "t"]);
    ran.assert_sound("crash");
    assert_eq!(machine.reason(1), "unknown");
    machine.becomes("count 2\n");
    machine.ok(&["--allocate", "u", "1"]);
}

#[test]
fn a_library_that_hangs_on_being_loaded_holds_nobody_up() {
    let machine = Machine::of(Driver::Hanging, "count 2\n");
    machine.configure("[cluster]\nservers = 1\ngpus_per_server = 2");
    assert_eq!(machine.reason(0), "unknown");
    assert_eq!(machine.run(&["--allocate", "t"]).code, 3);
}

#[test]
fn what_a_library_prints_disturbs_nothing() {
    let gpus = "count 2\nprints {\"Count\":0} and\\x1b[2J more\n";
    let machine = Machine::with_server(2, "", gpus);
    let ran = machine.run(&["--status", "--json"]);
    assert_eq!(
        ran.document()["servers"][0]["gpus"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(machine.granted(&["t", "2"]), [0, 1]);
}

#[test]
fn figures_that_make_no_sense_are_shown_as_they_are() {
    let gpus = "count 2\ngpu 0 power 4294967295\ngpu 0 use 4294967295\ngpu 0 temperature 4294967295\n\
                gpu 0 used 17592186044415\ngpu 0 total 17592186044415\n\
                gpu 1 draws 1 17592186044415\ngpu 1 draws 2 17592186044415\n";
    let machine = Machine::with_server(2, "", gpus);
    let ran = machine.run(&["--status"]);
    ran.assert_sound("figures");
    assert_eq!(ran.code, 0);
    assert_eq!(machine.granted(&["t"]), [1]);
}

#[test]
fn nothing_is_left_of_a_measurement_when_gpumgr_is_killed() {
    let machine = Machine::with_server(1, SHORT, "");
    let log = machine.lab.join("starts");
    machine.becomes(&format!(
        "count 1\nlog {}\ninit slow {FOR_EVER}\n",
        log.display()
    ));
    // A lock of whoever calls, which must not outlive this either.
    let lock = fs::File::create(machine.lab.join("lock")).unwrap();
    lock.lock().unwrap();
    let inherited: std::os::fd::OwnedFd = lock.try_clone().unwrap().into();
    let mut command = machine.command(&["--status"]);
    let mut gpumgr = command
        .stdin(inherited)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop((command, lock));
    assert!(happens(|| log.exists()));
    gpumgr.kill().unwrap();
    gpumgr.wait().unwrap();
    assert!(happens(|| samplers(&machine) == 0));
    fs::File::open(machine.lab.join("lock"))
        .unwrap()
        .try_lock()
        .unwrap();
}

#[test]
fn a_sampler_holds_nothing_of_whoever_calls() {
    let machine = Machine::with_server(1, SHORT, "");
    let log = machine.lab.join("starts");
    machine.becomes(&format!(
        "count 1\nlog {}\ninit slow {FOR_EVER}\n",
        log.display()
    ));
    let script = "exec 9>held; \"$0\" --status 9>&9 >/dev/null & echo $! > pid; wait";
    let mut shell = std::process::Command::new("sh");
    let gpumgr = machine.command(&[]);
    shell.args(["-c", script]).arg(gpumgr.get_program());
    let mut shell = machine.isolate(&mut shell).spawn().unwrap();
    assert!(happens(|| log.exists()));
    let held = machine.lab.join("held");
    let holders = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let is_sampler = |entry: &fs::DirEntry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains("--serve-gpu-samples")
        };
        let holds = |entry: &fs::DirEntry| {
            let open = fs::read_dir(entry.path().join("fd"))
                .into_iter()
                .flatten()
                .flatten();
            open.filter_map(|open| fs::read_link(open.path()).ok())
                .any(|path| path == held)
        };
        processes.filter(is_sampler).filter(holds).count()
    };
    assert_eq!(holders(), 0);
    shell.wait().unwrap();
}

#[test]
fn cards_that_were_asleep_go_on_waking_up_for_who_asks_next() {
    let machine = Machine::with_server(1, "[gpu]\ntimeout = \"100ms\"", "");
    let awake = machine.lab.join("awake");
    machine.becomes(&format!("count 1\nwakes {} 500\n", awake.display()));
    let ran = machine.run(&["--allocate", "t"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("try again"), "{ran:?}");
    assert!(happens(|| awake.exists()));
    // On a busy machine the next one may also come too late for 100 ms.
    assert!(happens(|| machine.run(&["--allocate", "t"]).code == 0));
    // Who waits needs not even try again.
    std::fs::remove_file(&awake).unwrap();
    machine.ok(&["--release", "t"]);
    assert_eq!(machine.granted(&["t", "--wait", "300s"]), [0]);
}

#[test]
fn a_driver_that_fails_is_unknown_and_one_that_is_not_there_changes_nothing() {
    let machine = Machine::with_server(2, "", "");
    for code in [4, 18, 999] {
        machine.becomes(&format!("count 2\ninit {code}\n"));
        assert_eq!(machine.run(&["--allocate", "t"]).code, 3, "{code}");
    }
    machine.becomes("init 9\n");
    assert_eq!(machine.granted(&["t", "2"]), [0, 1]);
    let shown = machine.ok(&["--status"]).stdout;
    assert!(!shown.contains("GPUs of"), "{shown}");
}

#[test]
fn without_a_config_gpus_that_cannot_be_counted_make_no_state() {
    let machine = Machine::with(&format!("count 2\ninit slow {FOR_EVER}\n"));
    for action in [&["--allocate", "t"][..], &["--init"], &["--reset", "--yes"]] {
        let ran = machine.run(action);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains("cannot be counted"), "{ran:?}");
    }
    let ran = machine.run(&["--run", "--", "true"]);
    assert_eq!(ran.code, 125);
    machine.ok(&["--status"]);
    assert_eq!(machine.lab.state_if_any(), None);
}

#[test]
fn what_is_the_same_of_many_gpus_is_said_once() {
    let machine = Machine::with_server(4, "", "init 4\n");
    let ran = machine.run(&["--allocate", "t"]);
    assert!(
        ran.stderr.contains("GPU 0, 1, 2, 3 cannot be read: "),
        "{ran:?}"
    );
    assert_eq!(ran.stderr.matches("cannot be read: ").count(), 1);
}

#[test]
fn a_library_that_is_none_changes_nothing() {
    let lab = Lab::with_config("[cluster]\nservers = 1\ngpus_per_server = 2\n");
    let folder = library_folder("no-library");
    for rubbish in [&b"\x7fELF rubbish"[..], b"#!/bin/sh\n", b""] {
        fs::write(folder.join("libnvidia-ml.so.1"), rubbish).unwrap();
        let variables = [("LD_LIBRARY_PATH", folder.to_str().unwrap())];
        let ran = lab.run_with(&variables, &["--allocate", "t", "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ids(&ran.document()["gpu_ids"]), [0]);
        lab.ok(&["--release", "t"]);
    }
}

#[test]
fn what_is_unknown_is_granted_where_the_books_are_trusted() {
    let keys = "[gpu]\ntrust_bookkeeping = true";
    for gpus in [
        "count 2\ngpu 0 fail all 15\n",
        "count 2\ngpu 0 fail processes 4\n",
        "init 999\n",
    ] {
        let machine = Machine::with_server(2, keys, gpus);
        assert_eq!(machine.granted(&["t", "2"]), [0, 1], "{gpus}");
    }
}

#[test]
fn each_allocation_starts_the_library_once_and_leaves_nothing_running() {
    let machine = Machine::with_server(4, "", "");
    let log = machine.lab.join("starts");
    machine.becomes(&format!("count 4\nlog {}\n", log.display()));
    let starts = || {
        machine
            .lab
            .text_if_any("starts")
            .unwrap_or_default()
            .lines()
            .count()
    };
    machine.ok(&["--allocate", "first"]);
    assert_eq!(starts(), 1);
    let fresh = Machine::with(&format!("count 4\nlog {}\n", log.display()));
    // Also where it makes the state from what it finds.
    fresh.ok(&["--allocate", "first"]);
    assert_eq!(starts(), 2);
    machine.ok(&["--allocate", "second"]);
    assert_eq!(starts(), 3);
    // Nobody waits for what this gives back.
    machine.ok(&["--release", "first"]);
    machine.ok(&["--queue"]);
    assert_eq!(starts(), 3);
    machine.ok(&["--run", "--", "true"]);
    assert_eq!(starts(), 4);
    assert_eq!(samplers(&machine), 0);
}

/// The processes that still run with this machine's library.
fn samplers(machine: &Machine) -> usize {
    let variable = format!("STANDIN={}", machine.lab.join("gpus").display());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let uses = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|other| other == variable.as_bytes())
    };
    processes.filter(uses).count()
}
