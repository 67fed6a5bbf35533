//! Which end of a command counts: its owner's word, not what a member of the group writes to the state.

use super::{CLOSES_ALL, Running, SMALL, STAYS, Victim, edit, is_unlocked, lease_file, small};
use crate::people::{Office, Person, mode, owner, set_mode};
use crate::support::{Lab, happens};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ALICE: Person = Person {
    uid: 54321,
    gid: 54321,
    group: 54300,
    umask: "002",
};
const BOB: Person = Person {
    uid: 54322,
    gid: 54322,
    ..ALICE
};
const LONG_AGO: &str = "2001-01-01T00:00:00+00:00";

/// A folder that both may write, and a run of alice's in it that asked for this besides.
fn run_of_alice(asked: &[&str]) -> Option<(Office, Running, Victim)> {
    let office = Office::open()?;
    office.lab().write("config.toml", SMALL);
    office.give(0, ALICE.group, 0o2770);
    let run = start(&office, asked);
    let command = Victim::noted(office.lab(), "pid");
    Some((office, run, command))
}

fn start(office: &Office, asked: &[&str]) -> Running {
    let words = [&["--run", "t", "2", "8"], asked, &["--", "sh", "-c", STAYS]].concat();
    Running::of(&mut office.command_as(ALICE, &words))
}

fn end_in_state(lab: &Lab) -> Value {
    lab.state()["servers"][0]["running_tasks"][0]["end_time"].clone()
}

fn set_end(lab: &Lab, end: &Value) {
    edit(lab, |state| {
        let task = &mut state["servers"][0]["running_tasks"][0];
        task["end_time"] = end.clone();
    });
}

#[test]
fn other_user_prolongs_a_run_and_never_shortens_it() {
    for asked in [&["--ttl", "1h"][..], &[]] {
        let Some((office, run, _command)) = run_of_alice(asked) else {
            return;
        };
        let before = end_in_state(office.lab());
        let sooner = ["--renew", "t", "--ttl", "1s", "--force"];
        let refused = office.refused_as(BOB, &sooner, "not_owner");
        assert!(refused.contains("54321 or root"), "{refused}");
        assert_eq!(office.run_as(BOB, &sooner).code, 7);
        assert_eq!(end_in_state(office.lab()), before);
        if asked.is_empty() {
            office.refused_as(
                BOB,
                &["--renew", "t", "--ttl", "9h", "--force"],
                "not_owner",
            );
        } else {
            office.refused_as(BOB, &["--renew", "t", "--ttl", "9h"], "not_owner");
            office.ok_as(BOB, &["--renew", "t", "--ttl", "9h", "--force"]);
        }
        office.ok_as(ALICE, &["--renew", "t", "--ttl", "1s"]);
        assert_eq!(run.ends().code, 128 + 15);
    }
}

#[test]
fn root_shortens_a_run_by_force() {
    let Some((office, run, _command)) = run_of_alice(&["--ttl", "1h"]) else {
        return;
    };
    office.lab().ok(&["--renew", "t", "--ttl", "1s", "--force"]);
    assert_eq!(run.ends().code, 128 + 15);
}

#[test]
fn edited_end_neither_shortens_a_run_nor_makes_it_endless() {
    let begin = |end: Value| {
        let (lab, began) = (small(), Instant::now());
        let words = [
            "--run", "t", "2", "8", "--ttl", "8s", "--", "sh", "-c", STAYS,
        ];
        let run = Running::start(&lab, &words);
        let command = Victim::noted(&lab, "pid");
        set_end(&lab, &end);
        (lab, began, run, command)
    };
    let runs = [json!(LONG_AGO), Value::Null].map(begin);
    for (_lab, began, run, _command) in runs {
        assert_eq!(run.ends().code, 128 + 15);
        assert!(began.elapsed() >= Duration::from_secs(8));
    }
}

