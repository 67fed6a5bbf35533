//! Errors in words: what happened, to what, and what to do next.

mod config;
mod demand;
mod notify;
mod refused;
mod steps;
mod store;

use super::Style;
use super::messages::{Keys, Messages, key, keys, printable, text};
use super::text::{hints, paint_error, unmeasured, unreadable, words_of_wait};
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

pub(super) fn message(error: &Error, messages: &Messages) -> Message {
    match error {
        Error::Refused(refusal) => refused::message(refusal, messages),
        Error::Store(error) => store::message(error, messages),
        Error::Config(error) => config::message(error, messages),
        Error::Unconfirmed => plain(messages, keys!("error-unconfirmed")),
        Error::NoNotification => plain(messages, keys!("error-no-notification")),
        Error::NotTold(tested) => notify::message(tested, messages),
        Error::Command { command, source } => Message {
            headline: text!(
                messages,
                "error-command",
                command = command.to_string_lossy().as_ref()
            ),
            details: vec![printable(&source.to_string())],
            hint: messages.plain(match source.kind() {
                io::ErrorKind::NotFound => key!("error-command.not-found"),
                _ => key!("error-command.hint"),
            }),
        },
        Error::NoProcess { pid } => Message {
            headline: text!(messages, "error-no-process", pid = pid.to_string()),
            details: Vec::new(),
            hint: text!(messages, "error-no-process.hint"),
        },
        Error::NotMeasured(why) => Message {
            details: vec![unmeasured(why, messages)],
            ..plain(messages, keys!("error-not-measured"))
        },
        Error::NotCounted(why) => {
            let message = plain(messages, keys!("error-not-counted"));
            Message {
                details: vec![unreadable(why, messages)],
                hint: match why {
                    Unreadable::Late => text!(messages, "gpu-hint-late"),
                    _ => message.hint,
                },
                ..message
            }
        }
        Error::NoTemplate => plain(messages, keys!("error-no-template")),
        Error::Elsewhere { task, server } => Message {
            headline: text!(
                messages,
                "error-elsewhere",
                task = task.as_str(),
                server = server.as_str()
            ),
            details: Vec::new(),
            hint: text!(messages, "error-elsewhere.hint"),
        },
        Error::EndedAtOnce {
            task,
            exit,
            lines,
            log,
            stays,
        } => Message {
            headline: text!(
                messages,
                "error-ended-at-once",
                task = task.as_str(),
                exit = *exit
            ),
            details: lines
                .lines()
                .map(printable)
                .chain(stays.then(|| text!(messages, "error-ended-at-once.stays")))
                .collect(),
            hint: text!(messages, "error-ended-at-once.hint", path = shown(log)),
        },
        Error::Unstarted {
            task,
            command,
            source,
        } => Message {
            headline: text!(
                messages,
                "error-unstarted",
                task = task.as_str(),
                command = command.to_string_lossy().as_ref()
            ),
            details: vec![printable(&source.to_string())],
            hint: text!(messages, "error-unstarted.hint"),
        },
        Error::ProgramLog { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(messages, keys!("error-program-log", path), path)
        },
        Error::SharedLogs { path } => at_path(messages, keys!("error-shared-logs", path), path),
        Error::Monitored { by } => Message {
            headline: text!(messages, "error-monitored", by = by.as_str()),
            details: Vec::new(),
            hint: text!(messages, "error-monitored.hint"),
        },
        Error::OtherState { state } => at_path(messages, keys!("error-other-state", path), state),
        Error::OtherConfig { was, now } => Message {
            details: vec![match now {
                Some(now) => text!(messages, "error-other-config.other", path = shown(now)),
                None => text!(messages, "error-other-config.none"),
            }],
            ..at_path(messages, keys!("error-other-config", path), was)
        },
        Error::NotReloaded(why) => {
            let message = message(why, messages);
            let details = message.details.into_iter();
            Message {
                details: details
                    .chain([text!(messages, "config-not-reloaded")])
                    .collect(),
                ..message
            }
        }
        Error::NoSupervisor { task } => Message {
            headline: text!(messages, "error-no-supervisor", task = task.as_str()),
            details: Vec::new(),
            hint: text!(messages, "error-no-supervisor.hint"),
        },
        Error::StillRuns { task } => Message {
            headline: text!(messages, "error-still-runs", task = task.as_str()),
            details: Vec::new(),
            hint: text!(messages, "error-still-runs.hint"),
        },
        Error::LongName { task, prefix } => Message {
            headline: text!(
                messages,
                "error-long-name",
                task = task.as_str(),
                prefix = prefix.as_str(),
                max = Name::MAX_CHARS
            ),
            details: Vec::new(),
            hint: text!(messages, "error-long-name.hint"),
        },
        Error::NoHostName => plain(messages, keys!("error-no-host-name")),
        Error::WaitedOut { task, why } => {
            let message = about_wait(keys!("error-waited-out", task), task, messages);
            let withheld = why.iter().filter_map(|why| match &why.0 {
                Why::Lacks { withheld, .. } => withheld.as_ref(),
                _ => None,
            });
            let helps = withheld.flat_map(|withheld| hints(withheld, messages));
            let hint = std::iter::once(message.hint).chain(helps);
            Message {
                details: why
                    .iter()
                    .map(|why| words_of_wait(&why.0, why.1, messages))
                    .collect(),
                hint: hint.collect::<Vec<_>>().join("\n"),
                ..message
            }
        }
        Error::StepWaitedOut(shortage) => steps::waited_out(shortage, messages),
        Error::Cancelled { task } => about_wait(keys!("error-cancelled", task), task, messages),
        Error::Interrupted { signal } => Message {
            headline: text!(messages, "error-interrupted", signal = *signal),
            details: Vec::new(),
            hint: text!(messages, "error-interrupted.hint"),
        },
        Error::UnknownUser(source) => Message {
            details: vec![printable(&source.to_string())],
            ..plain(messages, keys!("error-unknown-user"))
        },
        Error::System(source) => Message {
            headline: text!(messages, "error-system"),
            details: vec![printable(&source.to_string())],
            hint: text!(messages, "error-system.hint"),
        },
    }
}

fn about_wait(keys: Keys, task: &Name, messages: &Messages) -> Message {
    Message {
        headline: messages.format(keys.headline, &[("task", task.as_str().into())]),
        details: Vec::new(),
        hint: messages.plain(keys.hint),
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

fn plain(messages: &Messages, keys: Keys) -> Message {
    Message {
        headline: messages.plain(keys.headline),
        details: Vec::new(),
        hint: messages.plain(keys.hint),
    }
}

fn at_path(messages: &Messages, keys: Keys, path: &Path) -> Message {
    Message {
        headline: messages.format(keys.headline, &[("path", shown(path).into())]),
        details: Vec::new(),
        hint: messages.plain(keys.hint),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn bad_name(why: BadName, messages: &Messages) -> String {
    match why {
        BadName::Empty => text!(messages, "name-empty"),
        BadName::LeadingDash => text!(messages, "name-dash"),
        BadName::TooLong { chars } => text!(messages, "name-long", chars = chars),
        BadName::Unprintable { position } => {
            text!(messages, "name-unprintable", position = position)
        }
    }
}
