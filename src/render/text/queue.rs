//! `--queue`: who waits, and why not yet.

use super::{Style, cpus_asked, gpus_asked, lines_of, span, table};
use crate::allocator::{Explained, Gpus, Holding, Nearest, Timestamp, Why};
use crate::outcome::Queue;
use crate::render::messages::{Messages, cap_name, key, text};
use std::fmt::Write;

/// How many tasks in the way are named.
const NAMED: usize = 3;

pub(super) fn queue(queue: &Queue, style: &Style) -> String {
    let messages = style.messages();
    if queue.waiting.is_empty() {
        return text!(messages, "queue-empty") + "\n";
    }
    let columns = [
        key!("column-task"),
        key!("column-place"),
        key!("column-gpus"),
        key!("column-cpus"),
        key!("column-owner"),
        key!("column-waiting"),
    ];
    let cells = |(position, explained): (usize, &Explained)| {
        let request = &explained.waiter.request;
        [
            request.task.to_string(),
            (position + 1).to_string(),
            gpus_asked(&request.demand.gpus),
            cpus_asked(request.demand.cpus, messages),
            request.owner.clone().unwrap_or_else(|| "-".to_owned()),
            span(queue.now - explained.waiter.since),
        ]
    };
    let rows = queue.waiting.iter().enumerate().map(cells);
    let table = table(
        columns.map(|column| messages.plain(column)),
        rows,
        style.width,
    );
    let mut text = format!("{table}\n\n{}\n", text!(messages, "queue-why"));
    for explained in &queue.waiting {
        let task = text!(
            messages,
            "queue-task",
            task = explained.waiter.request.task.as_str()
        );
        let why = needs_and_why(explained, queue.now, messages);
        let _ = writeln!(text, "  {task} {why}");
    }
    text
}

/// What it needs, and why it does not get that yet.
pub(super) fn needs_and_why(explained: &Explained, now: Timestamp, messages: &Messages) -> String {
    let demand = &explained.waiter.request.demand;
    let needs = match &demand.gpus {
        Gpus::Count(count) => text!(messages, "why-needs", count = *count),
        these @ Gpus::These(_) => text!(messages, "why-needs-ids", ids = gpus_asked(these)),
    };
    [needs, words_of_wait(&explained.why, now, messages)].join("; ")
}

/// Why something is not granted yet.
pub(in crate::render) fn words_of_wait(why: &Why, now: Timestamp, messages: &Messages) -> String {
    match why {
        Why::Ready => text!(messages, "why-ready"),
        Why::NameTaken => text!(messages, "why-name-taken"),
        Why::Draining => text!(messages, "why-draining"),
        Why::Impossible => text!(messages, "why-impossible"),
        Why::QuotaExceeded(over) => text!(
            messages,
            "why-over-cap",
            held = over.held,
            max = over.max,
            key = cap_name(over.cap)
        ),
        Why::Behind { task, server } => text!(
            messages,
            "why-behind",
            task = task.as_str(),
            server = server.as_str()
        ),
        Why::Lacks {
            nearest,
            start,
            holders,
            withheld,
        } => {
            let lacks = lacks(nearest, *start, holders, now, messages);
            let withheld = withheld
                .as_ref()
                .map(|withheld| lines_of(withheld, messages));
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
    messages: &Messages,
) -> String {
    let values = [
        ("server", nearest.server_name.as_str().into()),
        ("gpus", nearest.free_gpus.into()),
        ("cpus", nearest.free_cpus.into()),
    ];
    let key = match nearest.lacks_gpus {
        0 => key!("why-nearest-cpus", cpus, server),
        _ => key!("why-nearest", gpus, server),
    };
    let start = start.map(|start| text!(messages, "why-start", left = span(start - now)));
    let named = holders
        .iter()
        .take(NAMED)
        .map(|task| holder(task, now, messages));
    let more = holders.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| text!(messages, "why-more", count = more));
    let parts = std::iter::once(messages.format(key, &values))
        .chain(start)
        .chain(named)
        .chain(more);
    parts.collect::<Vec<_>>().join("; ")
}

fn holder(task: &Holding, now: Timestamp, messages: &Messages) -> String {
    let left = task.ends_by.map(|end| span(end - now)).unwrap_or_default();
    let values = [
        ("task", task.task.as_str().into()),
        ("gpus", task.gpus.len().into()),
        ("cpus", task.cpus.into()),
        ("owner", task.owner.as_deref().unwrap_or("-").into()),
        ("left", left.into()),
    ];
    let key = match task.ends_by {
        Some(end) if end <= now => key!("why-holder-overdue", gpus, owner, task),
        Some(_) => key!("why-holder", gpus, left, owner, task),
        None => key!("why-holder-endless", gpus, owner, task),
    };
    let text = messages.format(key, &values);
    match task.idle {
        None => text,
        Some(idle) => {
            let idle = text!(messages, "why-holder-idle", idle = span(idle));
            format!("{text} ({idle})")
        }
    }
}
