//! Errors in words: what happened, to what, and what to do next.

mod config;
mod notify;
mod refused;
mod steps;
mod store;

use super::Style;
use super::text::{hints, paint_error, unmeasured, unreadable, words_of_wait};
use super::words::{Words, printable};
use crate::allocator::{BadName, Name, Unreadable, Why};
use crate::error::Error;
use std::io;
use std::path::Path;

/// An error in words.
pub(super) struct Message {
    headline: String,
    details: Vec<String>,
    pub(super) hint: String,
}

impl Message {
    pub(super) fn in_one_line(&self) -> String {
        let parts: Vec<_> = std::iter::once(&self.headline)
            .chain(&self.details)
            .map(String::as_str)
            .collect();
        parts.join("; ")
    }

    pub(super) fn for_terminal(&self, style: &Style) -> String {
        let mut text = format!("{} {}\n", paint_error("✗", style), self.headline);
        let hint = (!self.hint.is_empty() && !style.quiet).then_some(&self.hint);
        for line in self
            .details
            .iter()
            .chain(hint)
            .flat_map(|part| part.lines())
        {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

pub(super) fn message(error: &Error, words: &Words) -> Message {
    match error {
        Error::Refused(refusal) => refused::message(refusal, words),
        Error::Store(error) => store::message(error, words),
        Error::Config(error) => config::message(error, words),
        Error::Unconfirmed => plain(words, "error-unconfirmed"),
        Error::NoNotification => plain(words, "error-no-notification"),
        Error::NotTold(tested) => notify::message(tested, words),
        Error::Command { command, source } => Message {
            headline: words.say(
                "error-command",
                [("command", command.to_string_lossy().as_ref().into())],
            ),
            details: vec![printable(&source.to_string())],
            hint: words.text(match source.kind() {
                io::ErrorKind::NotFound => "error-command.not-found",
                _ => "error-command.hint",
            }),
        },
        Error::NoProcess { pid } => Message {
            headline: words.say("error-no-process", [("pid", pid.to_string().into())]),
            details: Vec::new(),
            hint: words.text("error-no-process.hint"),
        },
        Error::NotMeasured(why) => Message {
            details: vec![unmeasured(why, &words.of_results())],
            ..plain(words, "error-not-measured")
        },
        Error::NotCounted(why) => {
            let message = plain(words, "error-not-counted");
            let results = words.of_results();
            Message {
                details: vec![unreadable(why, &results)],
                hint: match why {
                    Unreadable::Late => results.text("gpu-hint-late"),
                    _ => message.hint,
                },
                ..message
            }
        }
        Error::NoTemplate => plain(words, "error-no-template"),
        Error::Elsewhere { task, server } => {
            let values = [
                ("task", task.as_str().into()),
                ("server", server.as_str().into()),
            ];
            Message {
                headline: words.say("error-elsewhere", values),
                details: Vec::new(),
                hint: words.text("error-elsewhere.hint"),
            }
        }
        Error::EndedAtOnce {
            task,
            exit,
            lines,
            log,
            stays,
        } => Message {
            headline: words.say(
                "error-ended-at-once",
                [("task", task.as_str().into()), ("exit", (*exit).into())],
            ),
            details: lines
                .lines()
                .map(printable)
                .chain(stays.then(|| words.text("error-ended-at-once.stays")))
                .collect(),
            hint: words.say("error-ended-at-once.hint", [("path", shown(log).into())]),
        },
        Error::Unstarted {
            task,
            command,
            source,
        } => Message {
            headline: words.say(
                "error-unstarted",
                [
                    ("task", task.as_str().into()),
                    ("command", command.to_string_lossy().as_ref().into()),
                ],
            ),
            details: vec![printable(&source.to_string())],
            hint: words.text("error-unstarted.hint"),
        },
        Error::ProgramLog { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(words, "error-program-log", path)
        },
        Error::SharedLogs { path } => at_path(words, "error-shared-logs", path),
        Error::Monitored { by } => Message {
            headline: words.say("error-monitored", [("by", by.as_str().into())]),
            details: Vec::new(),
            hint: words.text("error-monitored.hint"),
        },
        Error::OtherState { state } => at_path(words, "error-other-state", state),
        Error::OtherConfig { was, now } => Message {
            details: vec![match now {
                Some(now) => words.say("error-other-config.other", [("path", shown(now).into())]),
                None => words.text("error-other-config.none"),
            }],
            ..at_path(words, "error-other-config", was)
        },
        Error::NotReloaded(why) => {
            let message = message(why, words);
            let details = message.details.into_iter();
            Message {
                details: details.chain([words.text("config-not-reloaded")]).collect(),
                ..message
            }
        }
        Error::NoSupervisor { task } => Message {
            headline: words.say("error-no-supervisor", [("task", task.as_str().into())]),
            details: Vec::new(),
            hint: words.text("error-no-supervisor.hint"),
        },
        Error::StillRuns { task } => Message {
            headline: words.say("error-still-runs", [("task", task.as_str().into())]),
            details: Vec::new(),
            hint: words.text("error-still-runs.hint"),
        },
        Error::LongName { task, prefix } => Message {
            headline: words.say(
                "error-long-name",
                [
                    ("task", task.as_str().into()),
                    ("prefix", prefix.as_str().into()),
                    ("max", Name::MAX_CHARS.into()),
                ],
            ),
            details: Vec::new(),
            hint: words.text("error-long-name.hint"),
        },
        Error::NoHostName => plain(words, "error-no-host-name"),
        Error::WaitedOut { task, why } => {
            let results = words.of_results();
            let message = about_wait("error-waited-out", task, words);
            let withheld = why.iter().filter_map(|why| match &why.0 {
                Why::Lacks { withheld, .. } => withheld.as_ref(),
                _ => None,
            });
            let helps = withheld.flat_map(|withheld| hints(withheld, &results));
            let hint = std::iter::once(message.hint).chain(helps);
            Message {
                details: why
                    .iter()
                    .map(|why| words_of_wait(&why.0, why.1, &results))
                    .collect(),
                hint: hint.collect::<Vec<_>>().join("\n"),
                ..message
            }
        }
        Error::StepWaitedOut(shortage) => steps::waited_out(shortage, words),
        Error::Cancelled { task } => about_wait("error-cancelled", task, words),
        Error::Interrupted { signal } => Message {
            headline: words.say("error-interrupted", [("signal", (*signal).into())]),
            details: Vec::new(),
            hint: words.text("error-interrupted.hint"),
        },
        Error::UnknownUser(source) => Message {
            details: vec![printable(&source.to_string())],
            ..plain(words, "error-unknown-user")
        },
        Error::System(source) => Message {
            headline: words.text("error-system"),
            details: vec![printable(&source.to_string())],
            hint: words.text("error-system.hint"),
        },
    }
}

fn about_wait(key: &str, task: &Name, words: &Words) -> Message {
    Message {
        headline: words.say(key, [("task", task.as_str().into())]),
        details: Vec::new(),
        hint: words.text(&format!("{key}.hint")),
    }
}

/// What the front end itself ran into, in the words of the system.
pub(super) fn other(error: &anyhow::Error) -> Message {
    Message {
        headline: printable(&format!("{error:#}")),
        details: Vec::new(),
        hint: String::new(),
    }
}

fn plain(words: &Words, key: &str) -> Message {
    Message {
        headline: words.text(key),
        details: Vec::new(),
        hint: words.text(&format!("{key}.hint")),
    }
}

fn at_path(words: &Words, key: &str, path: &Path) -> Message {
    Message {
        headline: words.say(key, [("path", shown(path).into())]),
        details: Vec::new(),
        hint: words.text(&format!("{key}.hint")),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn bad_name(why: BadName, words: &Words) -> String {
    match why {
        BadName::Empty => words.text("name-empty"),
        BadName::LeadingDash => words.text("name-dash"),
        BadName::TooLong { chars } => words.say("name-long", [("chars", chars.into())]),
        BadName::Unprintable { position } => {
            words.say("name-unprintable", [("position", position.into())])
        }
    }
}
