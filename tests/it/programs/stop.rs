//! The end of a program: by itself, by command, by time, and again and again.

use super::{Workshop, end, lives};
use crate::gpus::patient;
use crate::support::happens;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn it_is_told_to_end_and_may_save_its_work() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--gpus", "2"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    let ran = shop.ok(&["--stop-program", "t"]);
    assert!(ran.stdout.contains("Ended: t"), "{ran:?}");
    assert_eq!(shop.notes("t"), ["began 0,1 --gpus 0,1", "saved"]);
    assert!(shop.task("t").is_none());
    assert!(!lives(program));
    assert!(happens(|| !lives(supervisor)));
    assert_eq!(shop.run(&["--stop-program", "t"]).code, 5);
    // Nothing is left but what is to be.
    let files = shop.machine.lab().files();
    assert!(
        files.iter().all(|file| !file.contains(".lease-")),
        "{files:?}"
    );
}

#[test]
fn what_does_not_end_is_killed_after_its_grace() {
    let shop = Workshop::of_script("trap '' TERM; while :; do sleep 1; done", "");
    shop.machine.lab().write("quick", "");
    shop.configure("", "command = \"sh script.sh\"", "");
    let config = shop
        .machine
        .lab()
        .read("config.toml")
        .replace("3s", "200ms");
    shop.machine.configure(&config);
    shop.ok(&["--start-program", "t"]);
    let (_, program) = shop.pids("t");
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(program));
}

/// The process whose ID the script notes.
fn noted_child(shop: &Workshop) -> u32 {
    let mut child = None;
    let noted = || {
        let text = shop.machine.lab().text_if_any("child").unwrap_or_default();
        child = text.strip_suffix('\n').and_then(|pid| pid.parse().ok());
        child.is_some()
    };
    assert!(happens(noted), "no child is noted");
    child.unwrap()
}

#[test]
fn what_it_started_ends_with_it() {
    let shop = Workshop::of_script("sleep 600 & echo $! > child; wait", "");
    shop.ok(&["--start-program", "t"]);
    let child = noted_child(&shop);
    assert!(lives(child));
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(child));
    // Also where the program itself ends first.
    let shop = Workshop::of_script("sleep 600 & echo $! > child; sleep 1.2", "");
    shop.ok(&["--start-program", "t"]);
    let child = noted_child(&shop);
    assert!(happens(|| shop.task("t").is_none()));
    assert!(!lives(child));
}

#[test]
fn releasing_a_task_ends_its_program_first() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "t", "1"]);
    shop.ok(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    let (_, program) = shop.pids("t");
    let ran = shop.ok(&["--release", "t"]);
    assert!(ran.stdout.contains("Released: t"), "{ran:?}");
    assert!(!lives(program));
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
}

#[test]
fn its_gpus_are_nobodys_until_it_has_left_them() {
    let shop = Workshop::of_script(
        "trap 'sleep 1; touch left; exit' TERM; touch begun; while :; do sleep 0.1; done",
        "",
    );
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    assert!(happens(|| shop.machine.lab().join("begun").exists()));
    let mut stop = shop
        .machine
        .command(&["--stop-program", "t"])
        .spawn()
        .unwrap();
    let stopping = || {
        shop.task("t")
            .is_some_and(|task| task["program"]["phase"] == "stopping")
    };
    assert!(happens(stopping));
    let left = || shop.machine.lab().join("left").exists();
    // Whoever comes while it still runs finds nothing free.
    while !left() {
        let ran = shop.run(&["--allocate", "eager", "1"]);
        assert!(ran.code == 3 || left(), "{ran:?}");
        if ran.code == 0 {
            break;
        }
    }
    assert!(stop.wait().unwrap().success());
}

/// As a member of the group could: the supervisor goes by what its owner told it.
#[test]
fn edited_phase_and_end_do_not_end_a_program() {
    let script = "while [ ! -e edited ]; do sleep 0.1; done; sleep 3";
    let shop = Workshop::of_script(script, "");
    shop.ok(&["--start-program", "t"]);
    shop.edit("t", |task| {
        task["program"]["phase"] = "stopping".into();
        task["end_time"] = "2001-01-01T00:00:00+00:00".into();
    });
    shop.machine.lab().write("edited", "");
    assert!(happens(|| shop
        .told("t")
        .iter()
        .any(|(did, _)| did == "end")));
    assert!(shop.was_told("t", "end", "done"), "{:?}", shop.told("t"));
}

