//! Notices: a sentence each, for a mail and for a command; and what came of a test.

use super::{Style, done_mark, gpu_list, span};
use crate::notify::Notice;
use crate::outcome::Tested;
use crate::render::words::Words;
use chrono::TimeDelta;

/// A reason that the event's own sentence has said already.
const SAYS_NO_MORE: &str = "failed";

/// One sentence, in one line.
pub(crate) fn notice(notice: &Notice, style: &Style) -> String {
    let words = style.results();
    match notice {
        Notice::GpusFree { free, total } => {
            let values = [("free", (*free).into()), ("total", (*total).into())];
            words.say("notice-gpus-free", values)
        }
        Notice::Ended {
            task,
            owner,
            server,
            exit,
        } => about("notice-ended", (task, owner, server), None, words) + &exited(*exit, words),
        Notice::Failed {
            task,
            owner,
            server,
            exit,
            why,
        } => {
            let because = |why: &String| words.say("notice-why", [("why", why.as_str().into())]);
            let why = why.as_ref().filter(|why| *why != SAYS_NO_MORE);
            let why = why.map(because).unwrap_or_default();
            let failed = about("notice-failed", (task, owner, server), None, words);
            failed + &exited(*exit, words) + &why
        }
        Notice::Lapsed {
            task,
            owner,
            server,
        } => about("notice-lapsed", (task, owner, server), None, words),
        Notice::Scaled {
            task,
            owner,
            server,
            gpus,
            up,
        } => {
            let key = match up {
                true => "notice-scaled-up",
                false => "notice-scaled-down",
            };
            let gpus = ("gpus", gpu_list(gpus));
            about(key, (task, owner, server), Some(gpus), words)
        }
        Notice::Idle {
            task,
            owner,
            server,
            seconds,
        } => {
            let time = ("time", time(*seconds));
            about("notice-idle", (task, owner, server), Some(time), words)
        }
        Notice::WaitedLong {
            task,
            owner,
            seconds,
        } => {
            let time = ("time", time(*seconds));
            about("notice-waited-long", (task, owner, ""), Some(time), words)
        }
        Notice::Stranger {
            server,
            gpu,
            pid,
            user,
            command,
        } => {
            let values = [
                ("server", server.as_str().into()),
                ("gpu", u64::from(*gpu).into()),
                ("pid", pid.to_string().into()),
                ("user", or_dash(user).into()),
                ("command", or_dash(command).into()),
            ];
            words.say("notice-stranger", values)
        }
        Notice::Test => words.text("notice-test"),
    }
}

/// What happened to that task, with one more value.
fn about(
    key: &str,
    (task, owner, server): (&str, &Option<String>, &str),
    more: Option<(&str, String)>,
    words: &Words,
) -> String {
    let values = [
        ("task", task.into()),
        ("owner", or_dash(owner).into()),
        ("server", server.into()),
    ];
    let more = more.map(|(name, value)| (name, value.into()));
    words.say(key, values.into_iter().chain(more))
}

fn exited(code: Option<u8>, words: &Words) -> String {
    let exited = |code: u8| words.say("notice-exit", [("code", u64::from(code).into())]);
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
    let words = style.results();
    let mail = tested.mail.as_ref();
    let mail = mail.map(|(to, _)| words.say("tested-mail", [("to", to.as_str().into())]));
    let command = tested.command.as_ref().map(|(program, _)| {
        let values = [("program", program.as_str().into())];
        words.say("tested-command", values)
    });
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
