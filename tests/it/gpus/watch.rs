//! `--watch`: the same again and again.

use super::{Machine, Stranger};
use crate::support::{Ran, happens};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

fn start(machine: &Machine, arguments: &[&str]) -> Child {
    machine
        .command(arguments)
        .stdout(File::create(machine.lab.join("shown")).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn shown(machine: &Machine) -> String {
    machine.lab.read("shown")
}

/// What the script that sits at a terminal says it saw.
fn on_terminal(machine: &Machine, what: &str) -> Ran {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/gpus/watch.py");
    let gpumgr = machine.command(&["--status", "--watch", "0.1", "--lang", "ja"]);
    let mut python = Command::new("python3");
    python
        .arg(script)
        .arg(what)
        .arg(gpumgr.get_program())
        .args(gpumgr.get_args());
    Ran::of(
        machine
            .isolate(&mut python)
            .env("TERM", "xterm")
            .output()
            .unwrap(),
    )
}

fn pictures(machine: &Machine) -> usize {
    shown(machine).matches("Ctrl-C").count()
}

fn ended_by(child: Child, signal: Signal) -> Ran {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn in_a_pipe_it_repeats_plainly_until_ctrl_c() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(2, "", "");
    let log = machine.lab.join("starts");
    machine.becomes(&format!(
        "count 2\ngpu 1 use 50\nlog {}\n{}",
        log.display(),
        stranger.on(1)
    ));
    let child = start(&machine, &["--status", "--watch", "0.1"]);
    assert!(happens(|| pictures(&machine) >= 3));
    let ended = ended_by(child, Signal::SIGINT);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let shown = shown(&machine);
    assert!(
        shown.contains("   1  ████░░░░  50%  █░░░░░░░   3.0/80.0 GiB   35°C   60 W  not granted\n"),
        "{shown}"
    );
    assert!(!shown.contains('\x1b'), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 120));
    // The library is started once for all of it.
    assert_eq!(machine.lab.read("starts").lines().count(), 1);
}

#[test]
fn it_shows_what_changed() {
    let machine = Machine::with_server(2, "", "count 2\n");
    let child = start(&machine, &["--detail", "s", "--watch", "0.1"]);
    assert!(happens(|| pictures(&machine) >= 1));
    machine.ok(&["--allocate", "newcomer"]);
    assert!(happens(|| shown(&machine).contains("newcomer")));
    machine.lab.write("resource_status.json", "{}");
    assert!(happens(|| shown(&machine).contains("is damaged")));
    fs::remove_file(machine.lab.join("resource_status.json")).unwrap();
    let now = pictures(&machine);
    assert!(happens(|| pictures(&machine) > now));
    let ended = ended_by(child, Signal::SIGTERM);
    assert_eq!(ended.code, 128 + Signal::SIGTERM as i32);
}

#[test]
fn it_ends_when_nobody_reads_any_longer() {
    let machine = Machine::with_server(1, "", "count 1\n");
    let mut child = machine
        .command(&["--status", "--watch", "0.1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(happens(|| child.try_wait().unwrap().is_some()));
}

#[test]
fn a_picture_that_cannot_be_shown_is_a_failure() {
    let machine = Machine::with_server(1, "", "count 1\n");
    let mut full = machine.command(&["--status", "--watch", "0.1"]);
    let full = full.stdout(File::create("/dev/full").unwrap());
    let ran = Ran::of(
        full.stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap(),
    );
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("Could not print the result"), "{ran:?}");
}

#[test]
fn ctrl_z_gives_the_screen_back_and_fg_takes_it_again() {
    let machine = Machine::with_server(1, "", "count 1\n");
    let ran = on_terminal(&machine, "stops");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.stdout,
        "left the screen, stopped, and took it again; exit 0\n"
    );
}

#[test]
fn on_a_terminal_it_takes_the_other_screen_and_gives_it_back() {
    let stranger = Stranger::new();
    let gpus = format!("count 2\ngpu 0 fail all 15\n{}", stranger.on(1));
    let machine = Machine::with_server(2, "", &gpus);
    let ran = on_terminal(&machine, "shows");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.stdout,
        "the other screen, 24 rows of 80 at most, and back; exit 0\n"
    );
}

#[test]
fn it_goes_with_status_and_detail_alone() {
    let machine = Machine::with_server(1, "", "count 1\n");
    for arguments in [
        &["--queue", "--watch"][..],
        &["--status", "--watch", "--json"],
        &["--status", "--watch", "0"],
        &["--status", "--watch", "soon"],
        &["--detail", "nowhere", "--watch"],
    ] {
        assert_eq!(machine.run(arguments).code, 2, "{arguments:?}");
    }
}
