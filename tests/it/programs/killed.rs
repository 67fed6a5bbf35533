//! Supervisors and programs that are killed, in every combination.

use super::{Workshop, end, lives};
use crate::gpus::patient;
use crate::support::happens;

#[test]
fn a_program_without_its_supervisor_runs_on_held_and_is_taken_over() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--gpus", "2"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    assert!(lives(program));
    // Nobody gets what it is on.
    assert_eq!(shop.run(&["--allocate", "eager", "3"]).code, 3);
    let detail = shop.ok(&["--detail"]).stdout;
    assert!(
        detail.contains("(running, looked after by nobody)"),
        "{detail}"
    );
    let taken = shop.json(&["--start-program", "t"]);
    assert_eq!(taken["began"], "taken_over");
    assert_eq!(taken["pid"], program);
    let (other, same) = shop.pids("t");
    assert!(other != supervisor && same == program && lives(other));
    // The new one does all that the first did, and again.
    end(other);
    assert!(happens(|| !lives(other)));
    assert_eq!(shop.json(&["--start-program", "t"])["began"], "taken_over");
    shop.ok(&["--stop-program", "t"]);
    assert_eq!(shop.notes("t"), ["began 0,1 --gpus 0,1", "saved"]);
    assert!(!lives(program));
}

#[test]
fn it_can_be_stopped_and_released_without_its_supervisor() {
    for action in ["--stop-program", "--release"] {
        let shop = Workshop::new();
        shop.ok(&["--start-program", "t"]);
        shop.has_begun("t", 1);
        let (supervisor, program) = shop.pids("t");
        end(supervisor);
        assert!(happens(|| !lives(supervisor)));
        shop.ok(&[action, "t"]);
        assert!(!lives(program));
        assert!(shop.task("t").is_none());
        assert_eq!(shop.notes("t").last().unwrap(), "saved");
    }
}

#[test]
fn a_program_that_is_killed_has_failed() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let (_, program) = shop.pids("t");
    end(program);
    assert!(happens(|| shop.task("t").is_none()));
    assert!(happens(|| shop.was_told("t", "end", "failed")));
}

#[test]
fn one_that_was_taken_over_and_ends_is_given_back() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    shop.ok(&["--start-program", "t"]);
    end(program);
    assert!(happens(|| shop.task("t").is_none()));
    // Nobody saw how it ended, so it is not said to have failed.
    assert!(happens(|| shop.was_told("t", "end", "unseen")));
}

#[test]
fn what_lost_both_is_freed_by_whoever_acts_next() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    end(program);
    assert!(happens(|| !lives(supervisor) && !lives(program)));
    let ran = shop.ok(&["--allocate", "next", "4"]);
    assert!(ran.stderr.contains("Freed t"), "{ran:?}");
    // And its name can be used again.
    shop.ok(&["--release", "next"]);
    shop.ok(&["--start-program", "t"]);
}

#[test]
fn a_start_over_what_lost_both_begins_anew() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    end(program);
    assert!(happens(|| !lives(supervisor) && !lives(program)));
    assert_eq!(shop.json(&["--start-program", "t"])["began"], "started");
    shop.has_begun("t", 2);
    assert_eq!(shop.notes("t").len(), 2);
}

#[test]
fn its_time_ends_it_also_without_its_supervisor() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--ttl", "6s"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    let ended = || {
        // Whoever acts does what the supervisor would have done.
        shop.run(&["--cancel", "nobody"]);
        !lives(program)
    };
    assert!(happens(ended));
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
    shop.ok(&["--allocate", "next", "4"]);
}

/// Its supervisor is gone, so each gpumgr that acts tells it to end. A renewal starts that anew.
#[test]
fn later_lapse_gives_a_renewed_program_its_grace_again() {
    let shop = Workshop::of_script("", "");
    let script = "trap 'echo >> told' TERM; while :; do sleep 0.1; done";
    shop.machine.lab().write("script.sh", script);
    shop.machine.configure(&patient(
        "grace = \"20s\"\n[[server]]\nname = \"s\"\ngpus = 4\ncpus = 16\n\
         [program_template]\ncommand = \"sh script.sh\"\n",
    ));
    shop.ok(&["--start-program", "t", "--ttl", "3s"]);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    let told = |times: usize| {
        shop.run(&["--cancel", "nobody"]);
        let told = shop.machine.lab().text_if_any("told");
        told.is_some_and(|told| told.len() == times)
    };
    assert!(happens(|| told(1)));
    shop.ok(&["--renew", "t", "--ttl", "3s"]);
    assert!(happens(|| told(2)));
    assert!(lives(program));
}

#[test]
fn a_task_that_is_taken_away_ends_its_program() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let (_, program) = shop.pids("t");
    shop.ok(&["--reset", "--yes"]);
    assert!(happens(|| !lives(program)));
    assert!(happens(|| shop.was_told("t", "end", "lost")));
}

#[test]
fn a_supervisor_that_is_killed_at_once_leaves_a_program_that_is_held() {
    for held_before in [false, true] {
        let shop = Workshop::new();
        if held_before {
            shop.ok(&["--allocate", "t", "1"]);
        }
        let mut starts = shop.machine.command(&["--start-program", "t"]);
        let starts = starts.stderr(std::process::Stdio::piped()).spawn().unwrap();
        assert!(happens(|| !shop.notes("t").is_empty()));
        let (supervisor, program) = shop.pids("t");
        end(supervisor);
        let started = starts.wait_with_output().unwrap();
        // It may just have been told that it runs.
        if !started.status.success() {
            let said = String::from_utf8(started.stderr).unwrap();
            assert!(said.contains("supervisor of t was gone"), "{said}");
        }
        assert!(happens(|| !lives(supervisor)));
        assert!(lives(program));
        assert_eq!(shop.run(&["--allocate", "eager", "4"]).code, 3);
        assert_eq!(shop.json(&["--start-program", "t"])["pid"], program);
    }
}

#[test]
fn what_only_its_children_are_left_of_stays_held_and_can_be_stopped() {
    let shop = Workshop::of_script("sleep 600 & echo $! > child; wait", "");
    shop.ok(&["--start-program", "t"]);
    let child = shop.machine.lab().read("child").trim().parse().unwrap();
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    end(program);
    assert!(happens(|| !lives(supervisor) && !lives(program)));
    assert!(lives(child));
    assert_eq!(shop.run(&["--allocate", "eager", "4"]).code, 3);
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(child));
    shop.ok(&["--allocate", "next", "4"]);
}
