//! First come, first served; a later one starts before only where that delays nobody.

use super::*;

fn shows(lab: &Lab, process: &Process, what: &str) {
    assert!(
        happens(|| process.complained().contains(what)),
        "{what}: {} {:?}",
        process.complained(),
        queued(lab)
    );
}

#[test]
fn they_start_in_the_order_in_which_they_came() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let tasks = ["one", "two", "three", "four"];
        let mut waiting: Vec<_> = tasks.map(|task| how.joins(&lab, task, 8, &[])).into();
        assert_eq!(queued(&lab), tasks);
        lab.ok(&["--release", "holder"]);
        for (position, task) in tasks.iter().enumerate() {
            let mut next = waiting.remove(0);
            how.is_granted(&lab, task, &mut next);
            assert_eq!(holders(&lab), [*task]);
            assert_eq!(queued(&lab), tasks[position + 1..]);
            match how {
                How::Run => assert_eq!(next.finishes().code, 0),
                How::Allocate => drop(lab.ok(&["--release", task])),
            }
        }
        assert_nothing_is_left(&lab);
    }
}

/// One server of 8 of which a task that never ends holds 4, and one who waits for all 8.
fn with_first_in_line() -> (Lab, Process) {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "4", "1"]);
    let first = How::Allocate.joins(&lab, "first", 8, &[]);
    (lab, first)
}

#[test]
fn a_later_one_does_not_take_what_is_kept_for_the_first() {
    let (lab, mut first) = with_first_in_line();
    for how in How::BOTH {
        let gpus = "4";
        let mut refused = Process::start(&mut lab.command(&how.arguments("later", gpus, &[])));
        let refused = refused.ends();
        assert_eq!(refused.code, how.exit_when_refused(), "{refused:?}");
        assert!(refused.stderr.contains("first"), "{refused:?}");
    }
    let mut smaller = How::Run.joins(&lab, "smaller", 1, &[]);
    let why = place_and_reason(&lab, "smaller").unwrap();
    assert_eq!(why.0, 2);
    assert_eq!(why.1["reason"], "behind");
    assert_eq!(why.1["task_id"], "first");
    assert_eq!(why.1["server_name"], "gpu-server-0");
    lab.ok(&["--release", "holder"]);
    How::Allocate.is_granted(&lab, "first", &mut first);
    assert_eq!(queued(&lab), ["smaller"]);
    lab.ok(&["--release", "first"]);
    How::Run.is_granted(&lab, "smaller", &mut smaller);
}

#[test]
fn a_refusal_for_the_sake_of_an_earlier_one_is_insufficient_in_json() {
    let (lab, _first) = with_first_in_line();
    let before = lab.state_text();
    let (code, said) = lab.json(&["--allocate", "later", "1", "1"]);
    assert_eq!(code, 3);
    assert_eq!(said["error"]["kind"], "insufficient", "{said}");
    assert_eq!(lab.state_text(), before);
}

#[test]
fn a_later_one_starts_on_another_server() {
    for how in How::BOTH {
        let lab = servers(2);
        lab.ok(&["--allocate", "a", "4", "1"]);
        lab.ok(&["--allocate", "b", "5", "1", "--prefer-server", "1"]);
        // It is nearest to room on the first server.
        let _first = How::Allocate.joins(&lab, "first", 8, &[]);
        let mut later = how.start(&lab, "later", 3, &[]);
        how.is_granted(&lab, "later", &mut later);
        assert_eq!(queued(&lab), ["first"]);
        let on_other = names(list(&state(&lab)["servers"][1]["running_tasks"]).iter());
        assert_eq!(on_other, ["b", "later"]);
    }
}

#[test]
fn a_later_one_starts_in_what_is_to_spare() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "4", "1", "--ttl", "1h"]);
        // When the holder has ended, two are left over.
        let _first = How::Allocate.joins(&lab, "first", 6, &[]);
        let mut later = how.start(&lab, "later", 2, &[]);
        how.is_granted(&lab, "later", &mut later);
        let mut refused = how.start(&lab, "too-much", 1, &[]);
        assert_eq!(refused.ends().code, how.exit_when_refused());
    }
}

#[test]
fn a_later_one_starts_if_it_ends_before() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "4", "1", "--ttl", "1h"]);
        let _first = How::Allocate.joins(&lab, "first", 8, &[]);
        let mut too_long = how.start(&lab, "too-long", 4, &["--ttl", "2h"]);
        assert_eq!(too_long.ends().code, how.exit_when_refused());
        let mut in_time = how.start(&lab, "in-time", 4, &["--ttl", "50m"]);
        how.is_granted(&lab, "in-time", &mut in_time);
        // Which it has to keep to.
        let renewed = lab.run(&["--renew", "in-time", "--ttl", "2h"]);
        assert_eq!(renewed.code, 3, "{renewed:?}");
    }
}

#[test]
fn all_that_fits_starts_at_once() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let tasks = ["one", "two", "three", "four"];
    let waiting = tasks.map(|task| How::Run.joins(&lab, task, 2, &[]));
    lab.ok(&["--release", "holder"]);
    assert_eq!(holders(&lab), tasks, "one change grants them all");
    assert_eq!(queued(&lab), Vec::<String>::new());
    let mut given = waiting.each_ref().map(|process| process.command().1);
    given.sort();
    assert_eq!(
        given,
        ["0,1", "2,3", "4,5", "6,7"].map(|gpus| format!("gpu-server-0 {gpus}"))
    );
}

#[test]
fn a_name_in_the_queue_is_taken() {
    let (lab, _first) = with_first_in_line();
    for how in How::BOTH {
        for more in [&[][..], &["--wait"]] {
            let mut refused = how.start(&lab, "first", 1, more);
            let expected = if how == How::Run { 125 } else { 6 };
            assert_eq!(refused.ends().code, expected, "{}", refused.complained());
        }
    }
}

#[test]
fn a_request_that_no_server_could_ever_meet_does_not_wait() {
    for how in How::BOTH {
        let lab = servers(1);
        let mut refused = how.start(&lab, "huge", 9, &["--wait"]);
        let expected = if how == How::Run { 125 } else { 2 };
        assert_eq!(refused.ends().code, expected);
        assert_eq!(lab.state_if_any(), None);
    }
}

#[test]
fn a_run_that_waits_without_a_name_gets_one() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let waiting: Vec<_> = (0..2)
        .map(|before| {
            let arguments = [&["--run", "--gpus", "8", "--wait"][..], &command()].concat();
            let run = Process::start(&mut lab.command(&arguments));
            assert!(happens(|| queued(&lab).len() == before + 1));
            shows(&lab, &run, "place");
            run
        })
        .collect();
    let names = queued(&lab);
    assert_ne!(names[0], names[1]);
    drop(waiting);
}

#[test]
fn those_without_a_name_get_one_each_however_many_come_at_once() {
    let lab = Lab::with_config("[cluster]\nservers = 1\ngpus_per_server = 1\n");
    let run = || {
        let mut command = lab.command(&["--run", "--wait", "--"]);
        let command = command.args(actor::acts(&["print=GPUMGR_TASK_ID"]));
        let piped = command.stdout(std::process::Stdio::piped());
        piped.stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..12).map(|_| run()).collect();
    for run in runs {
        let ran = Ran::of(run.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
        let named = |line: &str| line.starts_with("it-");
        assert!(ran.stdout.lines().any(named), "{ran:?}");
    }
}
