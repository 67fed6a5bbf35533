//! Errors in words: what happened, to what, and what to do next.

use super::Style;
use super::text::{cpus_asked, gpus_asked, holders, names, paint_error, seconds};
use super::words::{Words, printable};
use crate::allocator::{
    BadName, BadSpec, Blocker, MAX_CPUS, MAX_GPUS, MAX_SERVERS, Nearest, Refusal, Shortage, What,
};
use crate::config::{ConfigError, Expected, Mistake, Wrong};
use crate::error::Error;
use crate::store::{Action, Damage, StoreError};
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
        let hint = (!self.hint.is_empty()).then_some(&self.hint);
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
        Error::Refused(refusal) => refused(refusal, words),
        Error::Store(error) => store(error, words),
        Error::Config(error) => config(error, words),
        Error::Unconfirmed => plain(words, "error-unconfirmed"),
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

fn refused(refusal: &Refusal, words: &Words) -> Message {
    match refusal {
        Refusal::TaskExists {
            task,
            server,
            owner,
        } => Message {
            headline: words.say(
                "error-task-exists",
                [
                    ("task", task.as_str().into()),
                    ("server", server.as_str().into()),
                ],
            ),
            details: owner
                .iter()
                .map(|owner| {
                    words.say(
                        "error-task-exists.owner",
                        [("owner", owner.as_str().into())],
                    )
                })
                .collect(),
            hint: words.say("error-task-exists.hint", [("task", task.as_str().into())]),
        },
        Refusal::UnknownTask { task } => Message {
            headline: words.say("error-unknown-task", [("task", task.as_str().into())]),
            details: Vec::new(),
            hint: words.text("error-unknown-task.hint"),
        },
        Refusal::UnknownServer {
            asked,
            servers,
            count,
        } => Message {
            headline: words.say("error-unknown-server", [("server", asked.as_str().into())]),
            details: vec![words.say(
                "error-unknown-server.names",
                [("names", names(servers, *count).into())],
            )],
            hint: words.text("error-unknown-server.hint"),
        },
        Refusal::NotOwner { tasks } => Message {
            headline: words.text("error-not-owner"),
            details: tasks
                .iter()
                .map(|(task, owner)| {
                    words.say(
                        "error-not-owner.task",
                        [
                            ("task", task.as_str().into()),
                            ("owner", owner.as_str().into()),
                        ],
                    )
                })
                .collect(),
            hint: words.text("error-not-owner.hint"),
        },
        Refusal::BelowMinimum { asked, min } => Message {
            headline: words.say(
                "error-below-minimum",
                [("asked", (*asked).into()), ("min", (*min).into())],
            ),
            details: Vec::new(),
            hint: words.say("error-below-minimum.hint", [("min", (*min).into())]),
        },
        Refusal::AboveMaximum { asked, max } => Message {
            headline: words.say(
                "error-above-maximum",
                [("asked", (*asked).into()), ("max", (*max).into())],
            ),
            details: Vec::new(),
            hint: words.say("error-above-maximum.hint", [("max", (*max).into())]),
        },
        Refusal::Impossible { demand, gpus, cpus } => Message {
            headline: words.text("error-impossible"),
            details: vec![
                asked(demand, words),
                words.say(
                    "error-impossible.largest",
                    [("gpus", (*gpus).into()), ("cpus", (*cpus).into())],
                ),
            ],
            hint: words.text("error-impossible.hint"),
        },
        Refusal::Insufficient(shortage) => insufficient(shortage, words),
        Refusal::InTheWay { blockers } => Message {
            headline: words.text("error-in-the-way"),
            details: blockers
                .iter()
                .map(|blocker| in_the_way(blocker, words))
                .collect(),
            hint: words.text("error-in-the-way.hint"),
        },
    }
}

fn asked(demand: &crate::allocator::Demand, words: &Words) -> String {
    let (gpus, cpus) = (gpus_asked(&demand.gpus), cpus_asked(demand.cpus, words));
    words.say(
        "error-insufficient.asked",
        [("gpus", gpus.into()), ("cpus", cpus.into())],
    )
}

fn insufficient(Shortage { demand, nearest }: &Shortage, words: &Words) -> Message {
    let detail = match nearest {
        Some(nearest) => nearest_server(nearest, words),
        None => words.text("error-insufficient.draining"),
    };
    Message {
        headline: words.text("error-insufficient"),
        details: vec![asked(demand, words), detail],
        hint: words.text("error-insufficient.hint"),
    }
}

