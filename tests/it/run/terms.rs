//! `--ttl`: what ends after a time.

use super::{
    CLOSES_ALL, Running, SMALL, STAYS, Victim, assert_freed_by_the_next, assert_held, small,
    written,
};
use crate::support::{Lab, happens};
use std::process::{Command, Stdio};

/// Ignores being asked to end.
const STUBBORN: &str = "trap '' TERM; echo $$ > pid; exec sleep 600";

fn seconds_left(lab: &Lab) -> Option<i64> {
    let (_, status) = lab.json(&["--status"]);
    status["servers"][0]["running_tasks"][0]["seconds_left"].as_i64()
}

#[test]
fn a_plain_allocation_lapses() {
    let lab = small();
    lab.ok(&["--allocate", "t", "2", "8", "--ttl", "3s"]);
    assert!(
        lab.ok(&["--status"]).stdout.contains("t: "),
        "time left is shown"
    );
    let next = assert_freed_by_the_next(&lab);
    assert!(next.stderr.contains("its time was over"), "{next:?}");
}

#[test]
fn renewing_it_moves_its_end() {
    let lab = small();
    lab.ok(&["--allocate", "t", "2", "8", "--ttl", "1h"]);
    lab.ok(&["--renew", "t", "--ttl", "3h"]);
    assert!(seconds_left(&lab).unwrap() > 2 * 3600);
    lab.ok(&["--renew", "t", "--ttl", "1s"]);
    assert_freed_by_the_next(&lab);
    let ran = lab.run(&["--renew", "next"]);
    assert_eq!(ran.code, 2, "nothing says for how long: {ran:?}");
    assert_eq!(lab.run(&["--renew", "nobody", "--ttl", "1h"]).code, 5);
}

#[test]
fn the_config_says_how_long_who_does_not_and_how_long_at_most() {
    let lab = Lab::with_config(&format!("default_ttl = \"2h\"\nmax_ttl = \"1d\"\n{SMALL}"));
    lab.ok(&["--allocate", "t"]);
    let left = seconds_left(&lab).unwrap();
    assert!((3600..=7200).contains(&left), "{left}");
    assert_eq!(lab.run(&["--allocate", "u", "--ttl", "2d"]).code, 2);
    assert_eq!(
        lab.run(&["--run", "u", "--ttl", "2d", "--", "true"]).code,
        125
    );
    assert_eq!(lab.run(&["--renew", "t", "--ttl", "2d"]).code, 2);
    assert_eq!(written(&lab), ["t"]);
}

#[test]
fn an_allocation_tied_to_a_process_ends_with_it() {
    let lab = small();
    let sleeper = Command::new("sleep")
        .arg("600")
        .stdout(Stdio::null())
        .spawn();
    let mut sleeper = sleeper.unwrap();
    let pid = sleeper.id().to_string();
    lab.ok(&["--allocate", "t", "2", "8", "--pid", &pid]);
    assert_held(&lab);
    // Not waited for: a zombie is dead.
    sleeper.kill().unwrap();
    let next = assert_freed_by_the_next(&lab);
    assert!(next.stderr.contains("its process had ended"), "{next:?}");
    let refused = lab.run(&["--allocate", "u", "--pid", &pid]);
    assert_eq!(refused.code, 2, "{refused:?}");
    sleeper.wait().unwrap();
}

#[test]
fn a_command_is_told_to_end_and_then_made_to() {
    for (script, code) in [(STAYS, 128 + 15), (STUBBORN, 128 + 9)] {
        let lab = small();
        let command = ["--run", "t", "--ttl", "3s", "--", "sh", "-c", script];
        let run = Running::start(&lab, &command);
        let _command = Victim::noted(&lab, "pid");
        let ran = run.ends();
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains("its time is over"), "{ran:?}");
        assert_eq!(
            ran.stderr.contains("was killed"),
            code == 128 + 9,
            "{ran:?}"
        );
        assert_eq!(written(&lab), [""; 0]);
    }
}

/// Its own end, five seconds after its start, comes before the command's.
#[test]
fn a_run_that_is_renewed_goes_on() {
    let lab = small();
    let works = "\"$0\" --renew t --ttl 1h >&2; sleep 6; echo done";
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let ran = lab.run(&["--run", "t", "--ttl", "5s", "--", "sh", "-c", works, binary]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "done\n"), "{ran:?}");
}

#[test]
fn a_run_whose_end_is_moved_nearer_ends_then() {
    let lab = small();
    let run = Running::start(
        &lab,
        &["--run", "t", "--ttl", "1h", "--", "sh", "-c", STAYS],
    );
    let _command = Victim::noted(&lab, "pid");
    lab.ok(&["--renew", "t", "--ttl", "1s"]);
    assert_eq!(run.ends().code, 128 + 15);
}

/// Overdue, it is not free: its command lives. Whoever acts tells it to end, and then makes it.
#[test]
fn an_overdue_run_without_its_gpumgr_is_ended_by_whoever_notices() {
    for command in [
        &["sh", "-c", STUBBORN] as &[&str],
        &["python3", "-c", CLOSES_ALL],
    ] {
        let lab = small();
        let start = ["--run", "t", "2", "8", "--ttl", "5s", "--"];
        let run = Running::start(&lab, &[&start, command].concat());
        let command = Victim::noted(&lab, "pid");
        run.kill();
        let overdue = || {
            lab.ok(&["--status"])
                .stdout
                .contains("its command still runs")
        };
        assert!(happens(overdue));
        assert!(!command.is_gone(), "looking ends nothing");
        let ends = || {
            let acted = lab.run(&["--allocate", "next", "2", "8"]);
            assert!([0, 3].contains(&acted.code), "{acted:?}");
            assert!(acted.code == 3 || command.is_gone(), "{acted:?}");
            acted.code == 0
        };
        assert!(happens(ends));
        assert_eq!(written(&lab), ["next"]);
    }
}

/// Neither what reads the lease file, as every gpumgr does that looks.
#[test]
fn who_only_reads_the_lease_is_not_ended_with_it() {
    let lab = small();
    let start = [
        "--run", "t", "2", "8", "--ttl", "5s", "--", "sh", "-c", STAYS,
    ];
    let run = Running::start(&lab, &start);
    let command = Victim::noted(&lab, "pid");
    let lease = std::fs::File::open(lab.join(&super::lease_file(&lab))).unwrap();
    let mut reader = Command::new("sleep")
        .arg("600")
        .stdin(lease)
        .spawn()
        .unwrap();
    run.kill();
    assert!(happens(
        || lab.run(&["--allocate", "next", "2", "8"]).code == 0
    ));
    assert!(command.is_gone());
    assert_eq!(reader.try_wait().unwrap(), None);
    reader.kill().unwrap();
    reader.wait().unwrap();
}
