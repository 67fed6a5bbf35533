//! Text for people.

mod change;
mod config;
mod detail;
mod detected;
mod gpus;
mod history;
mod notes;
mod notice;
mod program;
mod progress;
mod queue;
mod report;
mod settings;
mod status;
mod steps;

pub(super) use config::unmeasured;
pub(super) use gpus::{hints, holder, lines_of, unreadable};
pub(crate) use history::event;
pub(crate) use notes::{
    confirm_reset, declined, differs, lock_wait, notes, passed_over, unprinted, untold,
};
pub(crate) use notice::notice;
pub(super) use program::on_terminal;
pub(crate) use progress::progress;
pub(super) use queue::words_of_wait;

use super::Style;
use super::messages::{Messages, printable, text};
use crate::allocator::{Cpus, GpuId, Gpus, Name, Timestamp};
use crate::outcome::{Outcome, Status, Totals};
use crate::system::Holder;
use anstyle::AnsiColor;
use chrono::{Local, TimeDelta};
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle, Width,
};
use std::time::Duration;
use unicode_width::UnicodeWidthChar;

/// v0.1's frame.
const FRAME: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

pub(super) fn outcome(outcome: &Outcome, style: &Style) -> String {
    match outcome {
        Outcome::Initialized(init) => change::initialized(init, style),
        Outcome::Status(shown) => status::status(shown, style),
        Outcome::Detail(shown) => detail::detail(shown, style),
        Outcome::Allocated(granted) => change::allocated(granted, style),
        Outcome::Adopted(granted) => change::adopted(granted, style),
        Outcome::Released(given_back) => change::released(given_back, style),
        Outcome::Renewed(extended) => change::renewed(extended, style),
        Outcome::Queue(waiting) => queue::queue(waiting, style),
        Outcome::Cancelled(cancelled) => change::cancelled(cancelled, style),
        // Standard output is the command's.
        Outcome::Ran(_) | Outcome::Monitored => String::new(),
        Outcome::Reset(done) => change::reset(done, style),
        Outcome::Started(started) => program::started(started, style),
        Outcome::Stopped(given_back) => program::stopped(given_back, style),
        Outcome::Logs(logs) => program::logs(logs, style),
        Outcome::History(history) => history::history(history, style),
        Outcome::Report(summed) => report::report(summed, style),
        Outcome::Detected(found) => detected::detected(found, style),
        Outcome::Translated(translated) => translated.toml.clone(),
        Outcome::Document(text) => text.clone().into_owned(),
        Outcome::NotificationTested(tested) => notice::tested(tested, style),
        Outcome::Checked(checked) => config::checked(checked, style.messages()),
    }
}

/// The same with the GPUs as bars, and first, for whoever keeps looking.
pub(super) fn watched(outcome: &Outcome, every: Duration, style: &Style) -> String {
    let messages = style.messages();
    let (shown, rest) = match outcome {
        Outcome::Status(shown) => (shown, status::without_gpus(shown, style)),
        Outcome::Detail(shown) => (shown, detail::without_gpus(shown, style)),
        other => return self::outcome(other, style),
    };
    let head = text!(
        messages,
        "watch-head",
        time = time(shown.now),
        every = seconds(every)
    );
    fitted(
        format!("{head}\n\n{}{rest}", gpus::bars(shown, style)),
        style,
    )
}

/// The same with what programs are at, and what happened lately.
pub(super) fn monitored(
    shown: &Status,
    every: Duration,
    lately: &[String],
    style: &Style,
) -> String {
    let messages = style.messages();
    let head = text!(
        messages,
        "monitor-head",
        time = time(shown.now),
        every = seconds(every)
    );
    let gpus = gpus::bars(shown, style);
    let rest = status::without_gpus(shown, style);
    let programs = program::programs(shown, messages);
    let lately = match lately {
        [] => String::new(),
        lines => format!(
            "\n{}\n{}\n",
            text!(messages, "monitor-lately"),
            lines.join("\n")
        ),
    };
    fitted(format!("{head}\n\n{gpus}{rest}{programs}{lately}"), style)
}

fn fitted(picture: String, style: &Style) -> String {
    match style.width {
        Some(width) => folded(&picture, usize::from(width)),
        None => picture,
    }
}

/// No line is wider than that: a terminal would fold it, and nobody would know how many rows it
/// takes.
fn folded(text: &str, width: usize) -> String {
    let mut folded = String::with_capacity(text.len());
    for mut line in text.lines() {
        loop {
            let piece = cut(line, width);
            line = &line[piece.len()..];
            folded.push_str(&piece);
            folded.push('\n');
            if line.is_empty() || piece.is_empty() {
                break;
            }
        }
    }
    folded
}