fn nearest_server(nearest: &Nearest, words: &Words) -> String {
    let taken: Vec<_> = nearest.taken.iter().map(ToString::to_string).collect();
    let values = [
        ("server", nearest.server_name.as_str().into()),
        ("free_gpus", nearest.free_gpus.into()),
        ("free_cpus", nearest.free_cpus.into()),
        ("lacks_gpus", nearest.lacks_gpus.into()),
        ("lacks_cpus", nearest.lacks_cpus.into()),
        ("taken", taken.join(",").into()),
    ];
    let key = if taken.is_empty() {
        "error-insufficient.nearest"
    } else {
        "error-insufficient.nearest-ids"
    };
    words.say(key, values)
}

fn in_the_way(Blocker { server, tasks }: &Blocker, words: &Words) -> String {
    let tasks = names(tasks, tasks.len());
    words.say(
        "error-in-the-way.server",
        [("server", server.as_str().into()), ("tasks", tasks.into())],
    )
}

fn store(error: &StoreError, words: &Words) -> Message {
    match error {
        StoreError::Io {
            action,
            path,
            source,
        } => Message {
            headline: words.say(io_key(*action), [("path", shown(path).into())]),
            details: vec![printable(&source.to_string())],
            hint: words.text(io_hint(*action, source)),
        },
        StoreError::Missing { path } => at_path(words, "error-no-state", path),
        StoreError::NotAFile { path } => at_path(words, "error-not-a-file", path),
        StoreError::TooLarge { path, bytes } => Message {
            details: vec![words.say(
                "error-too-large.size",
                [("megabytes", (bytes >> 20).into())],
            )],
            ..at_path(words, "error-too-large", path)
        },
        StoreError::Damaged { path, damage } => Message {
            details: vec![self::damage(damage, words)],
            ..at_path(words, "error-damaged", path)
        },
        StoreError::NewerVersion { path, version } => Message {
            details: vec![words.say(
                "error-newer.version",
                [("version", version.as_str().into())],
            )],
            ..at_path(words, "error-newer", path)
        },
        StoreError::LockTimeout {
            path,
            waited,
            holders: held_by,
        } => {
            let waited = words.say(
                "error-lock-timeout.waited",
                [
                    ("seconds", seconds(*waited).into()),
                    ("path", shown(path).into()),
                ],
            );
            let held = (!held_by.is_empty()).then(|| {
                words.say(
                    "error-lock-timeout.holders",
                    [("holders", holders(held_by).into())],
                )
            });
            Message {
                headline: words.text("error-lock-timeout"),
                details: std::iter::once(waited).chain(held).collect(),
                hint: words.text("error-lock-timeout.hint"),
            }
        }
        StoreError::CannotLock { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(words, "error-cannot-lock", path)
        },
        StoreError::GroupLost {
            path,
            group,
            source,
        } => Message {
            details: vec![
                words.say("error-group-lost.group", [("group", (*group).into())]),
                printable(&source.to_string()),
            ],
            ..at_path(words, "error-group-lost", path)
        },
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

fn io_key(action: Action) -> &'static str {
    match action {
        Action::Read => "error-read",
        Action::Lock => "error-lock",
        Action::Write => "error-write",
        Action::Keep => "error-keep",
        Action::Flush => "error-flush",
    }
}

fn io_hint(action: Action, source: &io::Error) -> &'static str {
    match (action, source.kind()) {
        (Action::Flush, _) => "hint-flush",
        (_, io::ErrorKind::NotFound) => "hint-no-folder",
        (_, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            "hint-permission"
        }
        (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => "hint-disk-full",
        _ => "hint-io",
    }
}

fn damage(damage: &Damage, words: &Words) -> String {
    match damage {
        Damage::Layout { message, .. } => printable(message),
        Damage::Disagrees { at, what } => format!("{at}: {}", disagreement(what, words)),
        Damage::Name { at, why } => format!("{at}: {}", bad_name(*why, words)),
        Damage::ServerId {
            at,
            found,
            position,
        } => {
            let values = [("found", (*found).into()), ("position", (*position).into())];
            format!("{at}: {}", words.say("damage-server-id", values))
        }
        Damage::Time { at, text } => format!(
            "{at}: {}",
            words.say("damage-time", [("text", text.as_str().into())])
        ),
        Damage::Version(version) => words.say(
            "error-newer.version",
            [("version", version.as_str().into())],
        ),
    }
}

fn disagreement(what: &What, words: &Words) -> String {
    match what {
        What::TooManyServers(count) => words.say(
            "damage-servers",
            [("count", (*count).into()), ("max", MAX_SERVERS.into())],
        ),
        What::TooManyGpus(count) => words.say(
            "damage-gpus",
            [("count", (*count).into()), ("max", MAX_GPUS.into())],
        ),
        What::TooManyCpus(count) => words.say(
            "damage-cpus",
            [("count", (*count).into()), ("max", MAX_CPUS.into())],
        ),
        What::SameServer(name) => words.say("damage-same-server", [("name", name.as_str().into())]),
        What::SameTask(name) => words.say("damage-same-task", [("name", name.as_str().into())]),
        What::NoSuchGpu(gpu) => words.say("damage-no-such-gpu", [("gpu", u32::from(*gpu).into())]),
        What::GpuTwice(gpu) => words.say("damage-gpu-twice", [("gpu", u32::from(*gpu).into())]),
        What::GpuLost(gpu) => words.say("damage-gpu-lost", [("gpu", u32::from(*gpu).into())]),
        What::Cpus { free, held, total } => {
            let values = [
                ("free", (*free).into()),
                ("held", (*held).into()),
                ("total", (*total).into()),
            ];
            words.say("damage-cpus-disagree", values)
        }
    }
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

fn config(error: &ConfigError, words: &Words) -> Message {
    match error {
        ConfigError::NotFound { path } => at_path(words, "error-config-missing", path),
        ConfigError::Io { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(words, "error-config-unreadable", path)
        },
        ConfigError::TooLarge { path, limit } => Message {
            details: vec![words.say(
                "error-config-large.limit",
                [("megabytes", (limit >> 20).into())],
            )],
            ..at_path(words, "error-config-large", path)
        },
        ConfigError::Mistakes { path, mistakes } => Message {
            details: mistakes
                .iter()
                .map(|mistake| place_of(path, mistake, words))
                .collect(),
            ..at_path(words, "error-config-mistakes", path)
        },
    }
}

/// `file:line:column: what`, as compilers write it and editors follow it.
fn place_of(path: &Path, mistake: &Mistake, words: &Words) -> String {
    let Mistake {
        line,
        column,
        wrong,
    } = mistake;
    format!(
        "{}:{line}:{column}: {}",
        printable(&shown(path)),
        self::wrong(wrong, words)
    )
}

fn wrong(wrong: &Wrong, words: &Words) -> String {
    match wrong {
        Wrong::Syntax(message) => {
            let lines: Vec<_> = message.lines().collect();
            words.say("config-syntax", [("message", lines.join(", ").into())])
        }
        Wrong::UnknownKey {
            key,
            near: Some(near),
        } => words.say(
            "config-unknown-key.near",
            [("key", key.as_str().into()), ("near", near.as_str().into())],
        ),
        Wrong::UnknownKey { key, near: None } => {
            words.say("config-unknown-key", [("key", key.as_str().into())])
        }
        Wrong::MissingKey { key } => {
            words.say("config-missing-key", [("key", key.as_str().into())])
        }
        Wrong::Type { key, expected } => {
            words.say(expected_key(*expected), [("key", key.as_str().into())])
        }
        Wrong::Range { key, min, max } => words.say(
            "config-range",
            [
                ("key", key.as_str().into()),
                ("min", (*min).into()),
                ("max", (*max).into()),
            ],
        ),
        Wrong::Duration { key } => words.say("config-duration", [("key", key.as_str().into())]),
        Wrong::Empty { key } => words.say("config-empty", [("key", key.as_str().into())]),
        Wrong::Name(why) => words.say("config-name", [("why", bad_name(*why, words).into())]),
        Wrong::BothShapes => words.text("config-both-shapes"),
        Wrong::MinOverMax { min, max } => words.say(
            "config-min-over-max",
            [("min", (*min).into()), ("max", (*max).into())],
        ),
        Wrong::Cluster(spec) => cluster(spec, words),
    }
}

fn expected_key(expected: Expected) -> &'static str {
    match expected {
        Expected::Text => "config-type-text",
        Expected::WholeNumber => "config-type-number",
        Expected::TrueOrFalse => "config-type-flag",
        Expected::Table => "config-type-table",
        Expected::Tables => "config-type-tables",
    }
}

fn cluster(spec: &BadSpec, words: &Words) -> String {
    match spec {
        BadSpec::Servers { count } => words.say(
            "config-servers",
            [("count", (*count).into()), ("max", MAX_SERVERS.into())],
        ),
        BadSpec::SameName { server } => {
            words.say("damage-same-server", [("name", server.as_str().into())])
        }
        BadSpec::Gpus { gpus, .. } => words.say(
            "damage-gpus",
            [("count", (*gpus).into()), ("max", MAX_GPUS.into())],
        ),
        BadSpec::Cpus { cpus, .. } => words.say(
            "damage-cpus",
            [("count", (*cpus).into()), ("max", MAX_CPUS.into())],
        ),
    }
}
