//! `--report`: sums by user and by server.

use super::{span, table, time};
use crate::journal::Row;
use crate::outcome::Summed;
use crate::render::Style;
use chrono::TimeDelta;

pub(super) fn report(summed: &Summed, style: &Style) -> String {
    let words = style.results();
    let report = &summed.report;
    let from = summed.span.since.or(summed.first);
    let head = match from {
        None => words.text("report-nothing"),
        Some(from) => {
            let values = [
                ("from", time(from).into()),
                ("to", time(summed.span.now).into()),
            ];
            words.say("report-head", values)
        }
    };
    let users = report.users.iter();
    let users = users.map(|(user, row)| (user.as_deref().unwrap_or("-"), row));
    let servers = report.servers.iter();
    let servers = servers.map(|(server, row)| (server.as_str(), row));
    let users = sums("column-user", users.collect(), style);
    let servers = sums("column-server", servers.collect(), style);
    let values = [
        ("held", hours(report.total.held).into()),
        ("used", used(&report.total).into()),
        ("tasks", report.total.tasks.into()),
        ("wait", wait(&report.total).into()),
    ];
    let total = |key| format!("  {}\n", words.say(key, values.clone()));
    format!(
        "{head}\n{users}{servers}\n{}\n{}{}",
        words.text("totals"),
        total("report-hours"),
        total("report-tasks"),
    )
}

/// Nothing where there is nobody to sum up.
fn sums(who: &str, rows: Vec<(&str, &Row)>, style: &Style) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let words = style.results();
    let headings = [
        who,
        "column-hours-held",
        "column-hours-used",
        "column-granted",
        "column-wait",
    ];
    let rows = rows.into_iter().map(|(name, row)| {
        [
            name.to_owned(),
            hours(row.held),
            used(row),
            row.tasks.to_string(),
            wait(row),
        ]
    });
    let headings = headings.map(|heading| words.text(heading));
    format!("\n{}\n", table(headings, rows, style.width))
}

fn hours(seconds: f64) -> String {
    format!("{:.2}", seconds / 3600.0)
}

fn used(row: &Row) -> String {
    row.used.map_or_else(|| "-".to_owned(), hours)
}

fn wait(row: &Row) -> String {
    let seconds = |wait: f64| span(TimeDelta::seconds(wait.clamp(0.0, 1e12).round() as i64));
    row.mean_wait().map_or_else(|| "-".to_owned(), seconds)
}
