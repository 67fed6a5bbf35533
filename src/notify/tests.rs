use super::message::Message;
use super::{Channel, Context, Notice, Notifier};
use crate::config::Config;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything takes that happens at all.
const PATIENCE: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(100_000);

/// A cluster in a folder of its own, and its log.
struct Desk {
    #[cfg_attr(windows, expect(dead_code, reason = "it goes with the test"))]
    folder: TempDir,
    manager: Manager,
}

impl Desk {
    fn with(notification: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let config = Config::parse(&path, notification).unwrap();
        let manager = Manager::new(config).unwrap();
        Self { folder, manager }
    }

    fn new() -> Self {
        Self::with("")
    }

    /// Its words are the kinds of notices.
    fn context(&self) -> Context {
        let words = Arc::new(|notice: &Notice| format!("it is {}", notice.kind()));
        Context::new(self.manager.clone(), words)
    }

    fn notifier(&self, channels: Vec<Box<dyn Channel>>, delays: &[Duration]) -> Notifier {
        Notifier::with(channels, delays, self.context())
    }

    fn log(&self) -> Vec<Event> {
        self.manager
            .journal
            .read(|_| true)
            .unwrap()
            .unwrap_or_default()
    }

    /// Why each was not sent.
    fn failures(&self) -> Vec<String> {
        let events = self.log().into_iter().map(|event| {
            assert_eq!(event.action, Deed::Notify);
            assert_eq!(event.error.as_deref(), Some("io"));
            event.why.unwrap()
        });
        events.collect()
    }
}

/// Fails as often as it was told to, and says what it was asked to send.
struct Fake {
    failures: Mutex<VecDeque<&'static str>>,
    asked: Sender<String>,
    /// Until something comes here, nothing is sent.
    gate: Option<Mutex<Receiver<()>>>,
}

impl Fake {
    fn failing(failures: &[&'static str]) -> (Box<dyn Channel>, Receiver<String>) {
        let (asked, heard) = channel();
        let fake = Self {
            failures: Mutex::new(failures.iter().copied().collect()),
            asked,
            gate: None,
        };
        (Box::new(fake), heard)
    }

    fn stuck() -> (Box<dyn Channel>, Receiver<String>, Sender<()>) {
        let (asked, heard) = channel();
        let (open, gate) = channel();
        let fake = Self {
            failures: Mutex::default(),
            asked,
            gate: Some(Mutex::new(gate)),
        };
        (Box::new(fake), heard, open)
    }
}

impl Channel for Fake {
    fn name(&self) -> String {
        "fake".to_owned()
    }

