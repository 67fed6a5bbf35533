//! What goes to standard error beside a result: warnings, hints, progress and questions.

use super::{Style, holders};
use crate::allocator::{Expired, ExpiryReason};
use crate::cli::{Language, Output};
use crate::config::{LeftOut, Translated};
use crate::environment::device_list;
use crate::outcome::{Allocated, Checked, GivenBack, Outcome, StateFile};
use crate::render::messages::{Key, Messages, key, printable, text};
use crate::system::{Holder, LocalLocks};
use std::io;
use std::path::Path;

/// Warnings first, then hints, which `--quiet` leaves out.
pub(crate) fn notes(outcome: &Outcome, style: &Style) -> String {
    let messages = style.messages();
    let mut lines = Vec::new();
    if let Some(state) = outcome.state() {
        let told = matches!(outcome, Outcome::Initialized(_) | Outcome::Reset(_));
        lines.extend(of_state(state, told, style));
    }
    if let Outcome::Checked(checked) = outcome {
        lines.extend(untrusted_locks(checked, messages));
    }
    if let Outcome::Released(GivenBack {
        released, running, ..
    }) = outcome
        && !running.is_empty()
    {
        lines.push(text!(
            messages,
            "warning-still-runs",
            task = released.task.id.as_str(),
            processes = holders(running)
        ));
    }
    if let Outcome::Translated(translated) = outcome {
        lines.extend(self::translated(translated, style));
    }
    if let Outcome::Status(status) | Outcome::Detail(status) = outcome
        && !status.initialized
    {
        let path = status.state.path.to_string_lossy();
        lines.push(text!(
            messages,
            "note-not-initialized",
            path = path.as_ref()
        ));
    }
    if let (Outcome::Allocated(allocated), Output::Export(_), false) =
        (outcome, style.output, style.quiet)
    {
        lines.push(granted(
            key!("note-granted", devices, server, task),
            allocated,
            messages,
        ));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What of a JSON config is not in the TOML, and what is to be added to it.
fn translated(translated: &Translated, style: &Style) -> Vec<String> {
    let messages = style.messages();
    let left_out = |LeftOut { key, near }: &LeftOut| match near {
        None => text!(messages, "warning-left-out", key = key.as_str()),
        Some(near) => text!(
            messages,
            "warning-left-out.near",
            key = key.as_str(),
            near = near.as_str()
        ),
    };
    let mut lines: Vec<_> = translated.left_out.iter().map(left_out).collect();
    if !style.quiet {
        lines.push(text!(messages, "hint-translated"));
    }
    lines
}

/// What is to be said of a state file; where it is has been told already, or not.
pub(super) fn of_state(state: &StateFile, told: bool, style: &Style) -> Vec<String> {
    let messages = style.messages();
    let mut lines: Vec<_> = state
        .freed
        .iter()
        .map(|freed| self::freed(freed, messages))
        .collect();
    let path = state.path.to_string_lossy();
    if state.created && !told {
        let key = match (state.by_default, state.detected) {
            (_, true) => key!("note-created-detected", path),
            (true, false) => key!("note-created-by-default", path),
            (false, false) => key!("note-created", path),
        };
        lines.push(messages.format(key, &[("path", path.as_ref().into())]));
    }
    if state.unshareable && (state.created || told) {
        let folder = state.path.parent().unwrap_or(&state.path).to_string_lossy();
        lines.push(text!(messages, "warning-sticky", path = folder.as_ref()));
    }
    lines.extend(open_to_others(state, messages));
    if state.differs && !style.quiet {
        lines.push(text!(messages, "hint-differs"));
    }
    lines
}

fn open_to_others(state: &StateFile, messages: &Messages) -> Option<String> {
    let key = match state.open_to_others.as_ref()?.can_be_closed {
        true => key!("warning-open", path),
        false => key!("warning-open-to-all", path),
    };
    let folder = state.path.parent().unwrap_or(&state.path).to_string_lossy();
    Some(messages.format(key, &[("path", folder.as_ref().into())]))
}

fn untrusted_locks(checked: &Checked, messages: &Messages) -> Option<String> {
    let key = match checked.allow_local_locks {
        true => key!("warning-local-locks-allowed", why),
        false => key!("warning-local-locks", why),
    };
    let why = local_locks(checked.local_locks.as_ref()?, messages);
    Some(messages.format(key, &[("why", why.into())]))
}

/// Which file system's locks cannot be trusted, and why.
fn local_locks(local: &LocalLocks, messages: &Messages) -> String {
    let kind = printable(&local.file_system);
    match &local.option {
        None => text!(messages, "local-locks", kind = kind),
        Some(option) => text!(
            messages,
            "local-locks-option",
            kind = kind,
            option = printable(option)
        ),
    }
}

fn freed(freed: &Expired, messages: &Messages) -> String {
    let values = [
        ("task", freed.task.id.as_str().into()),
        ("server", freed.server_name.as_str().into()),
        ("devices", device_list(&freed.task.gpus).into()),
        ("owner", freed.task.owner.as_deref().unwrap_or("-").into()),
    ];
    let key = match freed.why {
        ExpiryReason::Ended => key!("note-freed-ended", devices, owner, server, task),
        ExpiryReason::Lapsed => key!("note-freed-lapsed", devices, owner, server, task),
        ExpiryReason::Untaken => key!("note-freed-untaken", devices, owner, server, task),
    };
    messages.format(key, &values)
}

pub(super) fn granted(key: Key, allocated: &Allocated, messages: &Messages) -> String {
    let grant = &allocated.grant;
    let values = [
        ("task", grant.task.as_str().into()),
        ("server", grant.server_name.as_str().into()),
        ("devices", allocated.gpu_devices().into()),
    ];
    messages.format(key, &values)
}

/// Another program's `config.toml` was found and left alone.
pub(crate) fn passed_over(path: &Path, style: &Style) -> String {
    text!(
        style.messages(),
        "note-passed-over",
        path = path.to_string_lossy().as_ref()
    ) + "\n"
}

/// The lock is not free yet.
pub(crate) fn lock_wait(lock: &Path, held_by: &[Holder], language: Language) -> String {
    let messages = Messages::new(language, "");
    let path = lock.to_string_lossy();
    let line = if held_by.is_empty() {
        text!(messages, "note-lock", path = path.as_ref())
    } else {
        text!(
            messages,
            "note-lock.held",
            path = path.as_ref(),
            holders = holders(held_by)
        )
    };
    line + "\n"
}

/// The question before a reset.
pub(crate) fn confirm_reset(state: &Path, style: &Style) -> String {
    text!(
        style.messages(),
        "confirm-reset",
        path = state.to_string_lossy().as_ref()
    ) + " "
}

/// What was done, though standard output could not take the result; nothing of what only looks.
pub(crate) fn untold(outcome: &Outcome, style: &Style) -> Option<String> {
    match outcome {
        Outcome::Allocated(allocated) | Outcome::Adopted(allocated) => Some(
            granted(
                key!("warning-untold", devices, server, task),
                allocated,
                style.messages(),
            ) + "\n",
        ),
        Outcome::Initialized(_)
        | Outcome::Released(_)
        | Outcome::Reset(_)
        | Outcome::Renewed(_)
        | Outcome::Cancelled(_)
        | Outcome::Started(_)
        | Outcome::Stopped(_) => Some(text!(style.messages(), "warning-untold-change") + "\n"),
        _ => None,
    }
}

/// Standard output took nothing.
pub(crate) fn unprinted(error: &io::Error, style: &Style) -> String {
    text!(
        style.messages(),
        "warning-stdout",
        error = error.to_string()
    ) + "\n"
}

/// What a reset that was declined leaves.
pub(crate) fn declined(style: &Style) -> String {
    text!(style.messages(), "reset-declined") + "\n"
}

/// After a refusal that may be due to it.
pub(crate) fn differs(style: &Style) -> String {
    text!(style.messages(), "hint-differs") + "\n"
}
