//! What is said on standard error while an action takes its time.

use super::notes::{granted, of_state};
use super::queue::needs_and_why;
use super::{Style, cut, holders};
use crate::outcome::StateFile;
use crate::progress::Progress;
use crate::render::failure;
use crate::render::words::{Part, Words};

/// To the beginning of the line, and the rest of it away.
const OVERWRITE: &str = "\r\x1b[K";
/// Where the terminal does not tell its width.
const USUAL_WIDTH: u16 = 80;

/// Nothing where it is not worth a line, as with `--quiet`.
pub(crate) fn progress(progress: &Progress<'_>, style: &Style) -> String {
    let words = style.results();
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
            let place = words.say("wait-place", values);
            if style.redraws {
                let why = needs_and_why(waiting, *now, words);
                return over(&format!("{place}; {why}"), style);
            }
            place
        }
        Progress::WaitOver if style.redraws => return OVERWRITE.to_owned(),
        Progress::WaitOver => return String::new(),
        Progress::Changed(state) => return changed(state, style),
        Progress::GaveBack { task, withheld } => {
            let values = [("task", task.as_str().into())];
            let lines = super::gpus::lines_of(withheld, words);
            let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            let clear = if style.redraws { OVERWRITE } else { "" };
            return format!("{clear}{}\n{lines}", words.say("note-gave-back", values));
        }
        Progress::LooksForChanges => words.text("wait-looks"),
        Progress::Starting(allocated) => {
            let mut lines = of_state(&allocated.state, false, style);
            if !style.quiet {
                lines.push(granted("note-granted", allocated, words));
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
            words.say("note-inside", values)
        }
        Progress::WaitingInside { outer, place, of } => {
            let values = [
                ("task", outer.as_str().into()),
                ("place", (*place).into()),
                ("of", (*of).into()),
            ];
            let line = words.say("wait-inside", values);
            if style.redraws {
                return over(&line, style);
            }
            line
        }
        Progress::TimeOver { task, grace } => {
            let values = [("task", task.as_str().into()), ("grace", (*grace).into())];
            words.say("warning-time-over", values)
        }
        Progress::ToldToEnd { task, grace } => {
            let values = [("task", task.as_str().into()), ("grace", (*grace).into())];
            words.say("program-told", values)
        }
        Progress::Killed { task, by } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
            ];
            words.say("warning-killed", values)
        }
        Progress::LivesOn { task, by } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
            ];
            words.say("warning-lives-on", values)
        }
        Progress::Survived { task, by, grace } => {
            let values = [
                ("task", task.as_str().into()),
                ("processes", holders(by).into()),
                ("grace", (*grace).into()),
            ];
            words.say("warning-survived", values)
        }
        Progress::NotReleased { task, why } => {
            let values = [("task", task.as_str().into())];
            let failures = Words::new(Part::Failures, style.language, &style.options);
            let why = failure::message(why, &failures);
            return format!(
                "{}\n{}",
                words.say("warning-not-released", values),
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