/// The state says that it stops, and its supervisor was not told.
#[cfg(debug_assertions)]
#[test]
fn stop_that_was_killed_half_way_is_completed_by_the_next() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let mut stop = shop.machine.command(&["--stop-program", "t"]);
    let mut stop = stop.env("GPUMGR_STOP_AT", "FolderFlushed").spawn().unwrap();
    let stopping = || {
        shop.task("t")
            .is_some_and(|task| task["program"]["phase"] == "stopping")
    };
    assert!(happens(stopping));
    stop.kill().unwrap();
    stop.wait().unwrap();
    let (_, program) = shop.pids("t");
    assert!(lives(program));
    shop.ok(&["--stop-program", "t"]);
    assert!(shop.task("t").is_none());
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
}

#[test]
fn a_plain_task_has_no_program_to_stop() {
    let shop = Workshop::new();
    shop.ok(&["--allocate", "t", "1"]);
    let ran = shop.run(&["--stop-program", "t"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("has no program"), "{ran:?}");
    assert!(shop.task("t").is_some());
}

#[test]
fn what_fails_is_started_again_so_often_and_then_given_back() {
    // It must not fail at once, or it would count as one that never began.
    let script = "echo try >> tries; sleep 1.1; exit 3";
    let shop = Workshop::of_script(script, "retries = 2\nretry_delay = \"50ms\"");
    shop.ok(&["--start-program", "t"]);
    assert!(happens(|| shop.task("t").is_none()));
    assert_eq!(shop.machine.lab().read("tries"), "try\ntry\ntry\n");
    let told = shop.told("t");
    let retries: Vec<_> = told.iter().filter(|(did, _)| did == "retry").collect();
    // Twice as long the second time.
    assert_eq!(retries[0].1, "starts again in 0.05s");
    assert_eq!(retries[1].1, "starts again in 0.1s");
    assert!(happens(|| shop.was_told("t", "end", "failed")));
}

#[test]
fn what_waits_to_be_started_again_can_be_stopped() {
    let shop = Workshop::of_script("sleep 1.1; exit 3", "retries = 9\nretry_delay = \"1h\"");
    shop.ok(&["--start-program", "t"]);
    let retries = || {
        shop.task("t")
            .is_some_and(|task| task["program"]["phase"] == "retrying")
    };
    assert!(happens(retries));
    shop.ok(&["--stop-program", "t"]);
    assert!(shop.task("t").is_none());
}

#[test]
fn its_time_ends_it() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--ttl", "6s"]);
    shop.has_begun("t", 1);
    assert!(happens(|| shop.task("t").is_none()));
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
    assert!(happens(|| shop.was_told("t", "end", "lapsed")));
}

/// A program of this script that has a time of 3 s, and 8 s to end in. Returns once it was told to end.
fn told_to_end(script: &str) -> Workshop {
    let shop = Workshop::of_script(script, "");
    shop.machine.configure(&patient(
        "grace = \"8s\"\n[[server]]\nname = \"s\"\ngpus = 4\ncpus = 16\n\
         [program_template]\ncommand = \"sh script.sh\"\n",
    ));
    shop.ok(&["--start-program", "t", "--ttl", "3s"]);
    assert!(happens(|| shop.machine.lab().join("told").exists()));
    shop
}

#[test]
fn program_that_is_renewed_after_it_was_told_to_end_goes_on() {
    let shop = told_to_end(
        "trap 'touch told' TERM; while :; do [ -e renewed ] && echo >> lived; sleep 0.1; done",
    );
    shop.ok(&["--renew", "t", "--ttl", "1h"]);
    shop.machine.lab().write("renewed", "");
    // That takes more than its 8 s.
    let lived = || shop.machine.lab().text_if_any("lived");
    assert!(happens(|| lived().is_some_and(|lived| lived.len() > 100)));
    assert!(shop.task("t").unwrap()["program"]["restarts"].is_null());
    shop.ok(&["--stop-program", "t"]);
}

#[test]
fn program_that_ends_although_it_was_renewed_starts_anew_and_has_not_failed() {
    let shop = told_to_end(
        "echo >> begun; trap 'touch told; until [ -e renewed ]; do sleep 0.1; done; exit 1' TERM; \
         while :; do sleep 0.1; done",
    );
    shop.ok(&["--renew", "t", "--ttl", "1h"]);
    shop.machine.lab().write("renewed", "");
    let begun = || shop.machine.lab().read("begun").len();
    assert!(happens(|| begun() == 2));
    assert!(shop.task("t").unwrap()["program"]["restarts"].is_null());
    assert!(!shop.was_told("t", "retry", ""));
    shop.ok(&["--stop-program", "t"]);
}

/// Its main process ends at once, and a child takes its time to save.
#[test]
fn program_that_is_renewed_while_its_last_process_ends_starts_anew() {
    let shop = told_to_end(
        "echo >> begun; (trap 'touch told; until [ -e renewed ]; do sleep 0.1; done; exit' TERM; \
         while :; do sleep 0.1; done) & while :; do sleep 600; done",
    );
    shop.ok(&["--renew", "t", "--ttl", "1h"]);
    shop.machine.lab().write("renewed", "");
    assert!(happens(|| shop.machine.lab().read("begun").len() == 2));
    shop.ok(&["--stop-program", "t"]);
    assert!(shop.task("t").is_none());
}

