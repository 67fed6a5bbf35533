//! How many GPUs one user may hold.

use super::*;

/// The guide's figures, on one server.
fn guide() -> Lab {
    Lab::with_config(
        "[cluster]\nservers = 1\ngpus_per_server = 16\ncpus_per_server = 64\n\
         [limits]\nmax_total_gpus = 8\nmax_manual_gpus = 6\nmax_auto_gpus = 2\n",
    )
}

#[test]
fn over_a_cap_it_is_refused_with_the_figures_and_not_over_it() {
    let lab = guide();
    lab.ok(&["--allocate", "one", "4", "1"]);
    let ran = lab.refused(3, "over_limit", &["--allocate", "two", "3", "1"]);
    for figure in ["hold 4", "ask for 3", "max_manual_gpus allows 6", "--wait"] {
        assert!(ran.stderr.contains(figure), "{figure}: {ran:?}");
    }
    lab.ok(&["--allocate", "two", "2", "1"]);
    lab.refused(3, "over_limit", &["--allocate", "three", "--gpu-ids", "9"]);
    lab.ok(&["--release", "one"]);
    lab.ok(&["--allocate", "three", "4", "1"]);
    assert_eq!(lab.tasks(), ["two", "three"]);
}

#[test]
fn the_total_counts_what_was_acquired_automatically_too() {
    let lab = guide();
    lab.ok(&["--allocate", "auto", "2", "1"]);
    let grown = "\"start_time\": ";
    let state = lab.state_text();
    assert_eq!(state.matches(grown).count(), 1);
    let program = "\"program\": {\"phase\": \"running\", \"automatic_gpus\": 2}";
    let acquired = state.replace(grown, &format!("{program}, {grown}"));
    lab.write(STATE, acquired);
    // None of these two is one that was asked for.
    lab.ok(&["--allocate", "manual", "6", "1"]);
    let ran = lab.refused(3, "over_limit", &["--allocate", "more", "1", "1"]);
    assert!(ran.stderr.contains("hold 6"), "{ran:?}");
    lab.write(
        "config.toml",
        lab.read("config.toml").replace("max_manual_gpus = 6\n", ""),
    );
    let ran = lab.refused(3, "over_limit", &["--allocate", "more", "1", "1"]);
    assert!(ran.stderr.contains("hold 8"), "{ran:?}");
    assert!(ran.stderr.contains("max_total_gpus"), "{ran:?}");
}

#[test]
fn more_than_a_cap_by_itself_is_impossible() {
    let lab = guide();
    lab.ok(&["--init"]);
    for more in [&[][..], &["--wait"]] {
        let asks = [&["--allocate", "t", "7", "1"], more].concat();
        let ran = lab.refused(2, "impossible", &asks);
        assert!(ran.stderr.contains("at most 6 GPUs, not 7"), "{ran:?}");
        assert!(ran.stderr.contains("max_manual_gpus"), "{ran:?}");
    }
}

#[test]
fn each_language_tells_the_figures() {
    let lab = guide();
    lab.ok(&["--allocate", "one", "4", "1"]);
    for language in ["en", "zh", "ja"] {
        let ran = lab.run(&["--allocate", "two", "5", "1", "--lang", language]);
        assert_eq!(ran.code, 3);
        for figure in ["4", "5", "6", "max_manual_gpus"] {
            assert!(ran.stderr.contains(figure), "{figure}: {ran:?}");
        }
    }
}

#[test]
fn tasks_of_nobody_count_for_nobody() {
    let lab = guide();
    lab.ok(&["--allocate", "v01s", "6", "1"]);
    let owner = lab.server(0)["running_tasks"][0]["owner"].clone();
    let state: Vec<_> = lab
        .state_text()
        .lines()
        .filter(|line| !line.contains("\"owner\""))
        .map(|line| format!("{line}\n"))
        .collect();
    lab.write(
        STATE,
        state.concat().replace("\",\n        }", "\"\n        }"),
    );
    assert!(
        lab.server(0)["running_tasks"][0].get("owner").is_none(),
        "{owner}"
    );
    lab.ok(&["--allocate", "mine", "6", "1"]);
}

#[test]
fn what_asks_for_no_gpus_is_under_every_cap() {
    let lab = Lab::with_config(
        "[cluster]\nservers = 1\n[limits]\nmin_gpus_per_task = 0\nmax_total_gpus = 1\n",
    );
    lab.ok(&["--allocate", "held", "1", "1"]);
    lab.ok(&["--allocate", "cpus", "0", "1"]);
    lab.refused(3, "over_limit", &["--allocate", "more", "1", "1"]);
}

#[cfg(unix)]
#[test]
fn a_run_over_a_cap_is_not_started() {
    let lab = guide();
    lab.ok(&["--allocate", "held", "6", "1"]);
    for gpus in ["1", "7"] {
        let ran = lab.run(&["--run", "t", gpus, "1", "--", "touch", "started"]);
        assert_eq!(ran.code, 125, "{ran:?}");
        assert!(ran.stderr.contains("max_manual_gpus"), "{ran:?}");
    }
    assert!(!lab.files().contains(&"started".to_owned()));
    assert_eq!(lab.tasks(), ["held"]);
}

/// Each user has a cap of their own, whatever the others hold.
#[cfg(unix)]
#[test]
fn a_cap_is_one_users() {
    use crate::people::{Office, Person};
    let Some(office) = Office::open() else { return };
    office.give(0, 13_000, 0o2775);
    let config = "[cluster]\nservers = 1\n[limits]\nmax_total_gpus = 3\n";
    office.lab().write("config.toml", config);
    let [alice, bob] = [12_001, 12_002].map(|uid| Person {
        uid,
        gid: uid,
        group: 13_000,
        umask: "022",
    });
    office.ok_as(alice, &["--allocate", "a1", "2", "1"]);
    office.ok_as(bob, &["--allocate", "b1", "3", "1"]);
    office.refused_as(bob, &["--allocate", "b2", "1", "1"], "over_limit");
    office.ok_as(alice, &["--allocate", "a2", "1", "1"]);
    office.refused_as(
        alice,
        &["--allocate", "a3", "1", "1", "--force"],
        "over_limit",
    );
    // What somebody else released counts no longer.
    office.ok_as(alice, &["--release", "b1", "--force"]);
    office.ok_as(bob, &["--allocate", "b2", "1", "1"]);
}
