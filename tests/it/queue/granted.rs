//! Whoever waits is granted as soon as there is room, however that came about.

use super::*;
#[cfg(target_os = "linux")]
use crate::v01::V01;

/// Somebody holds all of one server; then room is made, and who waits gets it.
fn granted_after<H>(hold: impl Fn(&Lab) -> H, make_room: impl Fn(&Lab, H)) {
    for how in How::BOTH {
        let lab = servers(1);
        let holder = hold(&lab);
        let mut waiter = how.joins(&lab, "next", 8, &[]);
        assert_eq!(reason(&lab, "next"), "lacks");
        make_room(&lab, holder);
        how.is_granted(&lab, "next", &mut waiter);
        if how == How::Run {
            assert_eq!(waiter.command().1, "gpu-server-0 0,1,2,3,4,5,6,7");
            assert_eq!(waiter.finishes().code, 0);
            assert_eq!(holders(&lab), Vec::<String>::new());
        } else {
            // It holds what it got without living on.
            let task = &state(&lab)["servers"][0]["running_tasks"][0];
            assert_eq!(task.get("lease"), None, "{task}");
        }
        assert_nothing_is_left(&lab);
    }
}

fn hold(lab: &Lab) {
    lab.ok(&["--allocate", "holder", "8", "1"]);
}

#[test]
fn a_request_with_room_waits_for_nothing() {
    for how in How::BOTH {
        let lab = servers(1);
        let mut process = how.start(&lab, "first", 8, &["--wait"]);
        how.is_granted(&lab, "first", &mut process);
        assert!(!process.complained().contains("place"));
    }
}

#[test]
fn a_release() {
    granted_after(hold, |lab, ()| {
        lab.ok(&["--release", "holder"]);
    });
}

#[test]
fn the_end_of_a_run() {
    let run = |lab: &Lab| {
        let run = How::Run.start(lab, "holder", 8, &[]);
        run.command();
        run
    };
    granted_after(run, |_, run| assert_eq!(run.finishes().code, 0));
}

#[test]
fn the_lapse_of_a_ttl_that_nobody_else_notices() {
    let lapse = |lab: &Lab| {
        lab.ok(&["--allocate", "holder", "8", "1", "--ttl", "5s"]);
    };
    granted_after(lapse, |_, ()| {});
}

#[test]
fn the_death_of_a_run_and_of_its_gpumgr() {
    let run = |lab: &Lab| {
        let run = How::Run.start(lab, "holder", 8, &[]);
        run.command();
        run
    };
    granted_after(run, |_, run| kill_both(run));
}

#[test]
fn the_death_of_a_process_that_was_named() {
    let hold = |lab: &Lab| {
        let process = Process::start(&mut actor::command(&["read"]));
        let pid = process.pid().to_string();
        lab.ok(&["--allocate", "holder", "8", "1", "--pid", &pid]);
        process
    };
    granted_after(hold, |_, process| assert_eq!(process.finishes().code, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_release_by_v01_which_knows_no_queue() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--init"]);
        let Some(mut v01) = V01::start(&lab) else {
            return;
        };
        v01.allocate("holder", 8, 8).unwrap();
        let mut waiter = how.joins(&lab, "next", 8, &[]);
        v01.release("holder");
        how.is_granted(&lab, "next", &mut waiter);
    }
}

#[test]
fn a_larger_cluster() {
    for how in How::BOTH {
        let lab = servers(1);
        hold(&lab);
        let mut waiter = how.joins(&lab, "next", 8, &[]);
        lab.write(
            "config.toml",
            "[cluster]\nservers = 2\ngpus_per_server = 8\ncpus_per_server = 64\n",
        );
        lab.ok(&["--init"]);
        how.is_granted(&lab, "next", &mut waiter);
        assert_eq!(holders(&lab), ["holder", "next"]);
    }
}

#[test]
fn a_server_that_no_longer_drains() {
    let config = |drain: bool| {
        format!("[[server]]\nname = \"only\"\ngpus = 8\ncpus = 64\ndrain = {drain}\n")
    };
    for how in How::BOTH {
        let lab = Lab::with_config(&config(true));
        lab.ok(&["--init"]);
        let mut waiter = how.joins(&lab, "next", 8, &[]);
        assert_eq!(reason(&lab, "next"), "draining");
        lab.write("config.toml", config(false));
        lab.ok(&["--init"]);
        how.is_granted(&lab, "next", &mut waiter);
    }
}

#[test]
fn the_leaving_of_an_earlier_one() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "4", "1"]);
        let mut first = how.joins(&lab, "first", 8, &[]);
        let mut next = how.joins(&lab, "next", 4, &[]);
        assert_eq!(reason(&lab, "next"), "behind");
        lab.ok(&["--cancel", "first"]);
        how.is_granted(&lab, "next", &mut next);
        assert_eq!(first.ends().code, how.exit_when_refused());
    }
}

#[test]
fn the_death_of_an_earlier_one() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "4", "1"]);
        let mut first = how.joins(&lab, "first", 8, &[]);
        let mut next = how.joins(&lab, "next", 4, &[]);
        first.kill();
        how.is_granted(&lab, "next", &mut next);
    }
}

#[test]
fn a_reset() {
    for how in How::BOTH {
        let lab = servers(1);
        hold(&lab);
        let mut waiter = how.joins(&lab, "next", 8, &[]);
        lab.ok(&["--reset", "--yes"]);
        how.is_granted(&lab, "next", &mut waiter);
    }
}

#[test]
fn what_was_granted_lives_with_the_process_that_was_named() {
    let lab = servers(1);
    hold(&lab);
    let named = Process::start(&mut actor::command(&["read"]));
    let pid = named.pid().to_string();
    let mut waiter = How::Allocate.joins(&lab, "next", 8, &["--pid", &pid]);
    let mut last = How::Allocate.joins(&lab, "last", 8, &[]);
    lab.ok(&["--release", "holder"]);
    How::Allocate.is_granted(&lab, "next", &mut waiter);
    assert_eq!(queued(&lab), ["last"]);
    assert_eq!(named.finishes().code, 0);
    How::Allocate.is_granted(&lab, "last", &mut last);
}

#[test]
fn a_stopped_one_keeps_nobody_from_being_granted_nor_deaths_from_being_noticed() {
    let lab = servers(2);
    let run = How::Run.start(&lab, "holder", 8, &[]);
    run.command();
    lab.ok(&["--allocate", "holder-too", "8", "1"]);
    let mut stopped: Vec<_> = ["stopped-1", "stopped-2", "stopped-3"]
        .map(|task| How::Allocate.joins(&lab, task, 8, &["--prefer-server", "0"]))
        .into();
    let mut next = How::Run.joins(&lab, "next", 8, &[]);
    for process in &stopped {
        process.stop();
    }
    // Only who still runs can notice. What the stopped ones get, they keep.
    kill_both(run);
    assert!(happens(|| holders(&lab)
        .iter()
        .any(|task| task == "stopped-1")));
    lab.ok(&["--cancel", "stopped-2"]);
    stopped[2].kill();
    lab.ok(&["--release", "holder-too"]);
    How::Run.is_granted(&lab, "next", &mut next);
    for process in &stopped[..2] {
        process.go_on();
    }
    assert_eq!(stopped[0].ends().code, 0);
    assert_eq!(stopped[1].ends().code, 3);
}
