//! What is shown of the queue: to whoever asks, and to those who wait.

use super::*;
use serde_json::json;

/// A server of 8 with 3 of a task that ends and 4 of one that does not, and one of 4 that drains.
fn busy() -> Lab {
    let config = r#"
[[server]]
name = "big"
gpus = 8
cpus = 64

[[server]]
name = "old"
gpus = 4
cpus = 8
drain = true
"#;
    let lab = Lab::with_config(config);
    lab.ok(&["--allocate", "ends", "3", "1", "--ttl", "2h"]);
    lab.ok(&["--allocate", "endless", "4", "1"]);
    lab
}

#[test]
fn the_queue_in_json_says_who_waits_and_why() {
    let lab = busy();
    let first = How::Run.joins(&lab, "first", 8, &["--ttl", "1h"]);
    let ids = ["--allocate", "ids", "--gpu-ids", "5,7", "--wait"];
    let ids = Process::start(&mut lab.command(&ids));
    assert!(happens(|| queued(&lab).len() == 2));
    let third = How::Allocate.joins(
        &lab,
        "third",
        1,
        &["--prefer-server", "old", "--wait", "3h"],
    );
    let (code, shown) = lab.json(&["--queue"]);
    assert_eq!(code, 0);
    assert_eq!(shown["state"], lab.shown("resource_status.json"));
    let queue = list(&shown["queue"]);
    assert_eq!(names(queue.iter()), ["first", "ids", "third"]);
    let places: Vec<_> = queue.iter().map(|entry| entry["place"].clone()).collect();
    assert_eq!(places, [1, 2, 3]);
    let entry = &queue[0];
    assert_eq!(entry["gpus"], 8);
    assert_eq!(entry["cpus"], 1);
    assert_eq!(entry["ttl_seconds"], 3600);
    assert_eq!(entry["until"], json!(null));
    assert!(entry["owner"].is_string() && entry["since"].is_string());
    assert!(entry["waiting_seconds"].as_i64().unwrap() >= 0);
    let why = &entry["why"];
    assert_eq!(why["reason"], "lacks");
    assert_eq!(why["server_name"], "big");
    assert_eq!(
        (&why["available_gpus"], &why["lacking_gpus"]),
        (&json!(1), &json!(7))
    );
    // One of the two never ends.
    assert_eq!(why["start_by"], json!(null));
    assert_eq!(names(list(&why["tasks"]).iter()), ["ends", "endless"]);
    assert!(why["tasks"][0]["ends_by"].is_string());
    assert_eq!(why["tasks"][1]["ends_by"], json!(null));
    assert_eq!(queue[1]["gpu_ids"], json!([5, 7]));
    assert_eq!(queue[1]["cpus"], json!(null));
    assert_eq!(queue[2]["why"]["reason"], "behind");
    assert_eq!(queue[2]["why"]["task_id"], "first");
    assert_eq!(queue[2]["prefer_server"], "old");
    assert!(queue[2]["until"].is_string());
    assert_eq!(lab.json(&["--status"]).1["waiting"], 3);
    drop((first, ids, third));
}

#[test]
fn when_the_first_starts_at_the_latest_is_known_if_all_ends_are() {
    let lab = servers(1);
    lab.ok(&["--allocate", "sooner", "3", "1", "--ttl", "1h"]);
    lab.ok(&["--allocate", "later", "3", "1", "--ttl", "2h"]);
    let _first = How::Allocate.joins(&lab, "first", 5, &[]);
    let (_, why) = place_and_reason(&lab, "first").unwrap();
    assert_eq!(names(list(&why["tasks"]).iter()), ["sooner", "later"]);
    assert_eq!(why["start_by"], why["tasks"][0]["ends_by"]);
}

#[test]
fn a_name_that_is_held_by_v01_is_waited_for() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let waiter = How::Allocate.joins(&lab, "twice", 8, &[]);
    waiter.stop();
    let renamed = lab
        .state_text()
        .replace("\"task_id\": \"holder\"", "\"task_id\": \"twice\"");
    lab.write("resource_status.json", renamed);
    assert_eq!(reason(&lab, "twice"), "name_taken");
    let text = lab.ok(&["--queue"]).stdout;
    assert!(text.contains("a task of that name still runs"), "{text}");
}

