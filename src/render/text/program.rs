//! Programs: what came of a start, and what they are at.

use super::{Style, done_mark, gpu_list};
use crate::allocator::{LeaseKind, Phase, Server, Task};
use crate::outcome::{Began, GivenBack, Logs, Started, Status};
use crate::render::messages::{Key, Messages, key, printable, text};
use crate::render::prompt;
use std::borrow::Cow;

pub(super) fn started(started: &Started, style: &Style) -> String {
    let messages = style.messages();
    let grant = &started.grant;
    let log = started.log.to_string_lossy();
    let task = grant.task.as_str();
    let values = |pid: u32| [("task", task.into()), ("pid", pid.to_string().into())];
    let headline = match started.began {
        Began::Runs { pid } => messages.format(key!("program-runs", pid, task), &values(pid)),
        Began::TakenOver { pid } => {
            messages.format(key!("program-taken-over", pid, task), &values(pid))
        }
        Began::Ended => text!(messages, "program-ended", task = task),
    };
    let mut lines = vec![
        text!(
            messages,
            "allocate-server",
            server = grant.server_name.as_str()
        ),
        text!(messages, "allocate-ids", ids = gpu_list(&grant.gpus)),
        text!(messages, "allocate-cpus", cpus = grant.cpus),
        text!(messages, "program-log", path = log.as_ref()),
    ];
    let mut text = format!("{} {headline}\n", done_mark(style));
    if !style.quiet && started.began != Began::Ended {
        let word = prompt::task(task);
        for key in [key!("program-follow", word), key!("program-stop", word)] {
            lines.push(messages.format(key, &[("word", word.as_str().into())]));
        }
    }
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

pub(super) fn stopped(given_back: &GivenBack, style: &Style) -> String {
    let task = given_back.released.task.id.as_str();
    let messages = style.messages();
    let line = text!(messages, "program-stopped", task = task);
    format!("{} {line}\n", done_mark(style))
}

/// As it is, but on a terminal nothing that it would obey.
pub(super) fn logs(logs: &Logs, style: &Style) -> String {
    on_terminal(&logs.text, style).into_owned()
}

pub(in crate::render) fn on_terminal<'t>(text: &'t str, style: &Style) -> Cow<'t, str> {
    if style.width.is_none() {
        return Cow::Borrowed(text);
    }
    let keep = |c: char| matches!(c, '\n' | '\r' | '\t');
    let pieces = text.split_inclusive(keep).map(|piece| {
        let plain = piece.trim_end_matches(keep);
        printable(plain) + &piece[plain.len()..]
    });
    Cow::Owned(pieces.collect())
}

/// The guide's summary: totals, then each server, then each task and what it is at.
pub(super) fn summary(status: &Status, messages: &Messages) -> String {
    let totals = &status.totals;
    let counts = [
        (key!("summary-nodes", count), totals.servers as u64),
        (key!("summary-gpus", count), totals.total_gpus),
        (key!("summary-free", count), totals.free_gpus),
        (
            key!("summary-allocated", count),
            totals.total_gpus - totals.free_gpus,
        ),
        (key!("summary-tasks", count), totals.tasks as u64),
    ];
    let counts = counts.map(|(key, count)| messages.format(key, &[("count", count.into())]));
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers
        .clone()
        .flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let nodes: Vec<_> = servers.map(|server| node(server, messages)).collect();
    let tasks: Vec<_> = tasks
        .map(|(server, task)| self::task(task, server, status, messages))
        .collect();
    let mut text = section(key!("summary-head"), &counts, messages)
        + &section(key!("summary-per-node"), &nodes, messages);
    if !tasks.is_empty() {
        text += &section(key!("summary-per-task"), &tasks, messages);
    }
    text
}

/// What each program is at; nothing where there is none.
pub(super) fn programs(status: &Status, messages: &Messages) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let programs = tasks.filter(|(_, task)| task.program.is_some());
    let lines: Vec<_> = programs
        .map(|(server, held)| task(held, server, status, messages))
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        lines => section(key!("monitor-programs"), lines, messages),
    }
}

fn section(key: Key, lines: &[String], messages: &Messages) -> String {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("\n{}\n{lines}", messages.plain(key))
}

fn node(server: &Server, messages: &Messages) -> String {
    let free = server.free_gpus.len();
    text!(
        messages,
        "summary-node",
        server = server.name.as_str(),
        free = free,
        total = server.total_gpus,
        allocated = server.total_gpus as usize - free
    )
}

fn task(task: &Task, server: &Server, status: &Status, messages: &Messages) -> String {
    text!(
        messages,
        "summary-task",
        task = task.id.as_str(),
        gpus = task.gpus.len(),
        server = server.name.as_str(),
        state = messages.plain(state(task, status))
    )
}

/// What a task is at.
fn state(task: &Task, status: &Status) -> Key {
    let tie = task.lease.as_deref().map(|lease| lease.tie);
    match (&task.program, tie) {
        (Some(_), _) if status.unattended.contains(&task.id) => key!("state-unattended"),
        (Some(program), _) => match program.phase {
            Phase::Starting => key!("state-starting"),
            Phase::Running => key!("state-running"),
            Phase::Retrying => key!("state-retrying"),
            Phase::Stopping => key!("state-stopping"),
        },
        (None, Some(LeaseKind::Run | LeaseKind::Process)) => key!("state-running"),
        (None, Some(LeaseKind::Claim)) => key!("state-granted"),
        (None, None) => key!("state-held"),
    }
}
