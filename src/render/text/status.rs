//! `--status`: v0.1's table and totals.

use super::{percent, span, table};
use crate::allocator::{Name, Over, Server, Task};
use crate::environment::device_list;
use crate::outcome::{Status, Totals};
use crate::render::Style;
use crate::render::words::Words;
use unicode_width::UnicodeWidthStr;

pub(super) fn status(status: &Status, style: &Style) -> String {
    without_gpus(status, style) + &super::gpus::gpus(status, style)
}

pub(super) fn without_gpus(status: &Status, style: &Style) -> String {
    let words = style.results();
    let columns = [
        "column-server",
        "column-gpu-free",
        "column-gpu-use",
        "column-cpu-free",
        "column-cpu-use",
        "column-tasks",
    ];
    let rows = status
        .servers
        .iter()
        .map(|(_, server)| cells(server, words));
    let table = table(columns.map(|column| words.text(column)), rows, style.width);
    let table = table.to_string();
    let width = table.lines().next().map_or(0, |line| line.chars().count());
    format!(
        "{}\n{table}\n\n{}{}{}{}",
        title(&words.text("title"), width),
        totals(&status.totals, words),
        waiting(status.waiting, words),
        ends(status, words),
        idle(status, words),
    )
}

/// What is held, but was not seen to be used for long.
pub(super) fn idle(status: &Status, words: &Words) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let lines: String = tasks
        .filter_map(|(server, task)| {
            let idle = task.idle(status.now, status.idle_warning)?;
            Some(line("status-idle", task, &server.name, span(idle), words))
        })
        .collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n{}\n{lines}", words.text("status-idle-head"))
    }
}

fn waiting(count: usize, words: &Words) -> String {
    match count {
        0 => String::new(),
        _ => format!(
            "  {}\n",
            words.say("totals-waiting", [("count", count.into())])
        ),
    }
}

/// What ends by itself, and what has ended and is shown as free, though nobody freed it yet.
fn ends(status: &Status, words: &Words) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let mut timed: Vec<_> = tasks
        .filter_map(|(server, task)| Some((task.term?.end, server, task)))
        .collect();
    timed.sort_by_key(|(end, ..)| *end);
    let timed = timed.iter().map(|(end, server, task)| {
        let key = if *end <= status.now {
            "status-overdue"
        } else {
            "status-left"
        };
        line(key, task, &server.name, span(*end - status.now), words)
    });
    section(
        ended(status, words).into_iter().chain(timed).collect(),
        words,
    )
}

/// The second of it alone, where the rest is told elsewhere.
pub(super) fn only_ended(status: &Status, words: &Words) -> String {
    section(ended(status, words).concat(), words)
}

fn section(lines: String, words: &Words) -> String {
    if lines.is_empty() {
        lines
    } else {
        format!("\n{}\n{lines}", words.text("status-ends"))
    }
}

fn ended(status: &Status, words: &Words) -> Vec<String> {
    let ended = status.ended.iter().map(|freed| {
        let key = match freed.why {
            Over::Ended => "status-ended",
            Over::Lapsed => "status-lapsed",
            Over::Untaken => "status-untaken",
        };
        line(key, &freed.task, &freed.server_name, String::new(), words)
    });
    ended.collect()
}

fn line(key: &str, task: &Task, server: &Name, left: String, words: &Words) -> String {
    let values = [
        ("task", task.id.as_str().into()),
        ("server", server.as_str().into()),
        ("devices", device_list(&task.gpus).into()),
        ("left", left.into()),
    ];
    format!("  {}\n", words.say(key, values))
}

fn title(title: &str, width: usize) -> String {
    let bars = width.saturating_sub(title.width() + 2);
    let left = bars / 2;
    format!("{} {title} {}", "=".repeat(left), "=".repeat(bars - left))
}

fn cells(server: &Server, words: &Words) -> [String; 6] {
    let free_gpus = u32::try_from(server.free_gpus.len()).unwrap_or(server.total_gpus);
    let name = server.name.to_string();
    [
        if server.drain {
            words.say("server-draining", [("server", name.into())])
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

fn totals(totals: &Totals, words: &Words) -> String {
    let line = |key, values: [(&'static str, u64); 2]| {
        words.say(key, values.map(|(name, value)| (name, value.into())))
    };
    format!(
        "{}\n  {}\n  {}\n  {}\n",
        words.text("totals"),
        line(
            "totals-gpus",
            [("free", totals.free_gpus), ("total", totals.total_gpus)]
        ),
        line(
            "totals-cpus",
            [("free", totals.free_cpus), ("total", totals.total_cpus)]
        ),
        words.say("totals-tasks", [("tasks", totals.tasks.into())]),
    )
}