#[test]
fn room_that_nobody_has_taken_yet_is_ready() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1", "--ttl", "2s"]);
    let waiter = How::Allocate.joins(&lab, "waiter", 8, &[]);
    waiter.stop();
    assert!(happens(|| reason(&lab, "waiter") == "ready"));
    // Looking alone changes nothing.
    assert_eq!(holders(&lab), ["holder"]);
    assert_eq!(queued(&lab), ["waiter"]);
}

#[test]
fn the_queue_in_words() {
    let lab = busy();
    let first = How::Run.joins(&lab, "first", 8, &[]);
    let second = How::Allocate.joins(&lab, "second", 1, &[]);
    let words = [
        (
            "en",
            [
                "Why not yet:",
                "first: needs 8 GPUs on one server; big is nearest with 1; ends (3 GPUs, ",
                "endless (4 GPUs, ",
                "second: needs 1 GPU on one server; there is room, but big is kept for first",
            ],
        ),
        (
            "zh",
            [
                "为何尚未分配:",
                "需要一台服务器上的 8 个 GPU; 最接近的是 big",
                "endless (4 个 GPU",
                "big 为先来的 first 保留",
            ],
        ),
        (
            "ja",
            [
                "まだ割り当てられない理由:",
                "1 台のサーバーに 8 GPU が必要; big が最も近く",
                "endless (4 GPU",
                "big は先に来た first のために確保されています",
            ],
        ),
    ];
    let spaced = |text: &str| text.split_whitespace().collect::<String>();
    for (language, expected) in words {
        let ran = lab.ok(&["--queue", "--lang", language]);
        for expected in expected {
            assert!(
                spaced(&ran.stdout).contains(&spaced(expected)),
                "{expected}: {}",
                ran.stdout
            );
        }
    }
    drop((first, second));
    let empty = [
        ("en", "Nobody waits\n"),
        ("zh", "没有人在排队\n"),
        ("ja", "誰も待っていません\n"),
    ];
    for (language, expected) in empty {
        assert_eq!(lab.ok(&["--queue", "--lang", language]).stdout, expected);
    }
}

#[test]
fn the_status_says_how_many_wait() {
    let lab = busy();
    let quiet = lab.ok(&["--status"]).stdout;
    let _waiters = ["one", "two"].map(|task| How::Allocate.joins(&lab, task, 8, &[]));
    let status = lab.ok(&["--status"]).stdout;
    let more: Vec<_> = status
        .lines()
        .filter(|line| !quiet.contains(line))
        .collect();
    assert!(more.len() == 1 && more[0].contains('2'), "{more:?}");
    assert_eq!(lab.json(&["--status"]).1["waiting"], 2);
}

#[test]
fn a_hostile_name_in_the_queue_reaches_no_terminal_as_it_is() {
    let lab = busy();
    let name = "a\u{9b}31m\u{202e}b";
    let mut waiter = How::Allocate.start(&lab, name, 8, &["--wait"]);
    if happens(|| waiter.has_ended() || !queued(&lab).is_empty()) && waiter.has_ended() {
        assert_eq!(waiter.ends().code, 2, "a name that is refused");
        return;
    }
    lab.ok(&["--queue"]).assert_sound("the queue");
}

#[test]
fn who_waits_is_told_each_new_place_in_a_line() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let earlier = ["one", "two"].map(|task| How::Allocate.joins(&lab, task, 8, &[]));
    for how in How::BOTH {
        let mut quiet = how.joins(&lab, "quiet", 8, &["--quiet"]);
        lab.ok(&["--cancel", "quiet"]);
        let left = quiet.ends();
        assert!(!left.stderr.contains("place"), "{left:?}");
    }
    let mut last = How::Run.joins(&lab, "last", 8, &[]);
    let tells = |line: &str| {
        assert!(
            happens(|| last.complained().contains(line)),
            "{line}: {}",
            last.complained()
        );
    };
    tells("last: waiting, place 3 of 3\n");
    lab.ok(&["--cancel", "one"]);
    tells("last: waiting, place 2 of 2\n");
    lab.ok(&["--cancel", "two"]);
    tells("last: waiting, place 1 of 1\n");
    lab.ok(&["--release", "holder"]);
    How::Run.is_granted(&lab, "last", &mut last);
    let told = last.complained();
    let places = told.lines().filter(|line| line.contains("place"));
    assert_eq!(places.count(), 3, "{told}");
    assert!(!told.contains('\u{1b}') && !told.contains('\r'), "{told:?}");
    drop(earlier);
}

