//! `--detail`: free IDs and every task.

use super::{gpu_list, span, table, time};
use crate::allocator::{Server, Task, Timestamp};
use crate::outcome::Status;
use crate::render::Style;
use crate::render::messages::{Messages, key, text};

/// Tasks stand below their server, that many columns in.
const INDENT: u16 = 2;

pub(super) fn detail(status: &Status, style: &Style) -> String {
    without_gpus(status, style)
        + &super::gpus::gpus(status, style)
        + &super::program::summary(status, style.messages())
}

pub(super) fn without_gpus(status: &Status, style: &Style) -> String {
    let servers: Vec<_> = status
        .servers
        .iter()
        .map(|(id, shown)| server(*id, shown, status.now, style))
        .collect();
    let messages = style.messages();
    servers.join("\n")
        + &super::status::only_ended(status, messages)
        + &super::status::idle(status, messages)
}

fn server(id: usize, server: &Server, now: Timestamp, style: &Style) -> String {
    let messages = style.messages();
    let name = text!(
        messages,
        "detail-server",
        server = server.name.as_str(),
        id = id
    );
    let name = if server.drain {
        text!(messages, "server-draining", server = name)
    } else {
        name
    };
    let gpus = text!(
        messages,
        "detail-gpus",
        ids = gpu_list(&server.free_gpus),
        free = server.free_gpus.len(),
        total = server.total_gpus
    );
    let cpus = text!(
        messages,
        "detail-cpus",
        free = server.free_cpus,
        total = server.total_cpus
    );
    let tasks = if server.tasks.is_empty() {
        format!("  {}\n", text!(messages, "detail-no-tasks"))
    } else {
        tasks(&server.tasks, now, style) + &super::steps::of_tasks(&server.tasks, now, messages)
    };
    format!("{name}\n  {gpus}\n  {cpus}\n{tasks}")
}

fn tasks(tasks: &[Task], now: Timestamp, style: &Style) -> String {
    let messages = style.messages();
    let width = style.width.map(|width| width.saturating_sub(INDENT));
    let columns = [
        key!("column-task"),
        key!("column-gpus"),
        key!("column-cpus"),
        key!("column-owner"),
        key!("column-start"),
        key!("column-age"),
        key!("column-left"),
    ];
    let cells = |task: &Task| {
        [
            task.id.to_string(),
            gpu_list(&task.gpus),
            task.cpus.to_string(),
            task.owner.clone().unwrap_or_else(|| "-".to_owned()),
            time(task.start),
            span(now - task.start),
            time_left(task, now, messages),
        ]
    };
    let columns = columns.map(|column| messages.plain(column));
    let rows = tasks.iter().map(cells);
    // Where all are until they are released, a column of dashes says nothing.
    let table = if tasks.iter().any(|task| task.term.is_some()) {
        table(columns, rows, width)
    } else {
        let six = |[task, gpus, cpus, owner, start, age, _]: [String; 7]| {
            [task, gpus, cpus, owner, start, age]
        };
        table(six(columns), rows.map(six), width)
    };
    table.lines().map(|line| format!("  {line}\n")).collect()
}

/// What is left of its term. A command can outlive that.
pub(super) fn time_left(task: &Task, now: Timestamp, messages: &Messages) -> String {
    match task.term {
        None => "-".to_owned(),
        Some(term) if term.end <= now => text!(messages, "time-over"),
        Some(term) => span(term.end - now),
    }
}
