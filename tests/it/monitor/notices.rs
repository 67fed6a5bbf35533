//! What the monitor tells whom, by a command that writes it down and by a real mail server.

use super::{Monitor, SCALING, Workshop, uses};
use crate::gpus::Stranger;
use crate::notify::{Server, dripping};
use crate::programs::{COMMAND, end, lives};
use crate::support::happens;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One whose notices are lines of a file.
fn telling(top: &str, template: &str, keys: &str, rest: &str) -> Workshop {
    let notification =
        format!("[notification]\nenabled = true\ncommand = \"sh -c 'cat >> told'\"\n{keys}\n");
    let shop = Workshop::with(top, template, &format!("{notification}{rest}"));
    shop.ok(&["--init"]);
    shop
}

/// The notices of that kind.
fn told(shop: &Workshop, kind: &str) -> Vec<Value> {
    let told = shop.machine.lab().text_if_any("told").unwrap_or_default();
    // The last line may be half written.
    let lines = told
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.filter(|line: &Value| line["event"] == kind).collect()
}

#[test]
fn free_gpus_are_told_once_until_they_fall_below_again() {
    let shop = telling("", COMMAND, "gpu_available_threshold = 3", "");
    shop.ok(&["--allocate", "t", "2"]);
    let monitor = Monitor::of(&shop);
    shop.ok(&["--release", "t"]);
    assert!(happens(|| told(&shop, "gpus_free").len() == 1));
    let notice = &told(&shop, "gpus_free")[0];
    assert_eq!((&notice["free"], &notice["total"]), (&json!(4), &json!(4)));
    // Settings that are read anew are no news.
    monitor.send(nix::sys::signal::Signal::SIGHUP);
    let log = || shop.machine.lab().read("gpu_manager.log");
    assert!(happens(|| log().contains("read its config anew")));
    // Three are still enough, and nothing new; the lapse shows that the monitor saw them.
    shop.ok(&["--allocate", "one", "1", "--ttl", "1s"]);
    assert!(happens(|| told(&shop, "task_lapsed").len() == 1));
    assert_eq!(told(&shop, "gpus_free").len(), 1);
    shop.ok(&["--allocate", "all", "4", "--ttl", "1s"]);
    assert!(happens(|| told(&shop, "gpus_free").len() == 2));
}

#[test]
fn ends_failures_and_lapses_are_told() {
    let template = "command = \"sh script.sh {task_id}\"";
    let shop = telling("", template, "", "");
    let script = "[ $1 = good ] && { sleep 1.2; exit 0; }; [ $1 = bad ] && { sleep 1.2; exit 5; }; sleep 600";
    shop.machine.lab().write("script.sh", script);
    let _monitor = Monitor::of(&shop);
    for task in ["good", "bad", "stopped", "lost"] {
        shop.ok(&["--start-program", task]);
    }
    let (supervisor, program) = shop.pids("lost");
    end(supervisor);
    end(program);
    shop.ok(&["--stop-program", "stopped"]);
    assert!(happens(|| told(&shop, "task_ended").len() == 3));
    let ended = told(&shop, "task_ended");
    let of = |task: &str| ended.iter().find(|notice| notice["task"] == task).unwrap();
    assert_eq!(of("good")["exit"], 0);
    assert_eq!(of("good")["server"], "s");
    assert_eq!(of("lost")["exit"], Value::Null);
    assert!(happens(|| told(&shop, "task_failed").len() == 1));
    let failed = &told(&shop, "task_failed")[0];
    assert_eq!(
        (&failed["task"], &failed["exit"]),
        (&json!("bad"), &json!(5))
    );
    assert!(failed["text"].as_str().unwrap().contains("bad"), "{failed}");
    shop.run(&["--run", "r", "--", "false"]);
    assert!(happens(|| told(&shop, "task_failed").len() == 2));
    shop.ok(&["--allocate", "short", "1", "--ttl", "1s"]);
    assert!(happens(|| told(&shop, "task_lapsed").len() == 1));
}

#[test]
fn growing_and_shrinking_are_told_with_what_is_held_then() {
    let shop = telling(
        "auto_scale = true",
        COMMAND,
        "",
        &format!("{SCALING}max_gpus = 2\n"),
    );
    uses(&shop, [100; 4]);
    shop.ok(&["--start-program", "t"]);
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| told(&shop, "task_scaled").len() == 1));
    uses(&shop, [0; 4]);
    assert!(happens(|| told(&shop, "task_scaled").len() == 2));
    let scaled = told(&shop, "task_scaled");
    assert_eq!(
        (&scaled[0]["up"], &scaled[0]["gpus"]),
        (&json!(true), &json!([0, 1]))
    );
    assert_eq!(
        (&scaled[1]["up"], &scaled[1]["gpus"]),
        (&json!(false), &json!([0]))
    );
}

