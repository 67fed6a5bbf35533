//! What is wrong with the state file, or kept it from being read or changed.

use super::{Message, at_path, bad_name, shown};
use crate::allocator::{MAX_CPUS, MAX_GPUS, MAX_SERVERS, What};
use crate::render::text::{holders, seconds};
use crate::render::words::{Words, printable};
use crate::store::{Action, Damage, Large, StoreError};
use crate::system::LocalLocks;
use std::io;

pub(super) fn message(error: &StoreError, words: &Words) -> Message {
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
        StoreError::DiskFull {
            path,
            source,
            largest,
        } => Message {
            headline: words.say(io_key(Action::Write), [("path", shown(path).into())]),
            details: std::iter::once(printable(&source.to_string()))
                .chain(largest.as_ref().map(|largest| largest_log(largest, words)))
                .collect(),
            hint: words.text("hint-disk-full"),
        },
        StoreError::Missing { path } => at_path(words, "error-no-state", path),
        StoreError::ReservedName { path } => at_path(words, "error-reserved-name", path),
        StoreError::NotAFile { path } => at_path(words, "error-not-a-file", path),
        StoreError::ForeignLink { path } => at_path(words, "error-foreign-link", path),
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
        StoreError::LocalLocks { path, local } => Message {
            details: vec![local_locks(local, words)],
            ..at_path(words, "error-local-locks", path)
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

fn largest_log(largest: &Large, words: &Words) -> String {
    let values = [
        ("path", shown(&largest.path).into()),
        ("kilobytes", largest.bytes.div_ceil(1 << 10).into()),
    ];
    words.say("disk-full-largest", values)
}

fn local_locks(local: &LocalLocks, words: &Words) -> String {
    let kind = printable(&local.file_system);
    match &local.option {
        None => words.say("error-local-locks.kind", [("kind", kind.into())]),
        Some(option) => words.say(
            "error-local-locks.option",
            [("kind", kind.into()), ("option", printable(option).into())],
        ),
    }
}

fn io_key(action: Action) -> &'static str {
    match action {
        Action::Read => "error-read",
        Action::Lock => "error-lock",
        Action::Write => "error-write",
        Action::Lease => "error-lease",
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
        Damage::Layout { message, .. } => {
            words.say("damage-layout", [("message", message.as_str().into())])
        }
        Damage::Disagrees { at, what } => format!("{at}: {}", disagreement(what, words)),
        Damage::Value { at, why } => format!("{at}: {}", printable(why)),
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
        What::SameStep { .. } => words.text("damage-same-step"),
        What::NoParent { .. } => words.text("damage-no-parent"),
        What::StepGpu { gpu, .. } => {
            words.say("damage-step-gpu", [("gpu", u32::from(*gpu).into())])
        }
        What::StepCpus { cpus, free, .. } => words.say(
            "damage-step-cpus",
            [("cpus", (*cpus).into()), ("free", (*free).into())],
        ),
    }
}
