//! `--detail`: free IDs and every task.

use super::{gpu_list, span, table, time};
use crate::allocator::{Server, Task, Timestamp};
use crate::outcome::Status;
use crate::render::Style;
use crate::render::words::Words;

/// Tasks stand below their server, that many columns in.
const INDENT: u16 = 2;

pub(super) fn detail(status: &Status, style: &Style) -> String {
    without_gpus(status, style)
        + &super::gpus::gpus(status, style)
        + &super::program::summary(status, style.results())
}

pub(super) fn without_gpus(status: &Status, style: &Style) -> String {
    let servers: Vec<_> = status
        .servers
        .iter()
        .map(|(id, shown)| server(*id, shown, status.now, style))
        .collect();
    let words = style.results();
    servers.join("\n")
        + &super::status::only_ended(status, words)
        + &super::status::idle(status, words)
}

fn server(id: usize, server: &Server, now: Timestamp, style: &Style) -> String {
    let words = style.results();
    let name = words.say(
        "detail-server",
        [("server", server.name.as_str().into()), ("id", id.into())],
    );
    let name = if server.drain {
        words.say("server-draining", [("server", name.into())])
    } else {
        name
    };
    let gpus = words.say(
        "detail-gpus",
        [
            ("ids", gpu_list(&server.free_gpus).into()),
            ("free", server.free_gpus.len().into()),
            ("total", server.total_gpus.into()),
        ],
    );
    let cpus = words.say(
        "detail-cpus",
        [
            ("free", server.free_cpus.into()),
            ("total", server.total_cpus.into()),
        ],
    );
    let tasks = if server.tasks.is_empty() {
        format!("  {}\n", words.text("detail-no-tasks"))
    } else {
        tasks(&server.tasks, now, style) + &super::steps::of_tasks(&server.tasks, now, words)
    };
    format!("{name}\n  {gpus}\n  {cpus}\n{tasks}")
}

fn tasks(tasks: &[Task], now: Timestamp, style: &Style) -> String {
    let words = style.results();
    let width = style.width.map(|width| width.saturating_sub(INDENT));
    let columns = [
        "column-task",
        "column-gpus",
        "column-cpus",
        "column-owner",
        "column-start",
        "column-age",
        "column-left",
    ];
    let cells = |task: &Task| {
        [
            task.id.to_string(),
            gpu_list(&task.gpus),
            task.cpus.to_string(),
            task.owner.clone().unwrap_or_else(|| "-".to_owned()),
            time(task.start),
            span(now - task.start),
            time_left(task, now, words),
        ]
    };
    let columns = columns.map(|column| words.text(column));
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
pub(super) fn time_left(task: &Task, now: Timestamp, words: &Words) -> String {
    match task.term {
        None => "-".to_owned(),
        Some(term) if term.end <= now => words.text("time-over"),
        Some(term) => span(term.end - now),
    }
}
