//! What a shell offers at TAB. The state is read without its lock, nothing is written, and whatever
//! is wrong, nothing is said: somebody is typing.
//!
//! The scripts ask gpumgr itself for what may stand at the cursor, and the last word they give has a
//! `=` before it, for not every shell hands on an empty one. Names are put in so that the shell
//! takes them for one word and nothing else: bash is given them quoted, the others quote them.

mod bash;
mod names;
mod wanted;

use crate::cli::{self, CompletedShell};
use crate::quoting;
use bash::Typed;
use clap::ValueHint;
use std::ffi::{OsStr, OsString};
use wanted::Wanted;

/// How a shell's script asks: with its shell's name, and what was typed.
pub(crate) const COMPLETE: &str = "--complete-for";

/// What a shell reads once, to complete from then on.
pub(crate) fn script(shell: CompletedShell) -> &'static str {
    match shell {
        CompletedShell::Bash => include_str!("scripts/gpumgr.bash"),
        CompletedShell::Zsh => include_str!("scripts/gpumgr.zsh"),
        CompletedShell::Fish => include_str!("scripts/gpumgr.fish"),
        CompletedShell::Powershell => include_str!("scripts/gpumgr.ps1"),
    }
}

/// What may be put in, and what it is.
struct Candidate {
    word: String,
    about: String,
}

impl Candidate {
    fn named(word: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            about: String::new(),
        }
    }
}

/// What may stand at the cursor.
enum Answer {
    /// One of these.
    Words(Vec<Candidate>),
    /// A file, which shells find best themselves.
    Files,
    /// A command of its own, which begins so many words after gpumgr.
    Command(usize),
}

/// The answer to a script: what kind it is, and a word a line.
pub(crate) fn answer(shell: &OsStr, typed: &[OsString]) -> String {
    let mut typed = typed.iter().map(|word| word.to_string_lossy().into_owned());
    if shell == "bash" {
        let (Some(breaks), Some(line)) = (typed.next(), typed.next()) else {
            return String::new();
        };
        let typed = Typed::new(&line, &breaks);
        let (before, current) = typed.words();
        return lines(find(before, current), |candidate| {
            typed.insert(&candidate.word)
        });
    }
    let mut before: Vec<_> = typed.collect();
    let current = before.pop().unwrap_or_default();
    let current = current.strip_prefix('=').unwrap_or_default();
    lines(find(&before, current), |Candidate { word, about }| {
        Some(match shell == "powershell" {
            true => format!("{}\t{word}\t{about}", powershell_word(&word)),
            false => format!("{word}\t{about}"),
        })
    })
}

fn lines(answer: Answer, line: impl Fn(Candidate) -> Option<String>) -> String {
    match answer {
        Answer::Files => "files\n".to_owned(),
        Answer::Command(after) => format!("command {after}\n"),
        Answer::Words(candidates) => {
            let lines = candidates.into_iter().filter_map(line);
            let lines = std::iter::once("words".to_owned()).chain(lines);
            lines.map(|line| line + "\n").collect()
        }
    }
}

/// What may stand in place of the current word, behind those before it.
fn find(before: &[String], current: &str) -> Answer {
    let mut command = cli::command();
    command.build();
    match wanted::wanted(&command, before, current) {
        Wanted::Command(after) => Answer::Command(after),
        Wanted::Flag => Answer::Words(wanted::flags(&command, before)),
        Wanted::Value {
            of,
            optional,
            glued,
        } => {
            if matches!(of.get_value_hint(), ValueHint::AnyPath) {
                return Answer::Files;
            }
            let mut values = names::of(of, before);
            if values.is_empty() && optional {
                return Answer::Words(wanted::flags(&command, before));
            }
            for value in &mut values {
                value.word.insert_str(0, glued);
            }
            Answer::Words(values)
        }
    }
}

/// A word that PowerShell takes as it is.
fn powershell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:=".contains(c);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false => quoting::powershell(word),
    }
}