#[test]
fn edited_end_does_not_end_a_run_without_one() {
    let lab = small();
    let script = "echo $$ > pid; while [ ! -e edited ]; do sleep 0.1; done; sleep 3; echo done";
    let run = Running::all_of(&lab, &["sh", "-c", script]);
    let _command = Victim::noted(&lab, "pid");
    set_end(&lab, &json!(LONG_AGO));
    lab.write("edited", "");
    let ran = run.ends();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "done\n"), "{ran:?}");
}

/// The next gpumgr ends what is overdue, by the same word.
#[test]
fn edited_end_does_not_end_a_run_without_its_gpumgr() {
    let lab = small();
    let words = ["--run", "t", "2", "8", "--ttl", "1h", "--"];
    let words = [&words, &["python3", "-c", CLOSES_ALL][..]].concat();
    let run = Running::start(&lab, &words);
    let command = Victim::noted(&lab, "pid");
    run.kill();
    assert!(happens(|| is_unlocked(&lab)));
    set_end(&lab, &json!(LONG_AGO));
    for _ in 0..2 {
        let refused = lab.run(&["--allocate", "other", "2", "8"]);
        assert_eq!(refused.code, 3, "{refused:?}");
    }
    assert!(!command.is_gone());
}

/// A file of another user in the lease's place is no word, neither of alice's nor for root.
#[test]
fn exchanged_lease_ends_nothing() {
    put_in_the_place_of_the_lease(BOB.uid, |_| ());
}

/// A member can rename a file that alice made for another of her runs.
#[test]
fn other_lease_of_its_owner_ends_nothing() {
    put_in_the_place_of_the_lease(ALICE.uid, |text| text[120..].fill(b'0'));
}

fn put_in_the_place_of_the_lease(owner: u32, change: impl Fn(&mut [u8])) {
    let Some((office, run, command)) = run_of_alice(&["--ttl", "1h"]) else {
        return;
    };
    let lab = office.lab();
    let lease = lab.join(&lease_file(lab));
    let mut text = std::fs::read(&lease).unwrap();
    text[80..120].copy_from_slice(format!("{:<32}stop    ", 1).as_bytes());
    change(&mut text);
    std::fs::remove_file(&lease).unwrap();
    std::fs::write(&lease, &text).unwrap();
    std::os::unix::fs::chown(&lease, Some(owner), Some(ALICE.group)).unwrap();
    set_mode(&lease, 0o640);
    set_end(lab, &json!(LONG_AGO));
    run.kill();
    for person in [Some(ALICE), None] {
        let ask = ["--allocate", "other", "2", "8"];
        let refused = person.map_or_else(|| lab.run(&ask), |person| office.run_as(person, &ask));
        assert_eq!(refused.code, 3, "{refused:?}");
    }
    assert!(!command.is_gone());
}

#[test]
fn only_its_own_user_writes_a_lease() {
    let Some(office) = Office::open() else { return };
    let lab = office.lab();
    lab.write("config.toml", SMALL);
    let by_root = |_: &Office| Running::all_of(lab, &["sh", "-c", STAYS]);
    let by_alice = |office: &Office| start(office, &[]);
    // The folder's owner and mode, who runs, and the lease's owner and mode.
    type Begin<'l> = &'l dyn Fn(&Office) -> Running;
    let cases: [(u32, u32, Begin<'_>, u32, u32); 4] = [
        (0, 0o2770, &by_alice, ALICE.uid, 0o640),
        (ALICE.uid, 0o700, &by_alice, ALICE.uid, 0o600),
        (0, 0o2770, &by_root, 0, 0o640),
        // The folder's owner must see whether root's run holds it.
        (ALICE.uid, 0o700, &by_root, 0, 0o644),
    ];
    for (folder_owner, folder_mode, begin, user, permissions) in cases {
        office.give(folder_owner, ALICE.group, folder_mode);
        let run = begin(&office);
        let command = Victim::noted(lab, "pid");
        let lease = lab.join(&lease_file(lab));
        assert_eq!((owner(&lease).0, mode(&lease)), (user, permissions));
        command.kill();
        run.ends();
        for file in lab.files().iter().filter(|name| *name != "config.toml") {
            std::fs::remove_file(lab.join(file)).unwrap();
        }
    }
}
