//! Programs: what came of a start, and what they are at.

use super::{Style, done_mark, gpu_list};
use crate::allocator::{Phase, Server, Task, Tie};
use crate::outcome::{Began, GivenBack, Logs, Started, Status};
use crate::render::prompt;
use crate::render::words::{Words, printable};
use std::borrow::Cow;

pub(super) fn started(started: &Started, style: &Style) -> String {
    let words = style.results();
    let grant = &started.grant;
    let log = started.log.to_string_lossy();
    let task = grant.task.as_str();
    let values = |pid: u32| [("task", task.into()), ("pid", pid.to_string().into())];
    let headline = match started.began {
        Began::Runs { pid } => words.say("program-runs", values(pid)),
        Began::TakenOver { pid } => words.say("program-taken-over", values(pid)),
        Began::Ended => words.say("program-ended", [("task", task.into())]),
    };
    let mut lines = vec![
        words.say(
            "allocate-server",
            [("server", grant.server_name.as_str().into())],
        ),
        words.say("allocate-ids", [("ids", gpu_list(&grant.gpus).into())]),
        words.say("allocate-cpus", [("cpus", grant.cpus.into())]),
        words.say("program-log", [("path", log.as_ref().into())]),
    ];
    let mut text = format!("{} {headline}\n", done_mark(style));
    if !style.quiet && started.began != Began::Ended {
        let word = prompt::task(task);
        for key in ["program-follow", "program-stop"] {
            lines.push(words.say(key, [("word", word.as_str().into())]));
        }
    }
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

pub(super) fn stopped(given_back: &GivenBack, style: &Style) -> String {
    let task = given_back.released.task.id.as_str();
    let words = style.results();
    let line = words.say("program-stopped", [("task", task.into())]);
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
pub(super) fn summary(status: &Status, words: &Words) -> String {
    let totals = &status.totals;
    let counts = [
        ("summary-nodes", totals.servers as u64),
        ("summary-gpus", totals.total_gpus),
        ("summary-free", totals.free_gpus),
        ("summary-allocated", totals.total_gpus - totals.free_gpus),
        ("summary-tasks", totals.tasks as u64),
    ];
    let counts = counts.map(|(key, count)| words.say(key, [("count", count.into())]));
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers
        .clone()
        .flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let nodes: Vec<_> = servers.map(|server| node(server, words)).collect();
    let tasks: Vec<_> = tasks
        .map(|(server, task)| self::task(task, server, status, words))
        .collect();
    let mut text =
        section("summary-head", &counts, words) + &section("summary-per-node", &nodes, words);
    if !tasks.is_empty() {
        text += &section("summary-per-task", &tasks, words);
    }
    text
}

/// What each program is at; nothing where there is none.
pub(super) fn programs(status: &Status, words: &Words) -> String {
    let servers = status.servers.iter().map(|(_, server)| server);
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let programs = tasks.filter(|(_, task)| task.program.is_some());
    let lines: Vec<_> = programs
        .map(|(server, held)| task(held, server, status, words))
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        lines => section("monitor-programs", lines, words),
    }
}

fn section(key: &str, lines: &[String], words: &Words) -> String {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("\n{}\n{lines}", words.text(key))
}

fn node(server: &Server, words: &Words) -> String {
    let free = server.free_gpus.len();
    words.say(
        "summary-node",
        [
            ("server", server.name.as_str().into()),
            ("free", free.into()),
            ("total", server.total_gpus.into()),
            ("allocated", (server.total_gpus as usize - free).into()),
        ],
    )
}

fn task(task: &Task, server: &Server, status: &Status, words: &Words) -> String {
    words.say(
        "summary-task",
        [
            ("task", task.id.as_str().into()),
            ("gpus", task.gpus.len().into()),
            ("server", server.name.as_str().into()),
            ("state", words.text(state(task, status)).into()),
        ],
    )
}

/// What a task is at.
fn state(task: &Task, status: &Status) -> &'static str {
    let tie = task.lease.as_deref().map(|lease| lease.tie);
    match (&task.program, tie) {
        (Some(_), _) if status.unattended.contains(&task.id) => "state-unattended",
        (Some(program), _) => match program.phase {
            Phase::Starting => "state-starting",
            Phase::Running => "state-running",
            Phase::Retrying => "state-retrying",
            Phase::Stopping => "state-stopping",
        },
        (None, Some(Tie::Run | Tie::Process)) => "state-running",
        (None, Some(Tie::Claim)) => "state-granted",
        (None, None) => "state-held",
    }
}
