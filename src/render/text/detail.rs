//! `--detail`: free IDs and every task.

use super::{gpu_list, table};
use crate::allocator::{Server, Task, Timestamp};
use crate::outcome::Status;
use crate::render::Style;
use chrono::{Local, TimeDelta};

/// Tasks stand below their server, that many columns in.
const INDENT: u16 = 2;

pub(super) fn detail(status: &Status, style: &Style) -> String {
    let servers: Vec<_> = status
        .servers
        .iter()
        .map(|(id, shown)| server(*id, shown, status.now, style))
        .collect();
    servers.join("\n")
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
        tasks(&server.tasks, now, style)
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
    ];
    let cells = |task: &Task| {
        let start = task.start.with_timezone(&Local);
        [
            task.id.to_string(),
            gpu_list(&task.gpus),
            task.cpus.to_string(),
            task.owner.clone().unwrap_or_else(|| "-".to_owned()),
            start.format("%Y-%m-%d %H:%M:%S").to_string(),
            age(now - task.start),
        ]
    };
    let table = table(
        columns.map(|column| words.text(column)),
        tasks.iter().map(cells),
        width,
    );
    table.lines().map(|line| format!("  {line}\n")).collect()
}

/// The two largest units, such as `2d 3h`; nothing is older than now, whatever clocks say.
fn age(age: TimeDelta) -> String {
    let seconds = age.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m {}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {}m", minutes % 60),
        (days, hours, _) => format!("{days}d {}h", hours % 24),
    }
}
