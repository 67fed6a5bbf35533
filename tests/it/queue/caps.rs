//! Who is over a cap waits for their own tasks, and nobody waits for them.

use super::*;

fn capped() -> Lab {
    Lab::with_config(
        "[cluster]\nservers = 1\ngpus_per_server = 8\ncpus_per_server = 64\n\
         [limits]\nmax_total_gpus = 4\n",
    )
}

#[test]
fn it_joins_the_queue_which_says_why_and_is_granted_after_a_release() {
    for how in How::BOTH {
        let lab = capped();
        lab.ok(&["--allocate", "held", "3", "1"]);
        let mut waiter = how.joins(&lab, "next", 2, &[]);
        let (place, why) = place_and_reason(&lab, "next").unwrap();
        assert_eq!(place, 1);
        let figures = ["limit", "allowed_gpus", "held_gpus"].map(|key| why[key].to_string());
        assert_eq!(why["reason"], "over_limit", "{why}");
        assert_eq!(figures, ["\"max_total_gpus\"", "4", "3"], "{why}");
        for language in ["en", "zh", "ja"] {
            let shown = lab.ok(&["--queue", "--lang", language]).stdout;
            assert!(shown.contains("max_total_gpus"), "{shown}");
        }
        assert_eq!(state(&lab)["queue"][0].get("reserved_server"), None);
        // What is under the cap is not kept back, not even its own user's.
        lab.ok(&["--allocate", "small", "1", "1"]);
        lab.ok(&["--release", "small"]);
        assert_eq!(queued(&lab), ["next"]);
        lab.ok(&["--release", "held"]);
        how.is_granted(&lab, "next", &mut waiter);
        drop(waiter.finishes());
        assert_nothing_is_left(&lab);
    }
}

#[test]
fn whoever_waits_in_vain_is_told_why() {
    for how in How::BOTH {
        let lab = capped();
        lab.ok(&["--allocate", "held", "3", "1"]);
        let ran = how.start(&lab, "next", 2, &["--wait", "1s"]).ends();
        assert_eq!(ran.code, how.exit_when_refused(), "{ran:?}");
        assert!(ran.stderr.contains("max_total_gpus allows 4"), "{ran:?}");
        assert_eq!(queued(&lab), Vec::<String>::new());
    }
}

#[cfg(unix)]
#[test]
fn others_pass_whoever_is_over_the_cap() {
    use crate::people::{Office, Person};
    let Some(office) = Office::open() else { return };
    let lab = office.lab();
    office.give(0, 13_000, 0o2775);
    lab.write("config.toml", capped().read("config.toml"));
    let bob = Person {
        uid: 12_002,
        gid: 12_002,
        group: 13_000,
        umask: "002",
    };
    lab.ok(&["--allocate", "held", "4", "1"]);
    let mut waiter = How::Allocate.joins(lab, "next", 4, &[]);
    // All that is free: if something were kept for who was there before, this would be behind.
    office.ok_as(bob, &["--allocate", "passes", "4", "1"]);
    lab.ok(&["--release", "held"]);
    How::Allocate.is_granted(lab, "next", &mut waiter);
}

#[test]
fn a_higher_cap_lets_in_who_waits() {
    let lab = capped();
    lab.ok(&["--allocate", "held", "3", "1"]);
    let mut waiter = How::Allocate.joins(&lab, "next", 2, &[]);
    let text = lab.read("config.toml");
    lab.write(
        "config.toml",
        text.replace("max_total_gpus = 4", "max_total_gpus = 6"),
    );
    // Whoever acts next goes by it.
    lab.ok(&["--allocate", "other", "1", "1"]);
    How::Allocate.is_granted(&lab, "next", &mut waiter);
}
