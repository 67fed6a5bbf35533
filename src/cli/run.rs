//! `--run`: what it takes, and clearer words for what people get wrong about it.

use super::args::Args;
use super::asked::{Run, asked, before_double_dash, error, name, wants_run};
use crate::allocator::{Name, is_printable};
use clap::error::ErrorKind;
use std::ffi::{OsStr, OsString};
use std::path::Path;

const WHERE: &str = "put '--' before the command: gpumgr --run TASK GPUS CPUS [MODIFIERS] -- CMD";

pub(super) fn run(values: &[String], args: &Args) -> Result<Run, clap::Error> {
    let Some(command) = args.command.first() else {
        let message = format!("'--run' needs a command; {WHERE}");
        return Err(error(ErrorKind::MissingRequiredArgument, message));
    };
    let (task, counts) = match values.split_first() {
        None => (named_after(command), &[][..]),
        Some((task, _)) if task.bytes().all(|byte| byte.is_ascii_digit()) && !task.is_empty() => {
            let message = format!(
                "'{task}' stands where the TASK does; was '--gpus {task}' meant? (a TASK after '--run' \
                 cannot be a number)"
            );
            return Err(error(ErrorKind::ValueValidation, message));
        }
        Some((task, counts)) => (name(task)?, counts),
    };
    Ok(Run {
        asked: asked(task, counts, args)?,
        unnamed: values.is_empty(),
        command: args.command.clone(),
    })
}

/// `python` for `/usr/bin/python`.
fn named_after(command: &OsStr) -> Name {
    let file = Path::new(command).file_name().unwrap_or(command);
    let plain = |c: char| {
        if is_printable(c) && !c.is_whitespace() {
            c
        } else {
            '_'
        }
    };
    let file: String = file.to_string_lossy().chars().map(plain).take(64).collect();
    let file = file.trim_start_matches('-');
    // Anything printable makes a name; nothing at all does not.
    file.parse().unwrap_or_else(|_| Name::of_run())
}

/// clap would say that a word was unexpected, and not what to do about it.
pub(super) fn clearer(wrong: clap::Error, arguments: &[OsString]) -> clap::Error {
    let unexpected = matches!(
        wrong.kind(),
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues
    );
    if !unexpected || !wants_run(arguments) {
        return wrong;
    }
    let typed = before_double_dash(arguments);
    let Some(word) = stray_word(&wrong) else {
        return wrong;
    };
    let message = if typed.len() == arguments.len() {
        format!("unexpected word '{word}' after '--run'; {WHERE}")
    } else {
        format!(
            "unexpected word '{word}': TASK, GPUS and CPUS stand directly after '--run', and the \
             command after '--'"
        )
    };
    error(ErrorKind::UnknownArgument, message)
}

/// The word that clap did not expect, unless it is a flag.
fn stray_word(wrong: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    match wrong.get(ContextKind::InvalidArg)? {
        ContextValue::String(word) if !word.starts_with('-') => {
            Some(word.escape_debug().to_string())
        }
        _ => None,
    }
}
