//! `--queue`: who waits, and why not yet.

use super::{Style, cpus_asked, gpus_asked, lines_of, span, table};
use crate::allocator::{Explained, Gpus, Holding, Nearest, Timestamp, Why};
use crate::outcome::Queue;
use crate::render::words::{Words, cap_name};
use std::fmt::Write;

/// How many tasks in the way are named.
const NAMED: usize = 3;

pub(super) fn queue(queue: &Queue, style: &Style) -> String {
    let words = style.results();
    if queue.waiting.is_empty() {
        return words.text("queue-empty") + "\n";
    }
    let columns = [
        "column-task",
        "column-place",
        "column-gpus",
        "column-cpus",
        "column-owner",
        "column-waiting",
    ];
    let cells = |(position, explained): (usize, &Explained)| {
        let request = &explained.waiter.request;
        [
            request.task.to_string(),
            (position + 1).to_string(),
            gpus_asked(&request.demand.gpus),
            cpus_asked(request.demand.cpus, words),
            request.owner.clone().unwrap_or_else(|| "-".to_owned()),
            span(queue.now - explained.waiter.since),
        ]
    };
    let rows = queue.waiting.iter().enumerate().map(cells);
    let table = table(columns.map(|column| words.text(column)), rows, style.width);
    let mut text = format!("{table}\n\n{}\n", words.text("queue-why"));
    for explained in &queue.waiting {
        let task = words.say(
            "queue-task",
            [("task", explained.waiter.request.task.as_str().into())],
        );
        let why = needs_and_why(explained, queue.now, words);
        let _ = writeln!(text, "  {task} {why}");
    }
    text
}

/// What it needs, and why it does not get that yet.
pub(super) fn needs_and_why(explained: &Explained, now: Timestamp, words: &Words) -> String {
    let demand = &explained.waiter.request.demand;
    let needs = match &demand.gpus {
        Gpus::Count(count) => words.say("why-needs", [("count", (*count).into())]),
        these @ Gpus::These(_) => words.say("why-needs-ids", [("ids", gpus_asked(these).into())]),
    };
    [needs, words_of_wait(&explained.why, now, words)].join("; ")
}

/// Why something is not granted yet.
pub(in crate::render) fn words_of_wait(why: &Why, now: Timestamp, words: &Words) -> String {
    match why {
        Why::Ready => words.text("why-ready"),
        Why::NameTaken => words.text("why-name-taken"),
        Why::Draining => words.text("why-draining"),
        Why::Impossible => words.text("why-impossible"),
        Why::OverCap(over) => words.say(
            "why-over-cap",
            [
                ("held", over.held.into()),
                ("max", over.max.into()),
                ("key", cap_name(over.cap).into()),
            ],
        ),
        Why::Behind { task, server } => words.say(
            "why-behind",
            [
                ("task", task.as_str().into()),
                ("server", server.as_str().into()),
            ],
        ),
        Why::Lacks {
            nearest,
            start,
            holders,
            withheld,
        } => {
            let lacks = lacks(nearest, *start, holders, now, words);
            let withheld = withheld.as_ref().map(|withheld| lines_of(withheld, words));
            std::iter::once(lacks)
                .chain(withheld.into_iter().flatten())
                .collect::<Vec<_>>()
                .join("; ")
        }
    }
}

fn lacks(
    nearest: &Nearest,
    start: Option<Timestamp>,
    holders: &[Holding],
    now: Timestamp,
    words: &Words,
) -> String {
    let values = [
        ("server", nearest.server_name.as_str().into()),
        ("gpus", nearest.free_gpus.into()),
        ("cpus", nearest.free_cpus.into()),
    ];
    let key = match nearest.lacks_gpus {
        0 => "why-nearest-cpus",
        _ => "why-nearest",
    };
    let start = start.map(|start| words.say("why-start", [("left", span(start - now).into())]));
    let named = holders
        .iter()
        .take(NAMED)
        .map(|task| holder(task, now, words));
    let more = holders.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| words.say("why-more", [("count", more.into())]));
    let parts = std::iter::once(words.say(key, values))
        .chain(start)
        .chain(named)
        .chain(more);
    parts.collect::<Vec<_>>().join("; ")
}

fn holder(task: &Holding, now: Timestamp, words: &Words) -> String {
    let left = task.ends_by.map(|end| span(end - now)).unwrap_or_default();
    let values = [
        ("task", task.task.as_str().into()),
        ("gpus", task.gpus.len().into()),
        ("cpus", task.cpus.into()),
        ("owner", task.owner.as_deref().unwrap_or("-").into()),
        ("left", left.into()),
    ];
    let key = match task.ends_by {
        Some(end) if end <= now => "why-holder-overdue",
        Some(_) => "why-holder",
        None => "why-holder-endless",
    };
    let text = words.say(key, values);
    match task.idle {
        None => text,
        Some(idle) => {
            let idle = words.say("why-holder-idle", [("idle", span(idle).into())]);
            format!("{text} ({idle})")
        }
    }
}