#[cfg(unix)]
mod on_terminals {
    use super::*;
    use std::process::Command;

    /// The arguments on a new terminal: input is typed there, and what it shows is said.
    fn on_terminal(lab: &Lab, arguments: &[&str]) -> Process {
        let driver = r#"
import os, pty, sys
status = pty.spawn(sys.argv[1:])
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
sys.exit(code)
"#;
        let mut python = Command::new("python3");
        python
            .args(["-c", driver, env!("CARGO_BIN_EXE_gpumgr")])
            .args(arguments);
        Process::start(lab.isolate(&mut python).env("TERM", "xterm"))
    }

    fn terminal_shows(terminal: &Process, what: &str) {
        assert!(
            happens(|| terminal.said().contains(what)),
            "{what}: {:?}",
            terminal.said()
        );
    }

    fn has_python() -> bool {
        let found = Command::new("python3").arg("--version").output().is_ok();
        if !found {
            crate::support::skipped("no python3 to be a terminal");
        }
        found
    }

    #[test]
    fn on_a_terminal_the_place_is_written_over() {
        if !has_python() {
            return;
        }
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let _one = How::Allocate.joins(&lab, "one", 8, &[]);
        let arguments = How::Allocate.arguments("last", "8", &["--wait"]);
        let mut terminal = on_terminal(&lab, &arguments);
        terminal_shows(&terminal, "\r\u{1b}[Klast: waiting, place 2 of 2");
        lab.ok(&["--cancel", "one"]);
        terminal_shows(&terminal, "\r\u{1b}[Klast: waiting, place 1 of 1");
        let shown = terminal.said();
        assert!(!shown.contains('\n'), "{shown:?}");
        lab.ok(&["--release", "holder"]);
        let ended = terminal.ends();
        assert_eq!(ended.code, 0, "{ended:?}");
        let rest = ended.stdout.strip_prefix(&*shown).unwrap();
        assert!(rest.starts_with("\r\u{1b}[K"), "{rest:?}");
        assert!(!rest.contains("place"), "{rest:?}");
        assert_eq!(holders(&lab), ["last"]);
    }

    #[test]
    fn an_interrupt_typed_on_a_terminal_leaves_the_queue() {
        use std::io::Write;
        if !has_python() {
            return;
        }
        for how in How::BOTH {
            let lab = servers(1);
            lab.ok(&["--allocate", "holder", "8", "1"]);
            let mut terminal = on_terminal(&lab, &how.arguments("last", "8", &["--wait"]));
            terminal_shows(&terminal, "place 1 of 1");
            terminal.input.as_mut().unwrap().write_all(b"\x03").unwrap();
            let ended = terminal.ends();
            assert_eq!(ended.code, 130, "{ended:?}");
            assert_eq!(queued(&lab), Vec::<String>::new());
            assert_eq!(holders(&lab), ["holder"]);
        }
    }

    #[test]
    fn a_terminal_that_is_closed_leaves_the_queue() {
        if !has_python() {
            return;
        }
        for how in How::BOTH {
            let lab = servers(1);
            lab.ok(&["--allocate", "holder", "8", "1"]);
            let mut terminal = on_terminal(&lab, &how.arguments("last", "8", &["--wait"]));
            terminal_shows(&terminal, "place 1 of 1");
            terminal.kill();
            assert!(happens(|| queued(&lab).is_empty()));
            assert_eq!(holders(&lab), ["holder"]);
            // The last that it does is to remove its lease.
            assert!(happens(|| lab
                .files()
                .iter()
                .all(|name| !name.contains(".lease-"))));
        }
    }
}
