//! What the monitor does for everybody, and for programs that lost their supervisor.

use super::{Monitor, Workshop};
use crate::programs::{end, lives};
use crate::support::happens;
use nix::sys::signal::Signal;

#[test]
fn it_frees_what_ended_and_grants_who_waits() {
    let shop = Workshop::new();
    let mut holder = std::process::Command::new("sleep")
        .arg("600")
        .spawn()
        .unwrap();
    let pid = holder.id().to_string();
    shop.ok(&["--allocate", "t", "4", "--pid", &pid]);
    let _monitor = Monitor::of(&shop);
    holder.kill().unwrap();
    holder.wait().unwrap();
    // Nobody else acts.
    assert!(happens(|| shop.task("t").is_none()));
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
}

#[test]
fn it_says_what_happens_and_ends_cleanly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let shop = Workshop::new();
        let monitor = Monitor::of(&shop);
        shop.ok(&["--start-program", "t"]);
        let said = || shop.machine.lab().read("said");
        assert!(happens(|| said().contains(" t ")), "{}", said());
        let (supervisor, program) = shop.pids("t");
        monitor.send(signal);
        assert_eq!(monitor.ends(), Some(0));
        // Programs are not the monitor's own.
        assert!(lives(supervisor) && lives(program));
        assert!(said().matches("onitor").count() > 0, "{}", said());
    }
}

#[test]
fn a_second_one_says_who_monitors() {
    let shop = Workshop::new();
    let monitor = Monitor::of(&shop);
    let second = shop.run(&["--monitor"]);
    assert_eq!(second.code, 1);
    let who = format!("PID {} (", monitor.0.id());
    assert!(second.stderr.contains(&who), "{second:?}");
    // Once the first is gone, however it went, there is room for another.
    monitor.kill();
    Monitor::of(&shop);
}

#[test]
fn it_takes_over_programs_whose_supervisor_was_killed() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    let monitor = Monitor::of(&shop);
    end(supervisor);
    let other = || {
        let (now, same) = shop.pids("t");
        now != supervisor && same == program && lives(now)
    };
    assert!(happens(other));
    // The monitor, too, and then both at once: nothing is lost.
    monitor.kill();
    let (now, _) = shop.pids("t");
    end(now);
    let _monitor = Monitor::of(&shop);
    let third = || {
        let (third, same) = shop.pids("t");
        third != now && same == program && lives(third)
    };
    assert!(happens(third));
    shop.ok(&["--stop-program", "t"]);
    assert_eq!(shop.notes("t").len(), 2);
}

/// Whoever of the three is killed: a program that lives is held and looked after, and what is dead holds
/// nothing.
#[test]
fn every_combination_of_kills_loses_nothing() {
    for kills in 1..8 {
        let killed = |one: u32| kills & one != 0;
        let shop = Workshop::new();
        shop.ok(&["--start-program", "t", "--gpus", "2"]);
        shop.has_begun("t", 1);
        let (supervisor, program) = shop.pids("t");
        let mut monitor = Some(Monitor::of(&shop));
        if killed(1) {
            end(supervisor);
        }
        if killed(2) {
            end(program);
        }
        if killed(4)
            && let Some(monitor) = monitor.take()
        {
            monitor.kill();
        }
        let _monitor = monitor.unwrap_or_else(|| Monitor::of(&shop));
        if killed(2) {
            assert!(happens(|| shop.task("t").is_none()), "{kills}");
            assert!(happens(|| !lives(supervisor)), "{kills}");
            shop.ok(&["--allocate", "next", "4"]);
        } else {
            let attended = || {
                let (now, same) = shop.pids("t");
                same == program && lives(now) && killed(1) == (now != supervisor)
            };
            assert!(happens(attended), "{kills}");
            assert_eq!(shop.gpus("t"), Some(vec![0, 1]), "{kills}");
            shop.ok(&["--stop-program", "t"]);
            assert_eq!(shop.notes("t").len(), 2, "{kills}");
        }
    }
}

#[test]
fn programs_of_others_are_theirs_unless_forced() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let (supervisor, program) = shop.pids("t");
    end(supervisor);
    let lab = shop.machine.lab();
    let owner = shop.task("t").unwrap()["owner"].to_string();
    lab.write(
        "resource_status.json",
        lab.state_text().replace(&owner, "\"somebody\""),
    );
    let monitor = Monitor::of(&shop);
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
    assert_eq!(shop.pids("t"), (supervisor, program));
    monitor.kill();
    let _monitor = Monitor::with(&shop, &["--force"]);
    assert!(happens(|| shop.pids("t").0 != supervisor));
}

#[test]
fn what_is_measured_is_noted_for_the_report() {
    let shop = Workshop::new();
    super::uses(&shop, [50; 4]);
    shop.ok(&["--start-program", "t", "--gpus", "2"]);
    let monitor = Monitor::of(&shop);
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("lapsing").is_none()));
    shop.ok(&["--stop-program", "t"]);
    assert!(happens(|| shop.was_told("t", "use", "")));
    monitor.send(Signal::SIGTERM);
    monitor.ends();
    let log = shop.machine.lab().read("gpu_manager.log");
    let used = log
        .lines()
        .find(|line| line.contains("\"use\"") && line.contains("\"t\""));
    let used: serde_json::Value = serde_json::from_str(used.unwrap()).unwrap();
    let seconds = used["used_gpu_seconds"].as_f64().unwrap();
    // Two GPUs at half use, for longer than a second.
    assert!(seconds > 0.5, "{used}");
}

#[test]
fn on_a_terminal_it_shows_the_status_and_ctrl_c_ends_it() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/monitor/screen.py");
    let mut command = std::process::Command::new("python3");
    command.arg(script).arg(env!("CARGO_BIN_EXE_gpumgr"));
    let seen = shop.machine.isolate(&mut command).output().unwrap();
    let seen = String::from_utf8(seen.stdout).unwrap();
    assert!(
        seen.contains("GPUs of s:") && seen.contains("t ("),
        "{seen}"
    );
    assert!(seen.ends_with("exit 0\n"), "{seen}");
}
