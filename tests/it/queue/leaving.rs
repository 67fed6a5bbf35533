//! Whoever leaves is out of the queue, and holds nothing.

use super::*;

/// One who waits behind a holder and before another one leaves somehow; the other gets the room.
fn leaves(leave: impl Fn(&Lab, How, &mut Process), more: &[&str]) {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let mut leaver = how.joins(&lab, "leaver", 8, more);
        let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
        leave(&lab, how, &mut leaver);
        assert_eq!(place_and_reason(&lab, "leaver"), None);
        assert_eq!(place_and_reason(&lab, "next").unwrap().0, 1);
        lab.ok(&["--release", "holder"]);
        How::Allocate.is_granted(&lab, "next", &mut next);
        assert_eq!(holders(&lab), ["next"]);
        assert_nothing_is_left(&lab);
    }
}

#[test]
fn a_kill() {
    leaves(|_, _, leaver| leaver.kill(), &[]);
}

#[test]
fn a_cancel() {
    leaves(
        |lab, how, leaver| {
            lab.ok(&["--cancel", "leaver"]);
            let left = leaver.ends();
            assert_eq!(left.code, how.exit_when_refused(), "{left:?}");
            assert!(left.stderr.contains("leaver"), "{left:?}");
        },
        &[],
    );
}

#[test]
fn a_cancel_while_it_is_stopped() {
    leaves(
        |lab, how, leaver| {
            leaver.stop();
            lab.ok(&["--cancel", "leaver"]);
            assert_eq!(place_and_reason(lab, "leaver"), None);
            leaver.go_on();
            assert_eq!(leaver.ends().code, how.exit_when_refused());
        },
        &[],
    );
}

#[test]
fn a_time_out() {
    leaves(
        |_, how, leaver| {
            let left = leaver.ends();
            assert_eq!(left.code, how.exit_when_refused(), "{left:?}");
            assert!(left.stderr.contains("leaver"), "{left:?}");
        },
        &["--wait", "1s"],
    );
}

#[test]
fn a_time_out_in_json() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let (code, said) = lab.json(&["--allocate", "leaver", "8", "1", "--wait", "1s"]);
    assert_eq!(code, 3);
    assert_eq!(said["error"]["kind"], "timeout", "{said}");
    assert_eq!(queued(&lab), Vec::<String>::new());
    assert_eq!(holders(&lab), ["holder"]);
}

#[test]
fn a_time_out_of_nothing() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let mut leaver = how.start(&lab, "leaver", 8, &["--wait", "0s"]);
        assert_eq!(leaver.ends().code, how.exit_when_refused());
        assert_eq!(queued(&lab), Vec::<String>::new());
        lab.ok(&["--release", "holder"]);
        let mut lucky = how.start(&lab, "lucky", 8, &["--wait", "0s"]);
        how.is_granted(&lab, "lucky", &mut lucky);
    }
}

#[test]
fn the_stopped_whose_time_is_over_are_passed_over() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let mut late = how.joins(&lab, "late", 8, &["--wait", "1s"]);
        late.stop();
        // Any change notices.
        let changes = || {
            lab.ok(&["--renew", "holder", "--ttl", "1h"]);
            queued(&lab).is_empty()
        };
        assert!(happens(changes));
        late.go_on();
        assert_eq!(late.ends().code, how.exit_when_refused());
        assert_eq!(holders(&lab), ["holder"]);
        assert_nothing_is_left(&lab);
    }
}

#[test]
fn what_does_not_wait_cannot_be_cancelled() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    for task in ["holder", "nobody"] {
        let (code, said) = lab.json(&["--cancel", task]);
        assert_eq!(code, 5, "{said}");
        assert_eq!(said["error"]["kind"], "unknown_task", "{said}");
    }
    assert_eq!(holders(&lab), ["holder"]);
    let mut waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    waiter.stop();
    let (code, said) = lab.json(&["--cancel", "waiter"]);
    assert_eq!(
        (code, &said["cancelled"]),
        (0, &Value::Bool(true)),
        "{said}"
    );
    assert_eq!(lab.run(&["--cancel", "waiter"]).code, 5);
    waiter.go_on();
    assert_eq!(waiter.ends().code, 3);
}

#[cfg(unix)]
mod by_signal {
    use super::*;
    use nix::sys::signal::Signal;

    fn ended_by(signal: Signal, exit: i32) {
        leaves(
            |_, _, leaver| {
                leaver.signal(signal);
                assert_eq!(leaver.ends().code, exit, "{}", leaver.complained());
            },
            &[],
        );
    }

    #[test]
    fn an_interrupt() {
        ended_by(Signal::SIGINT, 130);
    }

    #[test]
    fn a_terminate() {
        ended_by(Signal::SIGTERM, 143);
    }

    #[test]
    fn a_hang_up() {
        ended_by(Signal::SIGHUP, 129);
    }

    #[test]
    fn a_quit() {
        ended_by(Signal::SIGQUIT, 131);
    }
}

#[cfg(unix)]
mod of_others {
    use super::*;
    use crate::people::{Office, Person};

    #[test]
    fn only_its_owner_cancels_what_waits() {
        let Some(office) = Office::open() else { return };
        let other = Person {
            uid: 65534,
            gid: 65534,
            group: 65534,
            umask: "002",
        };
        office.give(0, other.gid, 0o775);
        let lab = office.lab();
        lab.write(
            "config.toml",
            "[cluster]\nservers = 1\ngpus_per_server = 8\ncpus_per_server = 64\n",
        );
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let mut ours = How::Allocate.joins(lab, "ours", 8, &[]);
        let before = lab.state_text();
        assert_eq!(office.run_as(other, &["--cancel", "ours"]).code, 7);
        office.refused_as(other, &["--cancel", "ours"], "not_owner");
        assert_eq!(lab.state_text(), before);
        assert!(!ours.has_ended());
        office.ok_as(other, &["--cancel", "ours", "--force"]);
        assert_eq!(ours.ends().code, 3);
        assert_eq!(queued(lab), Vec::<String>::new());
    }
}