#[test]
fn program_that_is_done_after_a_renewal_is_not_started_again() {
    let shop = told_to_end(
        "echo >> begun; trap 'touch told' TERM; until [ -e renewed ]; do sleep 0.1; done; exit 0",
    );
    shop.ok(&["--renew", "t", "--ttl", "1h"]);
    shop.machine.lab().write("renewed", "");
    assert!(happens(|| shop.was_told("t", "end", "done")));
    assert_eq!(shop.machine.lab().read("begun").len(), 1);
}

#[test]
fn what_left_for_another_session_ends_too_before_anything_is_given_back() {
    let shop = Workshop::of_script(
        "setsid sh -c \"trap '' TERM; echo \\$\\$ > child; while :; do sleep 0.1; done\" & wait",
        "",
    );
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    let child = || shop.machine.lab().text_if_any("child");
    assert!(happens(|| child().is_some_and(|pid| pid.ends_with('\n'))));
    let child = child().unwrap().trim().parse().unwrap();
    assert!(lives(child));
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(child));
}

#[test]
fn what_left_its_group_is_ended_all_the_same() {
    let code = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); open('moved', 'w'); time.sleep(600)";
    let shop = Workshop::with(
        "",
        &format!("command = \"python3 -c '{}'\"", code.replace('\'', "\\\"")),
        "",
    );
    shop.ok(&["--start-program", "t"]);
    assert!(happens(|| shop.machine.lab().join("moved").exists()));
    let (_, program) = shop.pids("t");
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(program));
}

/// The supervisor is gone, so the program is ended by `--stop-program` itself. Whoever acts meanwhile frees
/// the task as soon as the program has ended.
#[test]
fn stop_succeeds_if_another_gpumgr_frees_the_task() {
    const ROUNDS: usize = 12;
    let shop = Workshop::of_script("exec sleep 600", "");
    shop.ok(&["--init"]);
    let others = Arc::new(AtomicBool::new(true));
    thread::scope(|scope| {
        for name in ["busy", "busier", "busiest"] {
            let (lab, others) = (shop.machine.lab(), Arc::clone(&others));
            scope.spawn(move || {
                while others.load(Ordering::Relaxed) {
                    lab.run(&["--allocate", name, "1", "1"]);
                    lab.run(&["--release", name]);
                }
            });
        }
        let codes: Vec<_> = (0..ROUNDS)
            .map(|_| {
                shop.ok(&["--start-program", "t"]);
                let (supervisor, _) = shop.pids("t");
                end(supervisor);
                assert!(happens(|| !lives(supervisor)));
                shop.run(&["--stop-program", "t"]).code
            })
            .collect();
        others.store(false, Ordering::Relaxed);
        assert_eq!(codes, [0; ROUNDS]);
    });
    assert!(shop.task("t").is_none());
}

/// A script that leaves a daemon without any mark of its run.
const ESCAPES: &str = "setsid env -i PATH=\"$PATH\" python3 -c 'import os, time
os.closerange(3, 256)
open(\"new\", \"w\").write(str(os.getpid()))
os.rename(\"new\", \"child\")
time.sleep(600)' &
while [ ! -e end ]; do sleep 0.1; done";

fn escaped(shop: &Workshop) -> u32 {
    let child = || shop.machine.lab().text_if_any("child");
    assert!(happens(|| child().is_some()));
    child().unwrap().parse().unwrap()
}

#[test]
fn daemon_with_empty_environment_ends_with_its_program() {
    for stops in [true, false] {
        let shop = Workshop::of_script(ESCAPES, "");
        shop.ok(&["--start-program", "t"]);
        let child = escaped(&shop);
        if stops {
            shop.ok(&["--stop-program", "t"]);
        } else {
            shop.machine.lab().write("end", "");
            assert!(happens(|| shop.task("t").is_none()));
        }
        assert!(!lives(child), "by --stop-program: {stops}");
    }
}

#[test]
fn program_started_inside_of_a_run_survives_that() {
    let shop = Workshop::new();
    let script = "\"$0\" --start-program t >&2";
    let binary = env!("CARGO_BIN_EXE_gpumgr");
    let ran = shop.ok(&["--run", "outer", "1", "--", "sh", "-c", script, binary]);
    assert!(!ran.stderr.contains("still run"), "{ran:?}");
    let (supervisor, program) = shop.pids("t");
    assert!(lives(supervisor) && lives(program));
    assert!(shop.task("outer").is_none());
    shop.ok(&["--stop-program", "t"]);
    assert!(!lives(program));
}
