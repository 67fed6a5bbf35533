//! What is wrong with the state file, or kept it from being read or changed.

use super::{Message, at_path, bad_name, shown};
use crate::allocator::{MAX_CPUS, MAX_GPUS, MAX_SERVERS, What};
use crate::render::messages::{Key, Messages, key, keys, printable, text};
use crate::render::text::{holders, seconds};
use crate::store::{Action, Damage, Large, StoreError};
use crate::system::LocalLocks;
use std::io;

pub(super) fn message(error: &StoreError, messages: &Messages) -> Message {
    match error {
        StoreError::Io {
            action,
            path,
            source,
        } => Message {
            headline: messages.format(io_key(*action), &[("path", shown(path).into())]),
            details: vec![printable(&source.to_string())],
            hint: messages.plain(io_hint(*action, source)),
        },
        StoreError::DiskFull {
            path,
            source,
            largest,
        } => Message {
            headline: messages.format(io_key(Action::Write), &[("path", shown(path).into())]),
            details: std::iter::once(printable(&source.to_string()))
                .chain(
                    largest
                        .as_ref()
                        .map(|largest| largest_log(largest, messages)),
                )
                .collect(),
            hint: text!(messages, "hint-disk-full"),
        },
        StoreError::Missing { path } => at_path(messages, keys!("error-no-state", path), path),
        StoreError::ReservedName { path } => {
            at_path(messages, keys!("error-reserved-name", path), path)
        }
        StoreError::NotAFile { path } => at_path(messages, keys!("error-not-a-file", path), path),
        StoreError::ForeignLink { path } => {
            at_path(messages, keys!("error-foreign-link", path), path)
        }
        StoreError::TooLarge { path, bytes } => Message {
            details: vec![text!(
                messages,
                "error-too-large.size",
                megabytes = bytes >> 20
            )],
            ..at_path(messages, keys!("error-too-large", path), path)
        },
        StoreError::Damaged { path, damage } => Message {
            details: vec![self::damage(damage, messages)],
            ..at_path(messages, keys!("error-damaged", path), path)
        },
        StoreError::NewerVersion { path, version } => Message {
            details: vec![text!(
                messages,
                "error-newer.version",
                version = version.as_str()
            )],
            ..at_path(messages, keys!("error-newer", path), path)
        },
        StoreError::LockTimeout {
            path,
            waited,
            holders: held_by,
        } => {
            let waited = text!(
                messages,
                "error-lock-timeout.waited",
                seconds = seconds(*waited),
                path = shown(path)
            );
            let held = (!held_by.is_empty()).then(|| {
                text!(
                    messages,
                    "error-lock-timeout.holders",
                    holders = holders(held_by)
                )
            });
            Message {
                headline: text!(messages, "error-lock-timeout"),
                details: std::iter::once(waited).chain(held).collect(),
                hint: text!(messages, "error-lock-timeout.hint"),
            }
        }
        StoreError::CannotLock { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(messages, keys!("error-cannot-lock", path), path)
        },
        StoreError::LocalLocks { path, local } => Message {
            details: vec![local_locks(local, messages)],
            ..at_path(messages, keys!("error-local-locks", path), path)
        },
        StoreError::GroupLost {
            path,
            group,
            source,
        } => Message {
            details: vec![
                text!(messages, "error-group-lost.group", group = *group),
                printable(&source.to_string()),
            ],
            ..at_path(messages, keys!("error-group-lost", path), path)
        },
    }
}

fn largest_log(largest: &Large, messages: &Messages) -> String {
    text!(
        messages,
        "disk-full-largest",
        path = shown(&largest.path),
        kilobytes = largest.bytes.div_ceil(1 << 10)
    )
}

fn local_locks(local: &LocalLocks, messages: &Messages) -> String {
    let kind = printable(&local.file_system);
    match &local.option {
        None => text!(messages, "error-local-locks.kind", kind = kind),
        Some(option) => text!(
            messages,
            "error-local-locks.option",
            kind = kind,
            option = printable(option)
        ),
    }
}

fn io_key(action: Action) -> Key {
    match action {
        Action::Read => key!("error-read", path),
        Action::Lock => key!("error-lock", path),
        Action::Write => key!("error-write", path),
        Action::Lease => key!("error-lease", path),
        Action::Keep => key!("error-keep", path),
        Action::Flush => key!("error-flush", path),
    }
}

fn io_hint(action: Action, source: &io::Error) -> Key {
    match (action, source.kind()) {
        (Action::Flush, _) => key!("hint-flush"),
        (_, io::ErrorKind::NotFound) => key!("hint-no-folder"),
        (_, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            key!("hint-permission")
        }
        (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => key!("hint-disk-full"),
        _ => key!("hint-io"),
    }
}

fn damage(damage: &Damage, messages: &Messages) -> String {
    match damage {
        Damage::Layout { message, .. } => {
            text!(messages, "damage-layout", message = message.as_str())
        }
        Damage::Disagrees { at, what } => format!("{at}: {}", disagreement(what, messages)),
        Damage::Value { at, why } => format!("{at}: {}", printable(why)),
        Damage::Name { at, why } => format!("{at}: {}", bad_name(*why, messages)),
        Damage::ServerId {
            at,
            found,
            position,
        } => {
            format!(
                "{at}: {}",
                text!(
                    messages,
                    "damage-server-id",
                    found = *found,
                    position = *position
                )
            )
        }
        Damage::Time { at, text } => format!(
            "{at}: {}",
            text!(messages, "damage-time", text = text.as_str())
        ),
    }
}

fn disagreement(what: &What, messages: &Messages) -> String {
    match what {
        What::TooManyServers(count) => text!(
            messages,
            "damage-servers",
            count = *count,
            max = MAX_SERVERS
        ),
        What::TooManyGpus(count) => {
            text!(messages, "damage-gpus", count = *count, max = MAX_GPUS)
        }
        What::TooManyCpus(count) => {
            text!(messages, "damage-cpus", count = *count, max = MAX_CPUS)
        }
        What::SameServer(name) => text!(messages, "damage-same-server", name = name.as_str()),
        What::SameTask(name) => text!(messages, "damage-same-task", name = name.as_str()),
        What::NoSuchGpu(gpu) => text!(messages, "damage-no-such-gpu", gpu = u32::from(*gpu)),
        What::GpuTwice(gpu) => text!(messages, "damage-gpu-twice", gpu = u32::from(*gpu)),
        What::GpuLost(gpu) => text!(messages, "damage-gpu-lost", gpu = u32::from(*gpu)),
        What::Cpus { free, held, total } => {
            text!(
                messages,
                "damage-cpus-disagree",
                free = *free,
                held = *held,
                total = *total
            )
        }
        What::SameStep { .. } => text!(messages, "damage-same-step"),
        What::NoParent { .. } => text!(messages, "damage-no-parent"),
        What::StepGpu { gpu, .. } => {
            text!(messages, "damage-step-gpu", gpu = u32::from(*gpu))
        }
        What::StepCpus { cpus, free, .. } => {
            text!(messages, "damage-step-cpus", cpus = *cpus, free = *free)
        }
    }
}
