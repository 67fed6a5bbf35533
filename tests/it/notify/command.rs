//! Commands that are told, or are not.

use super::*;

#[test]
fn a_command_gets_the_event_as_json() {
    let lab = lab_running("sh -c 'cat > told'", "");
    let ran = lab.ok(&TEST);
    assert!(ran.stdout.contains("sh"), "{ran:?}");
    let line = lab.read("told");
    assert_eq!(line.find('\n'), Some(line.len() - 1), "{line:?}");
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["event"], "test");
    assert_eq!(event["state"], lab.shown("resource_status.json"));
    assert_eq!(event["text"], "This is a test: notifications come through");
    let hostname = nix::unistd::gethostname().unwrap();
    assert_eq!(event["host"], hostname.to_str().unwrap());
    assert!(event["time"].is_string(), "{event}");
}

#[test]
fn no_shell_reads_the_command() {
    let lab = lab_running("tee '$(touch made) a;b'", "");
    lab.ok(&TEST);
    assert_eq!(lab.files(), ["$(touch made) a;b", "config.toml"]);
}

#[test]
fn a_command_that_fails_is_told_of_in_its_words() {
    let lab = lab_running("sh -c 'echo no webhook >&2; exit 3'", "");
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1, "{ran:?}");
    for needle in ["no webhook", "3", "by hand"] {
        assert!(ran.stderr.contains(needle), "{needle}: {ran:?}");
    }
    let (code, document) = lab.json(&TEST);
    assert_eq!(code, 1);
    assert_eq!(document["error"]["kind"], "io");
    assert_eq!(document["mail"], Value::Null);
    assert_eq!(document["command"]["sent"], false);
    let why = document["command"]["error"].as_str().unwrap();
    assert!(why.contains("no webhook"), "{document}");
}

#[test]
fn a_command_that_is_not_there_is_told_of() {
    let lab = lab_running("./nowhere --key s3cret", "");
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("./nowhere"), "{ran:?}");
    assert!(ran.stderr.contains("cannot be started"), "{ran:?}");
    // What follows may be the key of a webhook.
    assert!(!ran.stderr.contains("s3cret"), "{ran:?}");
}

#[test]
fn a_command_that_hangs_is_killed_with_all_it_started() {
    let lab = lab_running(
        "sh -c 'sleep 1000 & echo $! > pid.new; mv pid.new pid; wait'",
        "timeout = '2s'",
    );
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("did not end within 2s"), "{ran:?}");
    let pid = lab.read("pid");
    assert!(happens(|| is_gone(&pid)), "{pid}");
}

#[test]
fn a_command_need_not_read_and_may_say_much() {
    lab_running("true", "").ok(&TEST);
    lab_running("sh -c 'exec <&-; true'", "").ok(&TEST);
    // More than a pipe takes.
    lab_running("sh -c 'yes | head -c 1000000'", "").ok(&TEST);
    let lab = lab_running(
        "sh -c 'yes | head -c 1000000 >&2; echo at last; exit 1'",
        "",
    );
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("at last"), "{ran:?}");
    assert!(ran.stderr.len() < 10_000, "{}", ran.stderr.len());
}

#[test]
fn what_a_command_leaves_behind_keeps_nobody_waiting_and_ends() {
    for code in [0, 1] {
        // It holds the outputs open.
        let script = format!("sh -c 'sleep 1000 & echo $! > pid; exit {code}'");
        let lab = lab_running(&script, "");
        let ran = lab.run(&TEST);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(happens(|| is_gone(&lab.read("pid"))));
    }
}

fn is_gone(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn a_dead_mail_server_keeps_no_command_from_being_told() {
    let lab = lab_running(
        "sh -c 'cat > told'",
        "email = 'ops@example.org'\nsmtp_server = '127.0.0.1'\nsmtp_port = 1",
    );
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(lab.read("told").contains("\"test\""));
    let (_, document) = lab.json(&TEST);
    assert_eq!(document["mail"]["sent"], false);
    let command = json!({ "sent": true, "program": "sh", "error": null });
    assert_eq!(document["command"], command);
}
