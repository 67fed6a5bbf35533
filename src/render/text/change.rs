//! What changed: init, allocate, release, reset.

use super::{Style, done_mark, gpu_list, span, time, totals};
use crate::allocator::{Change, Task};
use crate::outcome::{Allocated, Cancelled, Extended, GivenBack, Initialized, Reset};
use crate::render::messages::{Key, Messages, key, printable, text};
use crate::render::prompt;

pub(super) fn initialized(init: &Initialized, style: &Style) -> String {
    let messages = style.messages();
    let headline = match (init.state.created, init.changes.is_empty()) {
        (true, _) if init.state.detected => text!(messages, "init-detected"),
        (true, _) => text!(messages, "init-created"),
        (false, true) => text!(messages, "init-unchanged"),
        (false, false) => text!(messages, "init-reconciled"),
    };
    let changes: String = init
        .changes
        .iter()
        .map(|change| format!("  {}\n", self::change(change, messages)))
        .collect();
    let path = init.state.path.to_string_lossy();
    format!(
        "{} {headline}\n{changes}  {}\n  {}\n",
        done_mark(style),
        totals(&init.totals, messages),
        text!(messages, "state-file", path = path.as_ref()),
    )
}

fn change(change: &Change, messages: &Messages) -> String {
    match change {
        Change::Added { server, gpus, cpus } => text!(
            messages,
            "change-added",
            server = server.as_str(),
            gpus = *gpus,
            cpus = *cpus
        ),
        Change::Removed { server } => {
            text!(messages, "change-removed", server = server.as_str())
        }
        Change::Gpus { server, from, to } => text!(
            messages,
            "change-gpus",
            server = server.as_str(),
            from = *from,
            to = *to
        ),
        Change::Cpus { server, from, to } => text!(
            messages,
            "change-cpus",
            server = server.as_str(),
            from = *from,
            to = *to
        ),
        Change::Drain { server, on: true } => {
            text!(messages, "change-drain", server = server.as_str())
        }
        Change::Drain { server, on: false } => {
            text!(messages, "change-undrain", server = server.as_str())
        }
        Change::Host { server, host } => {
            let key = if host.is_some() {
                key!("change-host", host, server)
            } else {
                key!("change-no-host", server)
            };
            let host = host.as_deref().unwrap_or_default();
            messages.format(
                key,
                &[("server", server.as_str().into()), ("host", host.into())],
            )
        }
        Change::Cards { server } => text!(messages, "change-cards", server = server.as_str()),
        Change::Reordered => text!(messages, "change-reordered"),
    }
}

/// v0.1's words: what was asked for, what it got, how to use it, how to give it back.
pub(super) fn allocated(allocated: &Allocated, style: &Style) -> String {
    let messages = style.messages();
    let grant = &allocated.grant;
    let (task, devices) = (grant.task.as_str(), allocated.gpu_devices());
    let values = [
        ("task", task.into()),
        ("count", grant.gpus.len().into()),
        ("cpus", grant.cpus.into()),
        ("server", grant.server_name.as_str().into()),
        ("ids", gpu_list(&grant.gpus).into()),
        ("devices", devices.as_str().into()),
    ];
    let line = |key: &Key| format!("  {}\n", messages.format(*key, &values));
    let lines = |keys: &[Key]| keys.iter().map(line).collect::<String>();
    let until = grant.term.map(|term| {
        format!(
            "  {}\n",
            text!(
                messages,
                "allocate-until",
                end = time(term.end),
                left = span(term.ttl)
            )
        )
    });
    let mut text = format!(
        "{}\n{}\n{} {}\n{}{}",
        text!(messages, "allocate-trying"),
        lines(&[
            key!("allocate-task", task),
            key!("allocate-count", count),
            key!("allocate-cpus", cpus)
        ]),
        done_mark(style),
        text!(messages, "allocate-done"),
        lines(&[
            key!("allocate-server", server),
            key!("allocate-ids", ids),
            key!("allocate-devices", devices),
            key!("allocate-cpus", cpus)
        ]),
        until.unwrap_or_default(),
    );
    if !style.quiet {
        let usage = format!("export CUDA_VISIBLE_DEVICES={devices}");
        let release = format!(
            "gpumgr --release {}{}",
            prompt::task(task),
            messages.options()
        );
        let release = printable(&release);
        let (use_it, give_back) = (
            text!(messages, "allocate-use"),
            text!(messages, "allocate-release"),
        );
        text.push_str(&format!(
            "\n{use_it}\n  {usage}\n\n{give_back}\n  {release}\n"
        ));
    }
    text
}

pub(super) fn adopted(adopted: &Allocated, style: &Style) -> String {
    let grant = &adopted.grant;
    let text = text!(
        style.messages(),
        "adopt-done",
        task = grant.task.as_str(),
        server = grant.server_name.as_str(),
        devices = adopted.gpu_devices(),
        cpus = grant.cpus,
        owner = grant.owner.as_deref().unwrap_or("-")
    );
    format!("{} {text}\n", done_mark(style))
}

pub(super) fn released(given_back: &GivenBack, style: &Style) -> String {
    let messages = style.messages();
    let task = given_back.released.task.id.as_str();
    format!(
        "{}\n{} {}\n",
        text!(messages, "release-trying", task = task),
        done_mark(style),
        text!(messages, "release-done", task = task),
    )
}

pub(super) fn renewed(extended: &Extended, style: &Style) -> String {
    let renewed = &extended.renewed;
    format!(
        "{} {}\n",
        done_mark(style),
        text!(
            style.messages(),
            "renew-done",
            task = renewed.task.id.as_str(),
            end = time(renewed.term.end),
            left = span(renewed.term.end - extended.now)
        )
    )
}

pub(super) fn cancelled(cancelled: &Cancelled, style: &Style) -> String {
    let task = cancelled.waiter.request.task.as_str();
    let text = text!(style.messages(), "cancel-done", task = task);
    format!("{} {text}\n", done_mark(style))
}

pub(super) fn reset(reset: &Reset, style: &Style) -> String {
    let messages = style.messages();
    let forgotten = |task: &Task| {
        format!(
            "  {}\n",
            text!(
                messages,
                "reset-forgot",
                task = task.id.as_str(),
                gpus = gpu_list(&task.gpus)
            )
        )
    };
    let forgotten: String = reset.forgotten.iter().map(forgotten).collect();
    let kept = reset.kept.as_ref().map(|kept| {
        format!(
            "  {}\n",
            text!(
                messages,
                "reset-kept",
                path = kept.to_string_lossy().as_ref()
            )
        )
    });
    let path = reset.state.path.to_string_lossy();
    format!(
        "{} {}\n{forgotten}{}  {}\n  {}\n",
        done_mark(style),
        text!(messages, "reset-done"),
        kept.unwrap_or_default(),
        totals(&reset.totals, messages),
        text!(messages, "state-file", path = path.as_ref()),
    )
}
