//! What is said on standard error while an action takes its time.

use super::notes::{granted, of_state};
use super::queue::needs_and_why;
use super::{Style, cut, holders};
use crate::outcome::StateFile;
use crate::progress::Progress;
use crate::render::failure;
use crate::render::messages::{key, text};

/// To the beginning of the line, and the rest of it away.
const OVERWRITE: &str = "\r\x1b[K";
/// Where the terminal does not tell its width.
const USUAL_WIDTH: u16 = 80;

/// Nothing where it is not worth a line, as with `--quiet`.
pub(crate) fn progress(progress: &Progress<'_>, style: &Style) -> String {
    let messages = style.messages();
    let line = match progress {
        Progress::Waiting { .. }
        | Progress::WaitingInside { .. }
        | Progress::Inside { .. }
        | Progress::LooksForChanges
            if style.quiet =>
        {
            return String::new();
        }
        Progress::Waiting {
            waiting,
            now,
            place,
            of,
        } => {
            let values = [
                ("task", waiting.waiter.request.task.as_str().into()),
                ("place", (*place).into()),
                ("of", (*of).into()),
            ];
            let place = messages.format(key!("wait-place", of, place, task), &values);
            if style.redraws {
                let why = needs_and_why(waiting, *now, messages);
                return over(&format!("{place}; {why}"), style);
            }
            place
        }
        Progress::WaitOver if style.redraws => return OVERWRITE.to_owned(),
        Progress::WaitOver => return String::new(),
        Progress::Changed(state) => return changed(state, style),
        Progress::GaveBack { task, withheld } => {
            let values = [("task", task.as_str().into())];
            let lines = super::gpus::lines_of(withheld, messages);
            let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            let clear = if style.redraws { OVERWRITE } else { "" };
            return format!(
                "{clear}{}\n{lines}",
                messages.format(key!("note-gave-back", task), &values)
            );
        }
        Progress::LooksForChanges => text!(messages, "wait-looks"),
        Progress::Starting(allocated) => {
            let mut lines = of_state(&allocated.state, false, style);
            if !style.quiet {
                lines.push(granted(
                    key!("note-granted", devices, server, task),
                    allocated,
                    messages,
                ));
            }
            return lines.into_iter().map(|line| line + "\n").collect();
        }
        Progress::Inside { outer, grant } => {
            let values = [
                ("outer", outer.as_str().into()),
                ("server", grant.server_name.as_str().into()),
                (
                    "devices",
                    crate::environment::device_list(&grant.gpus).into(),
                ),
            ];
            messages.format(key!("note-inside", devices, outer, server), &values)
        }
        Progress::WaitingInside { outer, place, of } => {
            let values = [
                ("task", outer.as_str().into()),
                ("place", (*place).into()),
                ("of", (*of).into()),
            ];
            let line = messages.format(key!("wait-inside", of, place, task), &values);
            if style.redraws {
                return over(&line, style);
            }
            line
        }
        Progress::TimeOver { task, grace } => {
            let values = [("task", task.as_str().into()), ("grace", (*grace).into())];
            messages.format(key!("warning-time-over", grace, task), &values)
        }
        Progress::ToldToEnd { task, grace } => {
            let values = [("task", task.as_str().into()), ("grace", (*grace).into())];
            messages.format(key!("program-told", grace, task), &values)
        }
        Progress::Killed { task, by } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
            ];
            messages.format(key!("warning-killed", processes, task), &values)
        }
        Progress::LivesOn { task, by } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
            ];
            messages.format(key!("warning-lives-on", processes, task), &values)
        }
        Progress::Survived { task, by, grace } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
                ("grace", (*grace).into()),
            ];
            messages.format(key!("warning-survived", grace, processes, task), &values)
        }
        Progress::NotReleased { task, why } => {
            let why = failure::message(why, messages);
            return format!(
                "{}\n{}",
                text!(messages, "warning-not-released", task = task.as_str()),
                why.for_terminal(style)
            );
        }
    };
    line + "\n"
}

/// Below a line that is written over and again.
fn changed(state: &StateFile, style: &Style) -> String {
    let lines = of_state(state, false, style).into_iter();
    let lines: String = lines.map(|line| line + "\n").collect();
    match lines.is_empty() {
        false if style.redraws => format!("{OVERWRITE}{lines}"),
        _ => lines,
    }
}

/// The line in place of the last one, cut to the width of the terminal.
fn over(line: &str, style: &Style) -> String {
    let width = usize::from(style.error_width.unwrap_or(USUAL_WIDTH)).saturating_sub(1);
    format!("{OVERWRITE}{}", cut(line, width))
}
