//! `--status`: v0.1's table and totals.

use super::{percent, span, table};
use crate::allocator::{ExpiryReason, Name, Server, Task};
use crate::environment::device_list;
use crate::outcome::{Status, Totals};
use crate::render::Style;
use crate::render::messages::{Key, Messages, key, text};
use unicode_width::UnicodeWidthStr;

pub(super) fn status(status: &Status, style: &Style) -> String {
    without_gpus(status, style) + &super::gpus::gpus(status, style)
}

pub(super) fn without_gpus(status: &Status, style: &Style) -> String {
    let messages = style.messages();
    let columns = [
        key!("column-server"),
        key!("column-gpu-free"),
        key!("column-gpu-use"),
        key!("column-cpu-free"),
        key!("column-cpu-use"),
        key!("column-tasks"),
    ];
    let rows = status
        .servers
        .iter()
        .map(|(_, server)| cells(server, messages));
    let table = table(
        columns.map(|column| messages.plain(column)),
        rows,
        style.width,
    );
    let table = table.to_string();
    let width = table.lines().next().map_or(0, |line| line.chars().count());
    format!(
        "{}\n{table}\n\n{}{}{}{}",
        title(&text!(messages, "title"), width),
        totals(&status.totals, messages),
        waiting(status.waiting, messages),
        ends(status, messages),
        idle(status, messages),
    )
}

/// What is held, but was not seen to be used for long.
pub(super) fn idle(status: &Status, messages: &Messages) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let lines: String = tasks
        .filter_map(|(server, task)| {
            let idle = task.idle(status.now, status.idle_warning)?;
            Some(line(
                key!("status-idle", devices, left, server, task),
                task,
                &server.name,
                span(idle),
                messages,
            ))
        })
        .collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n{}\n{lines}", text!(messages, "status-idle-head"))
    }
}

fn waiting(count: usize, messages: &Messages) -> String {
    match count {
        0 => String::new(),
        _ => format!("  {}\n", text!(messages, "totals-waiting", count = count)),
    }
}

/// What ends by itself, and what has ended and is shown as free, though nobody freed it yet.
fn ends(status: &Status, messages: &Messages) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let mut timed: Vec<_> = tasks
        .filter_map(|(server, task)| Some((task.term?.end, server, task)))
        .collect();
    timed.sort_by_key(|(end, ..)| *end);
    let timed = timed.iter().map(|(end, server, task)| {
        let key = if *end <= status.now {
            key!("status-overdue", devices, server, task)
        } else {
            key!("status-left", devices, left, server, task)
        };
        line(key, task, &server.name, span(*end - status.now), messages)
    });
    section(
        ended(status, messages).into_iter().chain(timed).collect(),
        messages,
    )
}

/// The second of it alone, where the rest is told elsewhere.
pub(super) fn only_ended(status: &Status, messages: &Messages) -> String {
    section(ended(status, messages).concat(), messages)
}

fn section(lines: String, messages: &Messages) -> String {
    if lines.is_empty() {
        lines
    } else {
        format!("\n{}\n{lines}", text!(messages, "status-ends"))
    }
}

fn ended(status: &Status, messages: &Messages) -> Vec<String> {
    let ended = status.ended.iter().map(|freed| {
        let key = match freed.why {
            ExpiryReason::Ended => key!("status-ended", devices, server, task),
            ExpiryReason::Lapsed => key!("status-lapsed", devices, server, task),
            ExpiryReason::Untaken => key!("status-untaken", devices, server, task),
        };
        line(
            key,
            &freed.task,
            &freed.server_name,
            String::new(),
            messages,
        )
    });
    ended.collect()
}

fn line(key: Key, task: &Task, server: &Name, left: String, messages: &Messages) -> String {
    let values = [
        ("task", task.id.as_str().into()),
        ("server", server.as_str().into()),
        ("devices", device_list(&task.gpus).into()),
        ("left", left.into()),
    ];
    format!("  {}\n", messages.format(key, &values))
}

fn title(title: &str, width: usize) -> String {
    let bars = width.saturating_sub(title.width() + 2);
    let left = bars / 2;
    format!("{} {title} {}", "=".repeat(left), "=".repeat(bars - left))
}

fn cells(server: &Server, messages: &Messages) -> [String; 6] {
    let free_gpus = u32::try_from(server.free_gpus.len()).unwrap_or(server.total_gpus);
    let name = server.name.to_string();
    [
        if server.drain {
            text!(messages, "server-draining", server = name)
        } else {
            name
        },
        format!("{free_gpus}/{}", server.total_gpus),
        percent(server.total_gpus - free_gpus, server.total_gpus),
        format!("{}/{}", server.free_cpus, server.total_cpus),
        percent(server.total_cpus - server.free_cpus, server.total_cpus),
        server.tasks.len().to_string(),
    ]
}

fn totals(totals: &Totals, messages: &Messages) -> String {
    let line = |key, values: [(&'static str, u64); 2]| {
        messages.format(key, &values.map(|(name, value)| (name, value.into())))
    };
    format!(
        "{}\n  {}\n  {}\n  {}\n",
        text!(messages, "totals"),
        line(
            key!("totals-gpus", free, total),
            [("free", totals.free_gpus), ("total", totals.total_gpus)]
        ),
        line(
            key!("totals-cpus", free, total),
            [("free", totals.free_cpus), ("total", totals.total_cpus)]
        ),
        text!(messages, "totals-tasks", tasks = totals.tasks),
    )
}