#[test]
fn strangers_idle_tasks_and_long_waits_are_told_once() {
    let stranger = Stranger::new();
    let shop = telling(
        "",
        COMMAND,
        "wait_limit = \"1s\"",
        "[gpu]\nidle_warning = \"1m\"\n",
    );
    shop.ok(&["--allocate", "idler", "3"]);
    // It has idled for long already.
    let lab = shop.machine.lab();
    let task = shop.task("idler").unwrap();
    let start = task["start_time"].to_string();
    let long_ago =
        "\"2020-01-01T00:00:00+00:00\",\n          \"idle_since\": \"2020-01-01T00:00:00+00:00\"";
    lab.write(
        "resource_status.json",
        lab.state_text().replace(&start, long_ago),
    );
    shop.machine
        .becomes(&format!("count 4\n{}", stranger.on(3)));
    let waits = ["--run", "w", "4", "--wait", "--", "true"];
    let mut waits = shop.machine.command(&waits);
    let mut waits = waits.stderr(std::process::Stdio::null()).spawn().unwrap();
    let _monitor = Monitor::of(&shop);
    assert!(happens(|| told(&shop, "waited_long").len() == 1));
    assert!(happens(
        || told(&shop, "stranger").len() == 1 && told(&shop, "task_idle").len() == 1
    ));
    let found = &told(&shop, "stranger")[0];
    assert_eq!(found["pid"], stranger.pid());
    assert_eq!(
        (&found["gpu"], &found["command"]),
        (&json!(3), &json!("sleep"))
    );
    assert_eq!(told(&shop, "task_idle")[0]["task"], "idler");
    assert_eq!(told(&shop, "waited_long")[0]["task"], "w");
    waits.kill().unwrap();
    waits.wait().unwrap();
}

#[test]
fn mail_goes_out_and_a_dead_server_delays_nothing() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    let mail = |port: u16| {
        format!(
            "[notification]\nenabled = true\nemail = \"ops@example.org\"\nsmtp_server = \"127.0.0.1\"\n\
             smtp_port = {port}\ncommand = \"sh -c 'cat >> told'\"\n"
        )
    };
    let shop = Workshop::with("", COMMAND, &mail(server.port));
    shop.ok(&["--init"]);
    let monitor = Monitor::of(&shop);
    let subjects = || {
        let mails = server.mails();
        let subject = |mail: &Value| mail["headers"]["Subject"].to_string();
        mails.iter().map(subject).collect::<Vec<_>>()
    };
    assert!(happens(|| subjects().len() == 1), "{:?}", server.mails());
    shop.ok(&["--allocate", "short", "1", "--ttl", "1s"]);
    assert!(happens(|| subjects()
        .iter()
        .any(|subject| subject.contains("short"))));
    drop(monitor);
    // A server that takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    shop.configure("", COMMAND, &mail(silent.local_addr().unwrap().port()));
    let _monitor = Monitor::of(&shop);
    shop.ok(&["--allocate", "next", "1", "--ttl", "1s"]);
    assert!(happens(|| shop.task("next").is_none()));
    // Who is told by command is.
    let lapsed = || {
        told(&shop, "task_lapsed")
            .iter()
            .any(|notice| notice["task"] == "next")
    };
    assert!(happens(lapsed));
}

#[test]
fn a_config_that_others_may_write_tells_nobody() {
    use std::os::unix::fs::PermissionsExt;
    let shop = telling("", COMMAND, "", "");
    let config = shop.machine.lab().join("config.toml");
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(shop.run(&["--monitor"]).code, 2);
    assert!(shop.machine.lab().text_if_any("told").is_none());
}

#[test]
fn a_mail_server_that_never_comes_to_an_end_is_given_up() {
    let left = Arc::new(AtomicBool::new(false));
    let port = dripping(&left);
    let keys = format!(
        "email = 'ops@example.org'\nsmtp_server = '127.0.0.1'\nsmtp_port = {port}\n\
         timeout = '200ms'"
    );
    let shop = telling("", COMMAND, &keys, "");
    let monitor = Monitor::of(&shop);
    assert!(happens(|| left.load(Ordering::SeqCst)));
    // It tries once more before it ends.
    monitor.send(Signal::SIGTERM);
    monitor.ends();
    let log = shop.machine.lab().read("gpu_manager.log");
    assert!(log.contains("did not answer within 0.6 s"), "{log}");
}

#[test]
fn command_that_hangs_ends_with_the_monitor() {
    let hangs = "sh -c 'sleep 600 & echo $! > pid.new; mv pid.new pid; wait'";
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let notification = format!(
            "[notification]\nenabled = true\ncommand = \"{hangs}\"\ntimeout = \"60s\"\n\
             gpu_available_threshold = 1\n"
        );
        let shop = Workshop::with("", COMMAND, &notification);
        shop.ok(&["--init"]);
        let monitor = Monitor::of(&shop);
        let pid = || shop.machine.lab().text_if_any("pid");
        assert!(happens(|| pid().is_some()));
        let pid = pid().unwrap().trim().parse().unwrap();
        assert!(lives(pid));
        monitor.send(signal);
        // A second one is no reason to leave it behind.
        monitor.send(signal);
        assert_eq!(monitor.ends(), Some(0));
        assert!(happens(|| !lives(pid)));
    }
}

/// Its group cannot be ended then, but the command itself is.
#[test]
fn command_that_hangs_ends_with_a_killed_monitor() {
    let notification = "[notification]\nenabled = true\ncommand = \"sh -c 'echo $$ > pid.new; mv pid.new pid; \
                        exec sleep 600'\"\ntimeout = \"60s\"\ngpu_available_threshold = 1\n";
    let shop = Workshop::with("", COMMAND, notification);
    shop.ok(&["--init"]);
    let monitor = Monitor::of(&shop);
    let pid = || shop.machine.lab().text_if_any("pid");
    assert!(happens(|| pid().is_some()));
    let pid = pid().unwrap().trim().parse().unwrap();
    monitor.kill();
    assert!(happens(|| !lives(pid)));
}
