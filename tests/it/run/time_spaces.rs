//! Time namespaces, in which the same process is said to have started at another moment.

use super::{
    CLOSES_ALL, Running, Victim, assert_freed_by_the_next, assert_held, is_unlocked, shown, small,
};
use crate::support::{Lab, Ran, happens, skipped};
use std::process::{Child, Command, Stdio};

fn inside(lab: &Lab, arguments: &[&str]) -> Command {
    let plain = lab.command(&[]);
    let mut command = Command::new("unshare");
    command.args(["--time", "--boottime", "100000", "--fork", "--kill-child"]);
    command.arg(plain.get_program()).args(arguments);
    lab.isolate(&mut command);
    command
}

fn ask_inside(lab: &Lab, arguments: &[&str]) -> Ran {
    Ran::of(inside(lab, arguments).output().unwrap())
}

fn can_unshare_time() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--time", "--boottime", "100000", "--fork", "true"]);
    let can = unshare.output().is_ok_and(|output| output.status.success());
    if !can {
        skipped("no time namespace may be made here");
    }
    can
}

fn sleeper() -> Child {
    let mut sleep = Command::new("sleep");
    sleep.arg("600").stdout(Stdio::null()).spawn().unwrap()
}

fn end(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

fn hold_with(pid: u32) -> Vec<String> {
    let ask = format!("--allocate t 2 8 --pid {pid}");
    ask.split(' ').map(str::to_owned).collect()
}

#[test]
fn process_named_in_time_namespace_is_seen_from_outside() {
    if !can_unshare_time() {
        return;
    }
    let (lab, process) = (small(), sleeper());
    let ask = hold_with(process.id());
    let ask: Vec<_> = ask.iter().map(String::as_str).collect();
    let held = ask_inside(&lab, &ask);
    assert_eq!(held.code, 0, "{held:?}");
    assert_held(&lab);
    end(process);
    assert_freed_by_the_next(&lab);
}

#[test]
fn process_named_outside_is_seen_from_time_namespace() {
    if !can_unshare_time() {
        return;
    }
    let (lab, process) = (small(), sleeper());
    let ask = hold_with(process.id());
    lab.ok(&ask.iter().map(String::as_str).collect::<Vec<_>>());
    let refused = ask_inside(&lab, &["--allocate", "other", "2", "8"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    end(process);
    let next = ask_inside(&lab, &["--allocate", "next", "2", "8"]);
    assert!(next.stderr.contains("Freed t ("), "{next:?}");
}

#[test]
fn run_in_time_namespace_outlives_its_gpumgr() {
    if !can_unshare_time() {
        return;
    }
    let lab = small();
    let words = ["--run", "t", "2", "8", "--", "python3", "-c", CLOSES_ALL];
    let run = Running::of(&mut inside(&lab, &words));
    let command = Victim::noted(&lab, "pid");
    run.kill();
    assert!(happens(|| is_unlocked(&lab)), "else this shows nothing");
    assert_held(&lab);
    let refused = ask_inside(&lab, &["--allocate", "other", "2", "8"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    command.kill();
    assert!(happens(|| shown(&lab).is_empty()));
    assert_freed_by_the_next(&lab);
}
