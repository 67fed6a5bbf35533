//! `--report`: sums by user and by server.

use super::{span, table, time};
use crate::journal::Row;
use crate::outcome::Summed;
use crate::render::Style;
use crate::render::messages::{Key, key, text};
use chrono::TimeDelta;

pub(super) fn report(summed: &Summed, style: &Style) -> String {
    let messages = style.messages();
    let report = &summed.report;
    let from = summed.span.since.or(summed.first);
    let head = match from {
        None => text!(messages, "report-nothing"),
        Some(from) => {
            let values = [
                ("from", time(from).into()),
                ("to", time(summed.span.now).into()),
            ];
            messages.format(key!("report-head", from, to), &values)
        }
    };
    let users = report.users.iter();
    let users = users.map(|(user, row)| (user.as_deref().unwrap_or("-"), row));
    let servers = report.servers.iter();
    let servers = servers.map(|(server, row)| (server.as_str(), row));
    let users = sums(key!("column-user"), users.collect(), style);
    let servers = sums(key!("column-server"), servers.collect(), style);
    let values = [
        ("held", hours(report.total.held).into()),
        ("used", used(&report.total).into()),
        ("tasks", report.total.tasks.into()),
        ("wait", wait(&report.total).into()),
    ];
    let total = |key| format!("  {}\n", messages.format(key, &values.clone()));
    format!(
        "{head}\n{users}{servers}\n{}\n{}{}",
        text!(messages, "totals"),
        total(key!("report-hours", held, used)),
        total(key!("report-tasks", tasks, wait)),
    )
}

/// Nothing where there is nobody to sum up.
fn sums(who: Key, rows: Vec<(&str, &Row)>, style: &Style) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let messages = style.messages();
    let headings = [
        who,
        key!("column-hours-held"),
        key!("column-hours-used"),
        key!("column-granted"),
        key!("column-wait"),
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
    let headings = headings.map(|heading| messages.plain(heading));
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
