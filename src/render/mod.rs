//! Outcomes and errors to words and bytes. Only this module knows words.

mod failure;
mod json;
mod shell;
mod text;
mod words;

pub(crate) use text::{confirm_reset, declined, differs, lock_wait, notes, passed_over, untold};

use crate::cli::{Language, Output};
use crate::error::{Error, Kind};
use crate::outcome::Outcome;
use std::cell::OnceCell;
use words::{Part, Words};

/// How to render: in which form, language and colours.
pub(crate) struct Style {
    pub(crate) output: Output,
    pub(crate) language: Language,
    pub(crate) quiet: bool,
    output_colour: bool,
    error_colour: bool,
    results: OnceCell<Words>,
}

impl Style {
    /// Without colours.
    pub(crate) fn new(output: Output, language: Language, quiet: bool) -> Self {
        Self {
            output,
            language,
            quiet,
            output_colour: false,
            error_colour: false,
            results: OnceCell::new(),
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

    /// The messages of results, read when first needed.
    fn results(&self) -> &Words {
        self.results
            .get_or_init(|| Words::new(Part::Results, self.language))
    }
}

/// What goes to standard output.
pub(crate) fn outcome(outcome: &Outcome, style: &Style) -> String {
    match (style.output, outcome) {
        (Output::Json, _) => json::outcome(outcome),
        (Output::Export(shell), Outcome::Allocated(allocated)) => shell::export(shell, allocated),
        _ => text::outcome(outcome, style),
    }
}

/// What a failure puts on standard output and on standard error.
pub(crate) fn failure(error: &Error, style: &Style) -> (String, String) {
    let message = failure::message(error, &Words::new(Part::Failures, style.language));
    match style.output {
        Output::Json => (
            json::failure(error.kind(), &message.in_one_line(), &message.hint),
            String::new(),
        ),
        _ => (String::new(), message.for_terminal(style)),
    }
}

/// The same for wrong usage, which clap has put into words.
pub(crate) fn usage(error: &clap::Error, json: bool) -> (String, String) {
    let text = words::printable_lines(&error.to_string());
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

/// The same for what has no kind of its own: the front end's own failures.
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
