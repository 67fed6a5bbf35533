//! Notices: a sentence each, for a mail and for a command; and what came of a test.

use super::{Style, done_mark, gpu_list, span};
use crate::notify::Notice;
use crate::notify::Tested;
use crate::render::messages::{Key, Messages, key, text};
use chrono::TimeDelta;

/// A reason that the event's own sentence has said already.
const SAYS_NO_MORE: &str = "failed";

/// One sentence, in one line.
pub(crate) fn notice(notice: &Notice, style: &Style) -> String {
    let messages = style.messages();
    match notice {
        Notice::GpusFree { free, total } => {
            let values = [("free", (*free).into()), ("total", (*total).into())];
            messages.format(key!("notice-gpus-free", free, total), &values)
        }
        Notice::Ended {
            task,
            owner,
            server,
            exit,
        } => {
            about(
                key!("notice-ended", owner, server, task),
                (task, owner, server),
                None,
                messages,
            ) + &exited(*exit, messages)
        }
        Notice::Failed {
            task,
            owner,
            server,
            exit,
            why,
        } => {
            let because = |why: &String| text!(messages, "notice-why", why = why.as_str());
            let why = why.as_ref().filter(|why| *why != SAYS_NO_MORE);
            let why = why.map(because).unwrap_or_default();
            let failed = about(
                key!("notice-failed", owner, server, task),
                (task, owner, server),
                None,
                messages,
            );
            failed + &exited(*exit, messages) + &why
        }
        Notice::Lapsed {
            task,
            owner,
            server,
        } => about(
            key!("notice-lapsed", owner, server, task),
            (task, owner, server),
            None,
            messages,
        ),
        Notice::Scaled {
            task,
            owner,
            server,
            gpus,
            up,
        } => {
            let key = match up {
                true => key!("notice-scaled-up", gpus, owner, server, task),
                false => key!("notice-scaled-down", gpus, owner, server, task),
            };
            let gpus = ("gpus", gpu_list(gpus));
            about(key, (task, owner, server), Some(gpus), messages)
        }
        Notice::Idle {
            task,
            owner,
            server,
            seconds,
        } => {
            let time = ("time", time(*seconds));
            about(
                key!("notice-idle", owner, server, task, time),
                (task, owner, server),
                Some(time),
                messages,
            )
        }
        Notice::WaitedLong {
            task,
            owner,
            seconds,
        } => {
            let time = ("time", time(*seconds));
            about(
                key!("notice-waited-long", owner, task, time),
                (task, owner, ""),
                Some(time),
                messages,
            )
        }
        Notice::Stranger {
            server,
            gpu,
            pid,
            user,
            command,
        } => {
            text!(
                messages,
                "notice-stranger",
                server = server.as_str(),
                gpu = u64::from(*gpu),
                pid = pid.to_string(),
                user = or_dash(user),
                command = or_dash(command)
            )
        }
        Notice::Test => text!(messages, "notice-test"),
    }
}

/// What happened to that task, with one more value.
fn about(
    key: Key,
    (task, owner, server): (&str, &Option<String>, &str),
    more: Option<(&str, String)>,
    messages: &Messages,
) -> String {
    let mut values = vec![
        ("task", task.into()),
        ("owner", or_dash(owner).into()),
        ("server", server.into()),
    ];
    values.extend(more.map(|(name, value)| (name, value.into())));
    messages.format(key, &values)
}

fn exited(code: Option<u8>, messages: &Messages) -> String {
    let exited = |code: u8| text!(messages, "notice-exit", code = u64::from(code));
    code.map(exited).unwrap_or_default()
}

fn or_dash(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("-")
}

fn time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
    span(seconds.unwrap_or(TimeDelta::MAX))
}

/// A test that went well.
pub(super) fn tested(tested: &Tested, style: &Style) -> String {
    let messages = style.messages();
    let mail = tested.mail.as_ref();
    let mail = mail.map(|(to, _)| text!(messages, "tested-mail", to = to.as_str()));
    let command = tested
        .command
        .as_ref()
        .map(|(program, _)| text!(messages, "tested-command", program = program.as_str()));
    let told = mail.into_iter().chain(command);
    told.map(|told| format!("{} {told}\n", done_mark(style)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::notice;
    use crate::cli::{Language, Output};
    use crate::notify::Notice;
    use crate::render::Style;

    fn all() -> Vec<(Notice, &'static [&'static str])> {
        let owner = || Some("ann".to_owned());
        let (task, server) = (|| "train".to_owned(), || "node-7".to_owned());
        vec![
            (Notice::GpusFree { free: 3, total: 8 }, &["3", "8"]),
            (
                Notice::Ended {
                    task: task(),
                    owner: owner(),
                    server: server(),
                    exit: None,
                },
                &["train", "ann", "node-7"],
            ),
            (
                Notice::Failed {
                    task: task(),
                    owner: None,
                    server: server(),
                    exit: Some(42),
                    why: Some("no\nluck".to_owned()),
                },
                &["train", "-", "node-7", "42", "no\\nluck"],
            ),
            (
                Notice::Lapsed {
                    task: task(),
                    owner: owner(),
                    server: server(),
                },
                &["train", "ann", "node-7"],
            ),
            (
                Notice::Scaled {
                    task: task(),
                    owner: owner(),
                    server: server(),
                    gpus: vec![0, 5],
                    up: true,
                },
                &["train", "ann", "node-7", "[0, 5]"],
            ),
            (
                Notice::Scaled {
                    task: task(),
                    owner: owner(),
                    server: server(),
                    gpus: vec![5],
                    up: false,
                },
                &["train", "ann", "node-7", "[5]"],
            ),
            (
                Notice::Idle {
                    task: task(),
                    owner: owner(),
                    server: server(),
                    seconds: 7260,
                },
                &["train", "ann", "node-7", "2h 1m"],
            ),
            (
                Notice::Stranger {
                    server: server(),
                    gpu: 6,
                    pid: 4242,
                    user: owner(),
                    command: Some("python3".to_owned()),
                },
                &["node-7", "6", "4242", "ann", "python3"],
            ),
            (
                Notice::WaitedLong {
                    task: task(),
                    owner: owner(),
                    seconds: u64::MAX,
                },
                &["train", "ann"],
            ),
            (Notice::Test, &[]),
        ]
    }

    #[test]
    fn a_notice_is_one_sentence_of_its_own_with_all_that_it_tells() {
        for language in [Language::En, Language::Zh, Language::Ja] {
            let style = Style::new(Output::Text, language, false);
            let mut seen = Vec::new();
            for (told, parts) in all() {
                let sentence = notice(&told, &style);
                assert!(!sentence.contains('\n'), "{sentence}");
                for part in parts {
                    assert!(sentence.contains(part), "{part}: {sentence}");
                }
                assert!(!seen.contains(&sentence), "{sentence}");
                seen.push(sentence);
            }
        }
    }

    #[test]
    fn a_failure_is_not_said_to_be_because_it_failed() {
        let failed = |why: &str| Notice::Failed {
            task: "train".to_owned(),
            owner: Some("ann".to_owned()),
            server: "s".to_owned(),
            exit: Some(3),
            why: Some(why.to_owned()),
        };
        let style = Style::new(Output::Text, Language::En, false);
        let said = notice(&failed("failed"), &style);
        assert_eq!(said, "train (ann; s) has failed, exit code 3");
        let said = notice(&failed("not started"), &style);
        assert_eq!(said, "train (ann; s) has failed, exit code 3: not started");
    }
}
