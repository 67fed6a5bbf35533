//! Joining the queue, being granted, taking that, leaving.

use super::*;
use crate::support::happens;
use std::process::{Child, Stdio};
use tempfile::NamedTempFile;

/// One that waits; dropping it kills it.
struct Waiter {
    process: Child,
    complained: NamedTempFile,
}

impl Waiter {
    fn joins(lab: &Lab, arguments: &[&str]) -> Self {
        let before = joined(lab);
        let complained = NamedTempFile::new().unwrap();
        let mut command = lab.command(arguments);
        command
            .stdout(Stdio::null())
            .stderr(complained.reopen().unwrap());
        let process = command.spawn().unwrap();
        let waiter = Self {
            process,
            complained,
        };
        assert!(happens(|| joined(lab) > before), "{:?}", events(lab));
        waiter
    }

    fn complained(&self) -> String {
        std::fs::read_to_string(self.complained.path()).unwrap()
    }

    fn ends(&mut self) -> i32 {
        let over = happens(|| self.process.try_wait().unwrap().is_some());
        assert!(over, "{}", self.complained());
        self.process.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn joined(lab: &Lab) -> usize {
    deeds(&events(lab))
        .iter()
        .filter(|deed| deed.starts_with("wait "))
        .count()
}

fn full() -> Lab {
    let lab = server(2, "");
    lab.ok(&["--allocate", "first", "2", "2"]);
    lab
}

#[test]
fn a_wait_is_told_from_its_beginning_to_its_grant() {
    for (how, arguments) in [
        ("allocate", &["--allocate", "w", "2", "2", "--wait"][..]),
        (
            "run",
            &["--run", "w", "2", "2", "--wait", "--", PROGRAM, "--version"],
        ),
    ] {
        let lab = full();
        let mut waiter = Waiter::joins(&lab, arguments);
        let wait = events(&lab).pop().unwrap();
        assert_eq!(
            (&wait["action"], &wait["task"]),
            (&"wait".into(), &"w".into())
        );
        assert_eq!(wait["asked_gpus"], 2);
        assert_eq!(wait["owner"], me());
        lab.ok(&["--release", "first"]);
        assert_eq!(waiter.ends(), 0);
        let all = events(&lab);
        let told = deeds(&all);
        let release = told
            .iter()
            .position(|deed| deed == "release first")
            .unwrap();
        assert!(
            told[release + 1..].contains(&"grant w".to_owned()),
            "{told:?}"
        );
        let took = all
            .iter()
            .find(|event| event["action"] == how && event["task"] == "w");
        let took = took.unwrap_or_else(|| panic!("{told:?}"));
        assert!(took["waited_seconds"].as_f64().unwrap() > 0.0, "{took}");
        assert_eq!(took["gpus"].to_string(), "[0,1]");
    }
}

/// Nothing is waited for where there is room.
#[test]
fn a_wait_without_need_is_an_allocation_like_any_other() {
    let lab = server(2, "");
    lab.ok(&["--init"]);
    let left = added(&lab, &["--allocate", "t", "1", "1", "--wait"]);
    assert_eq!(deeds(&left), ["allocate t"]);
    assert_eq!(left[0].get("waited_seconds"), None);
}

#[test]
fn leaving_the_queue_is_told_with_why() {
    let lab = full();
    let left = added(&lab, &["--allocate", "w", "1", "1", "--wait", "1s"]);
    assert_eq!(deeds(&left), ["wait w", "leave w"]);
    assert_eq!(left[1]["why"], "waited out");
    assert!(left[1]["waited_seconds"].as_f64().unwrap() >= 1.0);
    assert_eq!(last_refused(&lab)["error"], "timeout");

    let mut waiter = Waiter::joins(&lab, &["--allocate", "w", "1", "1", "--wait"]);
    let before = events(&lab).len();
    lab.ok(&["--cancel", "w"]);
    assert_eq!(waiter.ends(), 3);
    let left = events(&lab).split_off(before);
    assert_eq!(deeds(&left), ["cancel w", "leave w"]);
    assert_eq!(left[1]["why"], "cancelled");
}

#[test]
fn who_was_killed_while_it_waited_is_told_by_whoever_drops_it() {
    let lab = full();
    drop(Waiter::joins(
        &lab,
        &["--allocate", "w", "1", "1", "--wait"],
    ));
    let left = added(&lab, &["--release", "first"]);
    let told = deeds(&left);
    assert!(told.contains(&"leave w".to_owned()), "{told:?}");
    let leave = left
        .iter()
        .find(|event| event["action"] == "leave")
        .unwrap();
    assert_eq!(leave["why"], "ended");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_wait_with_a_line() {
    let lab = full();
    let arguments = ["--run", "w", "1", "1", "--wait", "--", PROGRAM, "--version"];
    let mut waiter = Waiter::joins(&lab, &arguments);
    // It is told its place once it listens.
    assert!(happens(|| waiter.complained().contains("place")));
    let before = events(&lab).len();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(waiter.process.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(waiter.ends(), 143);
    let left = events(&lab).split_off(before);
    assert_eq!(deeds(&left), ["leave w"]);
    assert_eq!(left[0]["why"], "interrupted");
    assert_eq!(last_refused(&lab)["error"], "timeout");
}
