//! `--history`: a line an event, the last one last.

use super::{cut, paint, span, time};
use crate::environment::device_list;
use crate::journal::Event;
use crate::outcome::History;
use crate::render::Style;
use crate::render::messages::{Messages, key, printable, text};
use anstyle::AnsiColor;
use chrono::TimeDelta;
use unicode_width::UnicodeWidthStr;

/// What stands between columns.
const GAP: &str = "  ";
/// What of an event has no room beside its columns stands below, that far in.
const INDENT: &str = "    ";

pub(super) fn history(history: &History, style: &Style) -> String {
    let messages = style.messages();
    if history.events.is_empty() {
        let key = match history.is_written {
            true => key!("history-nothing", path),
            false => key!("history-no-log", path),
        };
        let path = history.log.to_string_lossy();
        return messages.format(key, &[("path", path.as_ref().into())]) + "\n";
    }
    let headings = [
        key!("column-time"),
        key!("column-user"),
        key!("column-action"),
        key!("column-task"),
        key!("column-server"),
        key!("column-gpus"),
    ];
    let headings = headings.map(|heading| messages.plain(heading));
    let rows: Vec<_> = history.events.iter().map(cells).collect();
    let mut widths = [0; 6];
    for row in std::iter::once(&headings).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let why = text!(messages, "column-why");
    let mut text = line(&headings, &widths, &why, style);
    for (row, event) in rows.iter().zip(&history.events) {
        text += &line(row, &widths, &details(event, messages), style);
    }
    text
}

/// One of them alone, for whoever looks on while it is written.
pub(crate) fn event(event: &Event, style: &Style) -> String {
    let [time, _, action, task, server, gpus] = cells(event);
    let about = [task, server, gpus].into_iter().filter(|cell| cell != "-");
    let details = details(event, style.messages());
    let details = Some(details).filter(|details| !details.is_empty());
    let parts = [time, action].into_iter().chain(about).chain(details);
    parts.collect::<Vec<_>>().join(GAP) + "\n"
}

fn cells(event: &Event) -> [String; 6] {
    let text = |text: &Option<String>| printable(text.as_deref().unwrap_or("-"));
    let gpus = event.gpus.as_deref().map(device_list);
    [
        time(event.time),
        text(&event.user),
        event.action.to_string(),
        text(&event.task),
        text(&event.server),
        text(&gpus.filter(|gpus| !gpus.is_empty())),
    ]
}

/// In a pipe one line, whatever its length; on a terminal none is longer than that.
fn line(row: &[String; 6], widths: &[usize; 6], details: &str, style: &Style) -> String {
    let padded = row.iter().zip(widths).map(|(cell, width)| {
        let padding = width.saturating_sub(cell.width());
        cell.clone() + &" ".repeat(padding)
    });
    let columns = padded.collect::<Vec<_>>().join(GAP);
    let room = style.width.map_or(usize::MAX, usize::from);
    if columns.width() + GAP.len() + details.width() <= room {
        let line = format!("{columns}{GAP}{}", painted(details, style));
        return line.trim_end().to_owned() + "\n";
    }
    let mut text = columns.trim_end().to_owned() + "\n";
    let mut rest = details;
    while !rest.is_empty() {
        let piece = piece(rest, room.saturating_sub(INDENT.len()).max(2));
        rest = rest[piece.len()..].trim_start();
        text += &format!("{INDENT}{}\n", painted(piece.trim_end(), style));
    }
    text
}

/// As many words as have room, or else as much of the first.
fn piece(text: &str, room: usize) -> &str {
    let fits = cut(text, room).len();
    let end = match text[..fits].rfind(' ') {
        Some(space) if fits < text.len() => space,
        _ => fits,
    };
    &text[..end]
}

fn painted(details: &str, style: &Style) -> String {
    match details.strip_prefix('✗') {
        None => details.to_owned(),
        Some(rest) => paint("✗", AnsiColor::Red, style.output_colour) + rest,
    }
}

/// What else there is to tell of it.
fn details(event: &Event, messages: &Messages) -> String {
    let say = |key, name, value: String| messages.format(key, &[(name, value.into())]);
    let lasted = |seconds: f64| {
        let millis = (seconds * 1e3).clamp(0.0, 1e15) as i64;
        span(TimeDelta::milliseconds(millis))
    };
    let owner = event.owner.as_ref().filter(|_| event.owner != event.user);
    let used = event.used_gpu_seconds;
    let parts = [
        event
            .error
            .as_ref()
            .map(|kind| format!("✗ {}", printable(kind))),
        owner.map(|owner| say(key!("history-owner", owner), "owner", owner.clone())),
        event
            .asked_gpus
            .map(|count| text!(messages, "history-asked", count = count)),
        event
            .waited_seconds
            .map(|waited| say(key!("history-waited", time), "time", lasted(waited))),
        event
            .held_seconds
            .map(|held| say(key!("history-held", time), "time", lasted(held))),
        used.map(|used| say(key!("history-used", time), "time", lasted(used))),
        event
            .exit
            .map(|code| say(key!("history-exit", code), "code", code.to_string())),
        event.why.as_deref().map(printable),
        event.count.zip(event.first).map(|(count, first)| {
            text!(messages, "history-count", count = count, time = time(first))
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Language, Output};
    use crate::exit_code::Kind;
    use crate::journal::Deed;

    fn shown(width: Option<u16>) -> String {
        let time = "2025-11-04T10:30:00+00:00".parse().unwrap();
        let why = "Not enough resources free, try again later; ".repeat(4) + &"語".repeat(60);
        let refused = Event::new(Deed::Allocate, time).failing(Kind::Insufficient, why);
        let events = vec![Event::new(Deed::Init, time).because("created"), refused];
        let history = History {
            log: "gpu_manager.log".into(),
            is_written: true,
            events,
        };
        let style = Style::new(Output::Text, Language::En, false).width(width, None);
        super::history(&history, &style)
    }

    #[test]
    fn on_a_terminal_no_line_is_wider_and_no_word_is_lost() {
        let narrow = shown(Some(80));
        assert!(narrow.lines().count() > 5, "{narrow}");
        assert!(narrow.lines().all(|line| line.width() <= 80), "{narrow}");
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(letters(&narrow), letters(&shown(None)));
        assert!(narrow.contains("resources free, try again"), "{narrow}");
        for width in [0, 1, 5, 40] {
            assert_eq!(letters(&shown(Some(width))), letters(&narrow));
        }
    }

    #[test]
    fn in_a_pipe_each_event_is_one_line() {
        assert_eq!(shown(None).lines().count(), 3);
    }
}
