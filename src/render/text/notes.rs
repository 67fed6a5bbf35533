//! What goes to standard error beside a result: warnings, hints, progress and questions.

use super::{Style, holders};
use crate::allocator::{Freed, Over};
use crate::cli::{Language, Output};
use crate::config::{LeftOut, Translated};
use crate::environment::device_list;
use crate::outcome::{Allocated, Checked, GivenBack, Outcome, StateFile};
use crate::render::words::{Part, Words, printable};
use crate::system::{Holder, LocalLocks};
use std::io;
use std::path::Path;

/// Warnings first, then hints, which `--quiet` leaves out.
pub(crate) fn notes(outcome: &Outcome, style: &Style) -> String {
    let words = style.results();
    let mut lines = Vec::new();
    if let Some(state) = outcome.state() {
        let told = matches!(outcome, Outcome::Initialized(_) | Outcome::Reset(_));
        lines.extend(of_state(state, told, style));
    }
    if let Outcome::Checked(checked) = outcome {
        lines.extend(untrusted_locks(checked, words));
    }
    if let Outcome::Released(GivenBack {
        released, running, ..
    }) = outcome
        && !running.is_empty()
    {
        let values = [
            ("task", released.task.id.as_str().into()),
            ("processes", holders(running).into()),
        ];
        lines.push(words.say("warning-still-runs", values));
    }
    if let Outcome::Translated(translated) = outcome {
        lines.extend(self::translated(translated, style));
    }
    if let Outcome::Status(status) | Outcome::Detail(status) = outcome
        && !status.initialized
    {
        let path = status.state.path.to_string_lossy();
        lines.push(words.say("note-not-initialized", [("path", path.as_ref().into())]));
    }
    if let (Outcome::Allocated(allocated), Output::Export(_), false) =
        (outcome, style.output, style.quiet)
    {
        lines.push(granted("note-granted", allocated, words));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What of a JSON config is not in the TOML, and what is to be added to it.
fn translated(translated: &Translated, style: &Style) -> Vec<String> {
    let words = style.results();
    let left_out = |LeftOut { key, near }: &LeftOut| match near {
        None => words.say("warning-left-out", [("key", key.as_str().into())]),
        Some(near) => words.say(
            "warning-left-out.near",
            [("key", key.as_str().into()), ("near", near.as_str().into())],
        ),
    };
    let mut lines: Vec<_> = translated.left_out.iter().map(left_out).collect();
    if !style.quiet {
        lines.push(words.text("hint-translated"));
    }
    lines
}

/// What is to be said of a state file; where it is has been told already, or not.
pub(super) fn of_state(state: &StateFile, told: bool, style: &Style) -> Vec<String> {
    let words = style.results();
    let mut lines: Vec<_> = state
        .freed
        .iter()
        .map(|freed| self::freed(freed, words))
        .collect();
    let path = state.path.to_string_lossy();
    if state.created && !told {
        let key = match (state.by_default, state.detected) {
            (_, true) => "note-created-detected",
            (true, false) => "note-created-by-default",
            (false, false) => "note-created",
        };
        lines.push(words.say(key, [("path", path.as_ref().into())]));
    }
    if state.unshareable && (state.created || told) {
        let folder = state.path.parent().unwrap_or(&state.path).to_string_lossy();
        lines.push(words.say("warning-sticky", [("path", folder.as_ref().into())]));
    }
    lines.extend(open_to_others(state, words));
    if state.differs && !style.quiet {
        lines.push(words.text("hint-differs"));
    }
    lines
}

fn open_to_others(state: &StateFile, words: &Words) -> Option<String> {
    let key = match state.open_to_others.as_ref()?.can_be_closed {
        true => "warning-open",
        false => "warning-open-to-all",
    };
    let folder = state.path.parent().unwrap_or(&state.path).to_string_lossy();
    Some(words.say(key, [("path", folder.as_ref().into())]))
}

fn untrusted_locks(checked: &Checked, words: &Words) -> Option<String> {
    let key = match checked.allow_local_locks {
        true => "warning-local-locks-allowed",
        false => "warning-local-locks",
    };
    let why = local_locks(checked.local_locks.as_ref()?, words);
    Some(words.say(key, [("why", why.into())]))
}

/// Which file system's locks cannot be trusted, and why.
fn local_locks(local: &LocalLocks, words: &Words) -> String {
    let kind = printable(&local.file_system);
    match &local.option {
        None => words.say("local-locks", [("kind", kind.into())]),
        Some(option) => words.say(
            "local-locks-option",
            [("kind", kind.into()), ("option", printable(option).into())],
        ),
    }
}

fn freed(freed: &Freed, words: &Words) -> String {
    let values = [
        ("task", freed.task.id.as_str().into()),
        ("server", freed.server_name.as_str().into()),
        ("devices", device_list(&freed.task.gpus).into()),
        ("owner", freed.task.owner.as_deref().unwrap_or("-").into()),
    ];
    let key = match freed.why {
        Over::Ended => "note-freed-ended",
        Over::Lapsed => "note-freed-lapsed",
        Over::Untaken => "note-freed-untaken",
    };
    words.say(key, values)
}

pub(super) fn granted(key: &str, allocated: &Allocated, words: &Words) -> String {
    let grant = &allocated.grant;
    let values = [
        ("task", grant.task.as_str().into()),
        ("server", grant.server_name.as_str().into()),
        ("devices", allocated.gpu_devices().into()),
    ];
    words.say(key, values)
}

/// Another program's `config.toml` was found and left alone.
pub(crate) fn passed_over(path: &Path, style: &Style) -> String {
    style.results().say(
        "note-passed-over",
        [("path", path.to_string_lossy().as_ref().into())],
    ) + "\n"
}

/// The lock is not free yet.
pub(crate) fn lock_wait(lock: &Path, held_by: &[Holder], language: Language) -> String {
    let words = Words::new(Part::Results, language, "");
    let path = lock.to_string_lossy();
    let line = if held_by.is_empty() {
        words.say("note-lock", [("path", path.as_ref().into())])
    } else {
        words.say(
            "note-lock.held",
            [
                ("path", path.as_ref().into()),
                ("holders", holders(held_by).into()),
            ],
        )
    };
    line + "\n"
}

/// The question before a reset.
pub(crate) fn confirm_reset(state: &Path, style: &Style) -> String {
    style.results().say(
        "confirm-reset",
        [("path", state.to_string_lossy().as_ref().into())],
    ) + " "
}

/// What was done, though standard output could not take the result; nothing of what only looks.
pub(crate) fn untold(outcome: &Outcome, style: &Style) -> Option<String> {
    match outcome {
        Outcome::Allocated(allocated) | Outcome::Adopted(allocated) => {
            Some(granted("warning-untold", allocated, style.results()) + "\n")
        }
        Outcome::Initialized(_)
        | Outcome::Released(_)
        | Outcome::Reset(_)
        | Outcome::Renewed(_)
        | Outcome::Cancelled(_)
        | Outcome::Started(_)
        | Outcome::Stopped(_) => Some(style.results().text("warning-untold-change") + "\n"),
        _ => None,
    }
}

/// Standard output took nothing.
pub(crate) fn unprinted(error: &io::Error, style: &Style) -> String {
    style
        .results()
        .say("warning-stdout", [("error", error.to_string().into())])
        + "\n"
}

/// What a reset that was declined leaves.
pub(crate) fn declined(style: &Style) -> String {
    style.results().text("reset-declined") + "\n"
}

/// After a refusal that may be due to it.
pub(crate) fn differs(style: &Style) -> String {
    style.results().text("hint-differs") + "\n"
}