    fn send(&self, message: &Message) -> Result<(), String> {
        let _ = self.asked.send(message.text.clone());
        if let Some(gate) = &self.gate {
            let _ = gate.lock().unwrap().recv();
        }
        match self.failures.lock().unwrap().pop_front() {
            Some(why) => Err(why.to_owned()),
            None => Ok(()),
        }
    }
}

fn failed() -> Notice {
    Notice::Failed {
        task: "train".to_owned(),
        owner: None,
        server: "s".to_owned(),
        exit: Some(3),
        why: Some("of no\nluck".to_owned()),
    }
}

fn hear(heard: &Receiver<String>) -> String {
    heard.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn what_fails_twice_is_sent_the_third_time() {
    let desk = Desk::new();
    let (fake, heard) = Fake::failing(&["one", "two"]);
    let notifier = desk.notifier(vec![fake], &[Duration::ZERO; 3]);
    notifier.tell(&failed());
    for _ in 0..3 {
        assert_eq!(hear(&heard), "it is task_failed");
    }
    notifier.finish(PATIENCE);
    assert_eq!(heard.recv().ok(), None);
    assert_eq!(desk.failures(), Vec::<String>::new());
}

#[test]
fn what_never_works_is_logged_with_the_last_reason_and_the_next_one_is_sent() {
    let desk = Desk::new();
    let (fake, heard) = Fake::failing(&["one", "two"]);
    let notifier = desk.notifier(vec![fake], &[Duration::ZERO]);
    notifier.tell(&failed());
    assert_eq!(hear(&heard), "it is task_failed");
    assert_eq!(hear(&heard), "it is task_failed");
    notifier.tell(&Notice::Test);
    assert_eq!(hear(&heard), "it is test");
    notifier.finish(PATIENCE);
    assert_eq!(desk.failures(), ["task_failed was not sent (fake): two"]);
}

#[test]
fn a_dead_channel_holds_nobody_up() {
    let desk = Desk::new();
    let (stuck, stuck_heard, open) = Fake::stuck();
    let (good, heard) = Fake::failing(&[]);
    let notifier = desk.notifier(vec![stuck, good], &[NEVER]);
    notifier.tell(&failed());
    assert_eq!(hear(&stuck_heard), "it is task_failed");
    // The first one is never done, and the others are told all the same.
    for _ in 0..50 {
        notifier.tell(&Notice::Test);
    }
    assert_eq!(hear(&heard), "it is task_failed");
    for _ in 0..50 {
        assert_eq!(hear(&heard), "it is test");
    }
    notifier.finish(Duration::ZERO);
    let failures = desk.failures();
    assert_eq!(failures.len(), 51, "{failures:?}");
    let expected = "task_failed was not sent (fake): gpumgr ended before";
    assert_eq!(failures[0], expected);
    assert_eq!(desk.log()[0].task.as_deref(), Some("train"));
    drop(open);
}

#[test]
fn what_came_back_too_late_is_not_logged_twice() {
    let desk = Desk::new();
    let (stuck, heard, open) = Fake::stuck();
    let notifier = desk.notifier(vec![stuck], &[]);
    notifier.tell(&Notice::Test);
    hear(&heard);
    notifier.finish(Duration::ZERO);
    drop(open);
    // The thread lets go of the channel when it ends.
    assert_eq!(heard.recv().ok(), None);
    assert_eq!(desk.failures().len(), 1);
}

#[test]
fn the_end_brings_one_more_try() {
    let desk = Desk::new();
    let (fake, heard) = Fake::failing(&["one"]);
    let notifier = desk.notifier(vec![fake], &[NEVER]);
    notifier.tell(&failed());
    hear(&heard);
    notifier.finish(PATIENCE);
    assert_eq!(hear(&heard), "it is task_failed");
    assert_eq!(desk.failures(), Vec::<String>::new());

    let (fake, heard) = Fake::failing(&["one", "two"]);
    let notifier = desk.notifier(vec![fake], &[NEVER, NEVER]);
    notifier.tell(&failed());
    hear(&heard);
    // To forget it is to end it.
    drop(notifier);
    assert_eq!(hear(&heard), "it is task_failed");
    assert_eq!(desk.failures(), ["task_failed was not sent (fake): two"]);
}

#[test]
fn whoever_goes_on_does_not_wait_for_the_end_of_another() {
    let desk = Desk::new();
    let (stuck, stuck_heard, open) = Fake::stuck();
    let notifier = desk.notifier(vec![stuck], &[NEVER]);
    notifier.tell(&failed());
    hear(&stuck_heard);
    let finishing = notifier.finish_behind(PATIENCE);
    assert!(!finishing.is_done());
    // It tells by another one meanwhile, and what is underway is still sent.
    let (good, heard) = Fake::failing(&[]);
    let next = desk.notifier(vec![good], &[NEVER]);
    next.tell(&Notice::Test);
    assert_eq!(hear(&heard), "it is test");
    assert_eq!(desk.failures(), Vec::<String>::new());
    open.send(()).unwrap();
    finishing.wait();
    assert_eq!(desk.failures(), Vec::<String>::new());
}

#[test]
fn what_whoever_goes_on_did_not_send_is_logged_as_that() {
    let desk = Desk::new();
    let (stuck, heard, open) = Fake::stuck();
    let notifier = desk.notifier(vec![stuck], &[NEVER]);
    notifier.tell(&failed());
    hear(&heard);
    notifier.tell(&Notice::Test);
    notifier.finish_behind(Duration::ZERO).wait();
    let why = "was not sent (fake): the settings changed before";
    let expected = ["task_failed", "test"].map(|kind| format!("{kind} {why}"));
    assert_eq!(desk.failures(), expected);
    drop(open);
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let desk = Desk::new();
    let (stuck, heard, open) = Fake::stuck();
    let notifier = desk.notifier(vec![stuck], &[]);
    notifier.tell(&Notice::Test);
    hear(&heard);
    for _ in 0..1007 {
        notifier.tell(&Notice::Test);
    }
    drop(open);
    notifier.finish(PATIENCE);
    let expected = "7 notices were not sent: too many wait (fake)";
    assert_eq!(desk.failures(), [expected]);
}

#[test]
fn an_event_is_one_line_of_json() {
    let desk = Desk::new();
    let context = desk.context();
    let task = || ("t".to_owned(), Some("ann".to_owned()), "s".to_owned());
    let (name, owner, server) = task();
    let all = [
        (
            Notice::GpusFree { free: 3, total: 8 },
            json!({ "event": "gpus_free", "free": 3, "total": 8 }),
        ),
        (
            Notice::Ended {
                task: name.clone(),
                owner: owner.clone(),
                server: server.clone(),
                exit: Some(0),
            },
            json!({ "event": "task_ended", "task": "t", "owner": "ann", "server": "s", "exit": 0 }),
        ),
        (
            failed(),
            json!({
                "event": "task_failed", "task": "train", "owner": null, "server": "s", "exit": 3,
                "why": "of no\nluck",
            }),
        ),
        (
            Notice::Lapsed {
                task: name.clone(),
                owner: owner.clone(),
                server: server.clone(),
            },
            json!({ "event": "task_lapsed", "task": "t", "owner": "ann", "server": "s" }),
        ),
        (
            Notice::Scaled {
                task: name.clone(),
                owner: owner.clone(),
                server: server.clone(),
                gpus: vec![0, 2],
                up: true,
            },
            json!({
                "event": "task_scaled", "task": "t", "owner": "ann", "server": "s", "gpus": [0, 2],
                "up": true,
            }),
        ),
        (
            Notice::Idle {
                task: name.clone(),
                owner: owner.clone(),
                server: server.clone(),
                seconds: 60,
            },
            json!({
                "event": "task_idle", "task": "t", "owner": "ann", "server": "s", "seconds": 60,
            }),
        ),
        (
            Notice::Stranger {
                server,
                gpu: 1,
                pid: 42,
                user: None,
                command: Some("python3".to_owned()),
            },
            json!({
                "event": "stranger", "server": "s", "gpu": 1, "pid": 42, "user": null,
                "command": "python3",
            }),
        ),
        (
            Notice::WaitedLong {
                task: name,
                owner,
                seconds: 3600,
            },
            json!({ "event": "waited_long", "task": "t", "owner": "ann", "seconds": 3600 }),
        ),
        (Notice::Test, json!({ "event": "test" })),
    ];
    for (notice, mut expected) in all {
        let line = context.message(&notice).line;
        assert_eq!(line.find('\n'), Some(line.len() - 1), "{line}");
        let mut event: Value = serde_json::from_str(&line).unwrap();
        let time = event["time"].take();
        let time = chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap());
        assert!(time.is_ok(), "{line}");
        expected["time"] = Value::Null;
        expected["host"] = crate::system::here().host.into();
        expected["state"] = desk.manager.state_file().to_str().unwrap().into();
        expected["text"] = format!("it is {}", notice.kind()).into();
        assert_eq!(event, expected);
    }
}

#[cfg(unix)]
#[test]
fn a_broken_mail_server_keeps_no_command_from_being_run() {
    let desk = Desk::with(
        "[notification]\nenabled = true\nemail = 'a@example.org'\nsmtp_server = '127.0.0.1'\n\
         smtp_port = 1\ncommand = 'sh -c true told'\n",
    );
    let mut notification = desk.manager.config.notification.clone().unwrap();
    let told = desk.folder.path().join("told");
    notification.command[2] = "cat > \"$0\"".to_owned();
    notification.command[3] = told.to_str().unwrap().to_owned();
    let notifier = Notifier::start(&notification, desk.context());
    notifier.tell(&failed());
    notifier.finish(PATIENCE);
    let event: Value = serde_json::from_slice(&std::fs::read(told).unwrap()).unwrap();
    assert_eq!(event["event"], "task_failed");
    let failures = desk.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    let begin = "task_failed was not sent (mail to a@example.org): ";
    assert!(failures[0].starts_with(begin), "{failures:?}");
}
