//! Outcomes and errors to words and bytes. Only this module knows words.

mod failure;
mod json;
mod messages;
mod prompt;
mod shell;
mod text;

pub use shell::export;
pub(crate) use text::{
    confirm_reset, declined, differs, lock_wait, notes, notice, passed_over, progress, unprinted,
    untold,
};

use crate::cli::{Language, Output};
use crate::error::Error;
use crate::exit_code::Kind;
use crate::journal::Event;
use crate::outcome::{Outcome, Status};

use messages::Messages;
use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

/// How to render: in which form, language and colours.
pub(crate) struct Style {
    pub(crate) output: Output,
    pub(crate) quiet: bool,
    messages: Messages,
    output_colour: bool,
    error_colour: bool,
    /// Whether what is on standard output can be written over.
    redraws_output: bool,
    /// Whether a line on standard error can be written over.
    redraws: bool,
    /// The terminal's columns, where standard output is one.
    width: Option<u16>,
    /// The same where standard error is one.
    error_width: Option<u16>,
}

impl Style {
    /// For a pipe: without colours, as wide as it comes.
    pub(crate) fn new(output: Output, language: Language, quiet: bool) -> Self {
        Self {
            output,
            quiet,
            messages: Messages::new(language, ""),
            output_colour: false,
            error_colour: false,
            redraws_output: false,
            redraws: false,
            width: None,
            error_width: None,
        }
    }

    /// Whether standard output and standard error show colours.
    pub(crate) fn colours(self, output_colour: bool, error_colour: bool) -> Self {
        Self {
            output_colour,
            error_colour,
            ..self
        }
    }

    /// Whether what is on standard output, and on standard error, can be written over.
    pub(crate) fn redrawing(self, redraws_output: bool, redraws: bool) -> Self {
        Self {
            redraws_output,
            redraws,
            ..self
        }
    }

    /// Whether what is on standard output can be written over.
    pub(crate) fn redraws_output(&self) -> bool {
        self.redraws_output
    }

    /// For terminals with that many columns, where standard output and standard error are ones.
    pub(crate) fn width(self, width: Option<u16>, error_width: Option<u16>) -> Self {
        Self {
            width,
            error_width,
            ..self
        }
    }

    /// Where the config and the state were given on the command line, commands that messages
    /// advise must say so, too.
    pub(crate) fn given(self, config: Option<&Path>, state: Option<&Path>) -> Self {
        let option = |flag: &str, path: Option<&Path>| {
            path.map(|path| format!(" {flag} {}", prompt::path(path)))
        };
        let given = [option("--config", config), option("--state", state)];
        let options: String = given.into_iter().flatten().collect();
        Self {
            messages: Messages::new(self.language(), &options),
            ..self
        }
    }

    pub(crate) fn language(&self) -> Language {
        self.messages.language()
    }

    fn messages(&self) -> &Messages {
        &self.messages
    }
}

/// What goes to standard output.
pub(crate) fn outcome(outcome: &Outcome, style: &Style) -> String {
    match (style.output, outcome) {
        (Output::Json, _) => json::outcome(outcome),
        (Output::Export(shell), Outcome::Allocated(allocated)) => {
            export(shell, &allocated.environment)
        }
        _ => text::outcome(outcome, style),
    }
}

/// What a program wrote, as it may go to standard output.
pub(crate) fn program_text<'t>(text: &'t str, style: &Style) -> Cow<'t, str> {
    text::on_terminal(text, style)
}

/// A line of the log, for whoever looks on.
pub(crate) fn event(event: &Event, style: &Style) -> String {
    text::event(event, style)
}

/// A picture of many, each of which takes the place of the last.
pub(crate) fn watched(outcome: &Outcome, every: Duration, style: &Style) -> String {
    text::watched(outcome, every, style)
}

/// A picture of many that a monitor shows, with the last lines about what happened.
pub(crate) fn monitored(
    status: &Status,
    every: Duration,
    lately: &[String],
    style: &Style,
) -> String {
    text::monitored(status, every, lately, style)
}

/// What a failure puts on standard output and on standard error.
pub(crate) fn failure(error: &Error, style: &Style) -> (String, String) {
    let message = failure::message(error, style.messages());
    match style.output {
        Output::Json => {
            let (line, hint) = (message.in_one_line(), &message.hint);
            let document = match error {
                Error::NotTold(tested) => json::not_told(tested, error.kind(), &line, hint),
                _ => json::failure(error.kind(), &line, hint),
            };
            (document, String::new())
        }
        _ => (String::new(), message.for_terminal(style)),
    }
}

/// What failed, in one line of English: the log has one language.
pub(crate) fn in_english(error: &anyhow::Error) -> String {
    let messages = || Messages::new(Language::En, "");
    let message = match error.downcast_ref() {
        Some(error) => failure::message(error, &messages()),
        None => failure::other(error),
    };
    message.in_one_line()
}

/// The same for wrong usage, which clap has put into words.
pub(crate) fn usage(error: &clap::Error, json: bool) -> (String, String) {
    let text = messages::printable_lines(&error.to_string());
    if !json {
        return (String::new(), text);
    }
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    (
        json::failure(Kind::Usage, message, rest.trim()),
        String::new(),
    )
}

/// The same for what has no kind of its own: what the front end itself ran into.
pub(crate) fn other_failure(error: &anyhow::Error, style: &Style) -> (String, String) {
    let message = failure::other(error);
    match style.output {
        Output::Json => (
            json::failure(Kind::Io, &message.in_one_line(), &message.hint),
            String::new(),
        ),
        _ => (String::new(), message.for_terminal(style)),
    }
}
