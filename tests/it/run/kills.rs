//! Kills, at any moment.

use super::{
    Running, STAYS, Victim, assert_freed_by_the_next, assert_held, assert_tidy, shown, small,
    written,
};
use crate::crowd::assert_agrees;
use crate::support::{Lab, happens};
use nix::sys::signal::Signal;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_killed_command_is_given_back_at_once() {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    assert_held(&lab);
    command.kill();
    let ran = run.ends();
    assert_eq!(ran.code, 128 + Signal::SIGKILL as i32, "{ran:?}");
    assert_eq!(written(&lab), [""; 0]);
    assert_tidy(&lab);
}

#[test]
fn a_command_whose_gpumgr_is_killed_keeps_what_it_has() {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    assert_held(&lab);
    assert!(!command.is_gone());
    command.kill();
    let next = assert_freed_by_the_next(&lab);
    assert!(
        next.stderr.contains("GPUs 0,1): its process had ended"),
        "{next:?}"
    );
}

/// What it started in the background is part of it.
#[test]
fn so_does_what_the_command_started() {
    let lab = small();
    let leaves = "sh -c 'echo $$ > pid; exec sleep 600' & echo $$ > main; exec sleep 600";
    let run = Running::all_of(&lab, &["sh", "-c", leaves]);
    let command = Victim::noted(&lab, "main");
    let part = Victim::noted(&lab, "pid");
    run.kill();
    command.kill();
    assert_held(&lab);
    part.kill();
    assert_freed_by_the_next(&lab);
}

#[test]
fn both_killed_are_freed_by_the_next() {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    command.kill();
    assert_freed_by_the_next(&lab);
}

/// Who looks is told before somebody acts.
#[test]
fn what_has_ended_is_shown_before_it_is_freed() {
    let lab = small();
    let run = Running::all_of(&lab, &["sh", "-c", STAYS]);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    command.kill();
    let before = lab.state_text();
    for action in ["--status", "--detail"] {
        let shown = lab.ok(&[action]).stdout;
        assert!(
            shown.contains("t: its process has ended"),
            "{action}: {shown}"
        );
    }
    assert_eq!(lab.state_text(), before);
}

/// How many are killed, over all threads.
const KILLS: usize = 300;
const KILLERS: usize = 4;

/// Holds a lock per GPU, which the kernel drops with it: somebody else who gets it too is noticed.
const WATCHED: &str = "exec 9> gpu-$GPUMGR_GPUS; flock -n 9 || echo $GPUMGR_TASK_ID >> clash; \
                       exec sleep 0.02";

#[test]
fn whatever_moment_one_is_killed_at_nothing_is_lost_or_granted_twice() {
    let lab = small();
    let start = Instant::now();
    lab.ok(&["--run", "--", "sh", "-c", WATCHED]);
    let usual = start.elapsed();
    let killed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for killer in 0..KILLERS {
            let (lab, killed) = (&lab, &killed);
            scope.spawn(move || kill_often(lab, killer, usual, killed));
        }
    });
    assert!(
        !lab.join("clash").exists(),
        "granted twice: {}",
        lab.read("clash")
    );
    assert!(happens(|| shown(&lab).is_empty()), "{:?}", lab.state());
    lab.ok(&["--allocate", "all", "2", "8"]);
    assert_eq!(written(&lab), ["all"]);
    assert_tidy(&lab);
}

fn kill_often(lab: &Lab, killer: usize, usual: Duration, killed: &AtomicUsize) {
    // Each its own seed, the same in each run.
    let mut random = 0x9E37_79B9_7F4A_7C15 ^ (killer as u64 + 1);
    for round in 0.. {
        if killed.load(Ordering::Relaxed) >= KILLS {
            return;
        }
        assert!(round < KILLS * 20, "hardly any is killed");
        // Xorshift: any spread of moments does.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = usual * u32::try_from(random % 100).unwrap() / 80;
        let together = random.is_multiple_of(3);
        if run_and_kill(lab, &format!("k-{killer}-{round}"), moment, together) {
            killed.fetch_add(1, Ordering::Relaxed);
        }
        assert_agrees(&lab.state());
    }
}

/// Kills gpumgr after that time, alone or with its command; false if it was quicker.
fn run_and_kill(lab: &Lab, task: &str, after: Duration, together: bool) -> bool {
    let mut command = lab.command(&["--run", task, "1", "4", "--", "sh", "-c", WATCHED]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    thread::sleep(after);
    if together {
        let group = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        // It may have ended.
        let _ = nix::sys::signal::killpg(group, Signal::SIGKILL);
    }
    child.kill().unwrap();
    match child.wait().unwrap().code() {
        None => true,
        Some(code) => {
            assert!([0, 125].contains(&code), "{task}: {code}");
            false
        }
    }
}