/// As much of the line as has room.
fn cut(line: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    line.chars().take_while(fits).collect()
}

fn done_mark(style: &Style) -> String {
    paint("✓", AnsiColor::Green, style.output_colour)
}

pub(super) fn paint_error(text: &str, style: &Style) -> String {
    paint(text, AnsiColor::Red, style.error_colour)
}

fn paint(text: &str, colour: AnsiColor, wanted: bool) -> String {
    let colour = colour.on_default();
    if wanted {
        format!("{colour}{text}{colour:#}")
    } else {
        text.to_owned()
    }
}

/// A table with these headings and rows, all cells centred but those of the first column; on a
/// terminal no wider than that: there, long headings and names go on below.
fn table<const COLUMNS: usize>(
    headings: [String; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
    width: Option<u16>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(FRAME)
        .set_content_arrangement(ContentArrangement::Disabled);
    table
        .set_header(row(headings))
        .add_rows(rows.into_iter().map(row));
    if let Some(width) = width {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        keep_names_whole(&mut table, width);
    }
    table
}

/// Names in the first column are what people copy: they may take a third of the width.
fn keep_names_whole(table: &mut Table, width: u16) {
    let name = table
        .column_max_content_widths()
        .first()
        .copied()
        .unwrap_or(0);
    let padding = 2;
    if let Some(column) = table.column_mut(0) {
        let lower = Width::Fixed((name + padding).min(width / 3));
        column.set_constraint(ColumnConstraint::LowerBoundary(lower));
    }
}

fn row(texts: impl IntoIterator<Item = String>) -> Vec<Cell> {
    let cell = |(column, text): (usize, String)| {
        let alignment = if column == 0 {
            CellAlignment::Left
        } else {
            CellAlignment::Center
        };
        Cell::new(printable(&text)).set_alignment(alignment)
    };
    texts.into_iter().enumerate().map(cell).collect()
}

fn percent(used: u32, total: u32) -> String {
    if total == 0 {
        "-".to_owned()
    } else {
        format!("{:.1}%", f64::from(used) * 100.0 / f64::from(total))
    }
}

pub(super) fn gpu_list(gpus: &[GpuId]) -> String {
    let ids: Vec<_> = gpus.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(", "))
}

/// `[0, 1]` where they were named, the number where they were counted.
pub(super) fn gpus_asked(gpus: &Gpus) -> String {
    match gpus {
        Gpus::Count(count) => count.to_string(),
        Gpus::These(ids) => gpu_list(&ids.iter().copied().collect::<Vec<_>>()),
    }
}

pub(super) fn cpus_asked(cpus: Cpus, messages: &Messages) -> String {
    match cpus {
        Cpus::Exactly(count) => count.to_string(),
        Cpus::PerGpu => text!(messages, "cpus-in-proportion"),
    }
}

/// The first names, and how many more there are.
pub(super) fn names(shown: &[Name], count: usize) -> String {
    let mut texts: Vec<_> = shown.iter().map(ToString::to_string).collect();
    if count > shown.len() {
        texts.push(format!("… (+{})", count - shown.len()));
    }
    texts.join(", ")
}

/// `python3 (PID 4242, alice)`.
pub(super) fn holders(holders: &[Holder]) -> String {
    let holder = |Holder { pid, command, user }: &Holder| {
        let user = user
            .as_ref()
            .map(|user| format!(", {user}"))
            .unwrap_or_default();
        match command {
            Some(command) => format!("{command} (PID {pid}{user})"),
            None => format!("PID {pid}{user}"),
        }
    };
    let holders: Vec<_> = holders.iter().map(holder).collect();
    holders.join(", ")
}

/// In local time.
fn time(time: Timestamp) -> String {
    let local = time.with_timezone(&Local);
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The two largest units, such as `2d 3h`; nothing is less than nothing, whatever clocks say.
pub(super) fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m {}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {}m", minutes % 60),
        (days, hours, _) => format!("{days}d {}h", hours % 24),
    }
}

/// `60s`, `0.5s`.
pub(in crate::render) fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

fn totals(totals: &Totals, messages: &Messages) -> String {
    text!(
        messages,
        "cluster-size",
        servers = totals.servers,
        gpus = totals.total_gpus,
        cpus = totals.total_cpus
    )
}
