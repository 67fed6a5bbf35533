//! `[program_template]`: what `--start-program` and the monitor start.

use super::document::{Mistakes, Placed, Table};
use super::environment::{self, Template};
use super::mistake::Wrong;
use super::rotation::{self, Rotation};
use chrono::TimeDelta;

/// How a program is started, and kept up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramTemplate {
    /// The command and its arguments. No shell is involved, so that nothing filled in becomes code.
    pub words: Vec<Template>,
    /// Variables for it, besides those of every task.
    pub variables: Vec<(String, Template)>,
    /// How often it is started again after it failed.
    pub retries: u32,
    /// How long after the first failure; twice as long after each further one.
    pub retry_delay: TimeDelta,
    /// How large its log grows, and how many old ones are kept.
    pub log: Rotation,
}

pub(super) fn read(mut table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<ProgramTemplate> {
    let command = table.text("command", mistakes);
    let command = table.require(command, "command", mistakes);
    let arguments = table.placed_list("args", mistakes).unwrap_or_default();
    let variables = table.table("env_vars", mistakes);
    let retries = table.number("retries", 0..=1_000_000, mistakes);
    let retry_delay = table.span("retry_delay", mistakes);
    let log = rotation::read(&mut table, ["log_size", "log_count"], mistakes);
    table.finish(mistakes);
    let words = command.and_then(|command| split(command, mistakes));
    let words = words.into_iter().flatten().chain(arguments);
    let words: Vec<_> = words
        .filter_map(|word| template("program_template", word, mistakes))
        .collect();
    let variables = variables.map(|table| environment::of_program(table, mistakes));
    (!words.is_empty()).then(|| ProgramTemplate {
        words,
        variables: variables.unwrap_or_default(),
        retries: retries.map_or(0, |(retries, _)| retries),
        retry_delay: retry_delay.unwrap_or(TimeDelta::seconds(10)),
        log,
    })
}

/// The words of a command as a shell would see them, which would expand nothing in them.
pub(super) fn split(
    (text, place): Placed<String>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<Placed<String>>> {
    match shlex::split(&text).filter(|words| !words.is_empty()) {
        Some(words) => Some(
            words
                .into_iter()
                .map(|word| (word, place.clone()))
                .collect(),
        ),
        None => {
            mistakes.add(&place, Wrong::Command);
            None
        }
    }
}

fn template(
    name: &str,
    (text, place): Placed<String>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Template> {
    environment::parse(&text)
        .map_err(|placeholder| {
            let name = name.to_owned();
            mistakes.add(&place, Wrong::Placeholder { name, placeholder });
        })
        .ok()
}
