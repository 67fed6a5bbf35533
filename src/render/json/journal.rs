//! What the log tells, and sums over it.

use super::time;
use crate::journal::Row;
use crate::outcome::{History, Summed};
use serde_json::{Value, json};

/// The lines of the log as they are.
pub(super) fn history(history: &History) -> Value {
    json!({ "history": history.events })
}

pub(super) fn report(summed: &Summed) -> Value {
    let report = &summed.report;
    let users = report.users.iter();
    let servers = report.servers.iter();
    json!({
        "report": {
            "since": summed.span.since.map(time),
            "until": time(summed.span.now),
            "first_logged": summed.first.map(time),
            "users": users.map(|(user, row)| named("user", json!(user), row)).collect::<Vec<_>>(),
            "servers": servers
                .map(|(server, row)| named("server_name", json!(server), row))
                .collect::<Vec<_>>(),
            "total": sums(&report.total),
        }
    })
}

fn named(key: &str, name: Value, row: &Row) -> Value {
    let mut named = json!({ key: name });
    if let (Some(named), Value::Object(sums)) = (named.as_object_mut(), sums(row)) {
        named.extend(sums);
    }
    named
}

fn sums(row: &Row) -> Value {
    json!({
        "gpu_hours_held": hours(row.held),
        "gpu_hours_used": row.used.map(hours),
        "tasks": row.tasks,
        "mean_wait_seconds": row.mean_wait().map(|wait| rounded(wait, 1e3)),
    })
}

/// To the hundredth of a second.
fn hours(seconds: f64) -> f64 {
    rounded(seconds / 3600.0, 1e6)
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
