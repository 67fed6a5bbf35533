//! What changed: init, allocate, release, reset.

use super::{Style, done_mark, gpu_list, span, time, totals};
use crate::allocator::{Change, Task};
use crate::outcome::{Allocated, Cancelled, Extended, GivenBack, Initialized, Reset};
use crate::render::prompt;
use crate::render::words::{Words, printable};

pub(super) fn initialized(init: &Initialized, style: &Style) -> String {
    let words = style.results();
    let headline = match (init.state.created, init.changes.is_empty()) {
        (true, _) if init.state.detected => words.text("init-detected"),
        (true, _) => words.text("init-created"),
        (false, true) => words.text("init-unchanged"),
        (false, false) => words.text("init-reconciled"),
    };
    let changes: String = init
        .changes
        .iter()
        .map(|change| format!("  {}\n", self::change(change, words)))
        .collect();
    let path = init.state.path.to_string_lossy();
    format!(
        "{} {headline}\n{changes}  {}\n  {}\n",
        done_mark(style),
        totals(&init.totals, words),
        words.say("state-file", [("path", path.as_ref().into())]),
    )
}

fn change(change: &Change, words: &Words) -> String {
    match change {
        Change::Added { server, gpus, cpus } => words.say(
            "change-added",
            [
                ("server", server.as_str().into()),
                ("gpus", (*gpus).into()),
                ("cpus", (*cpus).into()),
            ],
        ),
        Change::Removed { server } => {
            words.say("change-removed", [("server", server.as_str().into())])
        }
        Change::Gpus { server, from, to } => words.say(
            "change-gpus",
            [
                ("server", server.as_str().into()),
                ("from", (*from).into()),
                ("to", (*to).into()),
            ],
        ),
        Change::Cpus { server, from, to } => words.say(
            "change-cpus",
            [
                ("server", server.as_str().into()),
                ("from", (*from).into()),
                ("to", (*to).into()),
            ],
        ),
        Change::Drain { server, on: true } => {
            words.say("change-drain", [("server", server.as_str().into())])
        }
        Change::Drain { server, on: false } => {
            words.say("change-undrain", [("server", server.as_str().into())])
        }
        Change::Host { server, host } => {
            let key = if host.is_some() {
                "change-host"
            } else {
                "change-no-host"
            };
            let host = host.as_deref().unwrap_or_default();
            words.say(
                key,
                [("server", server.as_str().into()), ("host", host.into())],
            )
        }
        Change::Cards { server } => words.say("change-cards", [("server", server.as_str().into())]),
        Change::Reordered => words.text("change-reordered"),
    }
}

/// v0.1's words: what was asked for, what it got, how to use it, how to give it back.
pub(super) fn allocated(allocated: &Allocated, style: &Style) -> String {
    let words = style.results();
    let grant = &allocated.grant;
    let (task, devices) = (grant.task.as_str(), allocated.gpu_devices());
    let lines = |keys: &[&str]| -> String {
        let value = |key: &&str| {
            let values = [
                ("task", task.into()),
                ("count", grant.gpus.len().into()),
                ("cpus", grant.cpus.into()),
                ("server", grant.server_name.as_str().into()),
                ("ids", gpu_list(&grant.gpus).into()),
                ("devices", devices.as_str().into()),
            ];
            format!("  {}\n", words.say(key, values))
        };
        keys.iter().map(value).collect()
    };
    let until = grant.term.map(|term| {
        let values = [
            ("end", time(term.end).into()),
            ("left", span(term.ttl).into()),
        ];
        format!("  {}\n", words.say("allocate-until", values))
    });
    let mut text = format!(
        "{}\n{}\n{} {}\n{}{}",
        words.text("allocate-trying"),
        lines(&["allocate-task", "allocate-count", "allocate-cpus"]),
        done_mark(style),
        words.text("allocate-done"),
        lines(&[
            "allocate-server",
            "allocate-ids",
            "allocate-devices",
            "allocate-cpus"
        ]),
        until.unwrap_or_default(),
    );
    if !style.quiet {
        let usage = format!("export CUDA_VISIBLE_DEVICES={devices}");
        let release = format!("gpumgr --release {}{}", prompt::task(task), style.options);
        let release = printable(&release);
        let (use_it, give_back) = (words.text("allocate-use"), words.text("allocate-release"));
        text.push_str(&format!(
            "\n{use_it}\n  {usage}\n\n{give_back}\n  {release}\n"
        ));
    }
    text
}

pub(super) fn adopted(adopted: &Allocated, style: &Style) -> String {
    let grant = &adopted.grant;
    let values = [
        ("task", grant.task.as_str().into()),
        ("server", grant.server_name.as_str().into()),
        ("devices", adopted.gpu_devices().into()),
        ("cpus", grant.cpus.into()),
        ("owner", grant.owner.as_deref().unwrap_or("-").into()),
    ];
    let text = style.results().say("adopt-done", values);
    format!("{} {text}\n", done_mark(style))
}

pub(super) fn released(given_back: &GivenBack, style: &Style) -> String {
    let words = style.results();
    let task = given_back.released.task.id.as_str();
    format!(
        "{}\n{} {}\n",
        words.say("release-trying", [("task", task.into())]),
        done_mark(style),
        words.say("release-done", [("task", task.into())]),
    )
}

pub(super) fn renewed(extended: &Extended, style: &Style) -> String {
    let renewed = &extended.renewed;
    let values = [
        ("task", renewed.task.id.as_str().into()),
        ("end", time(renewed.term.end).into()),
        ("left", span(renewed.term.end - extended.now).into()),
    ];
    format!(
        "{} {}\n",
        done_mark(style),
        style.results().say("renew-done", values)
    )
}

pub(super) fn cancelled(cancelled: &Cancelled, style: &Style) -> String {
    let task = cancelled.waiter.request.task.as_str();
    let text = style.results().say("cancel-done", [("task", task.into())]);
    format!("{} {text}\n", done_mark(style))
}

pub(super) fn reset(reset: &Reset, style: &Style) -> String {
    let words = style.results();
    let forgotten = |task: &Task| {
        let values = [
            ("task", task.id.as_str().into()),
            ("gpus", gpu_list(&task.gpus).into()),
        ];
        format!("  {}\n", words.say("reset-forgot", values))
    };
    let forgotten: String = reset.forgotten.iter().map(forgotten).collect();
    let kept = reset.kept.as_ref().map(|kept| {
        format!(
            "  {}\n",
            words.say(
                "reset-kept",
                [("path", kept.to_string_lossy().as_ref().into())]
            )
        )
    });
    let path = reset.state.path.to_string_lossy();
    format!(
        "{} {}\n{forgotten}{}  {}\n  {}\n",
        done_mark(style),
        words.text("reset-done"),
        kept.unwrap_or_default(),
        totals(&reset.totals, words),
        words.say("state-file", [("path", path.as_ref().into())]),
    )
}
