//! From flags as typed to one action with checked values.

use super::args::{Args, Language, Shell};
use crate::allocator::{Cpus, Gpus, MAX_CPUS, Name};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// A command line that makes sense.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) action: Action,
    pub(crate) output: Output,
    pub(crate) config: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    pub(crate) language: Option<Language>,
    pub(crate) yes: bool,
    pub(crate) force: bool,
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Action {
    Init,
    Status,
    Detail {
        server: Option<String>,
    },
    Allocate {
        task: Name,
        gpus: Gpus,
        cpus: Cpus,
        prefer: Option<String>,
    },
    Release {
        task: Name,
    },
    Reset,
    CheckConfig,
}

/// How to tell what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
    Export(Shell),
}

/// The invocation that these arguments mean, program name included.
///
/// # Errors
/// clap's own error, to be shown as clap shows it: wrong usage, or the help that was asked for.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Invocation, clap::Error> {
    let args = Args::try_parse_from(arguments)?;
    if before_double_dash(arguments).len() < arguments.len() {
        let message = "unexpected '--': no action takes words after it";
        return Err(error(ErrorKind::UnknownArgument, message));
    }
    if let Some(flag) = stray_modifier(&args) {
        let message = format!("'{flag}' goes with '--allocate' alone");
        return Err(error(ErrorKind::ArgumentConflict, message));
    }
    let output = match args.export {
        Some(shell) => Output::Export(shell),
        None if args.json => Output::Json,
        None => Output::Text,
    };
    Ok(Invocation {
        output,
        config: args.config.clone(),
        state: args.state.clone(),
        language: args.lang,
        yes: args.yes,
        force: args.force,
        quiet: args.quiet,
        action: action(args)?,
    })
}

/// Whether JSON is wanted, wherever that was said: also where the rest makes no sense.
pub(crate) fn wants_json(arguments: &[OsString]) -> bool {
    before_double_dash(arguments)
        .iter()
        .any(|argument| argument == "--json")
}

fn before_double_dash(arguments: &[OsString]) -> &[OsString] {
    arguments
        .split(|argument| argument == OsStr::new("--"))
        .next()
        .unwrap_or_default()
}

fn error(kind: ErrorKind, message: impl std::fmt::Display) -> clap::Error {
    Args::command().error(kind, message)
}

/// A flag that says something about an allocation where there is none. clap's own `requires` is
/// silent where the required flag conflicts with one that is given, as all actions do.
fn stray_modifier(args: &Args) -> Option<&'static str> {
    let modifiers = [
        ("--gpus", args.gpus.is_some()),
        ("--cpus", args.cpus.is_some()),
        ("--gpu-ids", args.gpu_ids.is_some()),
        ("--prefer-server", args.prefer_server.is_some()),
        ("--export", args.export.is_some()),
    ];
    let given = modifiers.into_iter().find(|(_, given)| *given);
    given
        .map(|(flag, _)| flag)
        .filter(|_| args.allocate.is_none())
}

/// clap sees to it that there is exactly one.
fn action(args: Args) -> Result<Action, clap::Error> {
    if let Some(values) = &args.allocate {
        return allocate(values, &args);
    }
    Ok(match args {
        Args { init: true, .. } => Action::Init,
        Args {
            detail: Some(server),
            ..
        } => Action::Detail { server },
        Args {
            release: Some(task),
            ..
        } => Action::Release { task },
        Args { reset: true, .. } => Action::Reset,
        Args {
            check_config: true, ..
        } => Action::CheckConfig,
        _ => Action::Status,
    })
}

fn allocate(values: &[String], args: &Args) -> Result<Action, clap::Error> {
    let [task, counts @ ..] = values else {
        return Err(error(ErrorKind::TooFewValues, "'--allocate' needs a TASK"));
    };
    let task = task
        .parse::<Name>()
        .map_err(|why| invalid("TASK", task, why))?;
    let gpus = once("GPUS", counts.first(), "--gpus", args.gpus)?;
    let cpus = once("CPUS", counts.get(1), "--cpus", args.cpus)?;
    Ok(Action::Allocate {
        task,
        gpus: which_gpus(gpus, args.gpu_ids.as_deref())?,
        cpus: how_many_cpus(cpus)?,
        prefer: args.prefer_server.clone(),
    })
}

/// A count given in place or by its flag, but not both.
fn once(
    name: &str,
    in_place: Option<&String>,
    flag: &str,
    by_flag: Option<u32>,
) -> Result<Option<u32>, clap::Error> {
    match (in_place, by_flag) {
        (Some(_), Some(_)) => {
            let message = format!("{name} after TASK and '{flag}' say the same thing twice");
            Err(error(ErrorKind::ArgumentConflict, message))
        }
        (Some(text), None) => {
            let count = text
                .parse()
                .map_err(|_| invalid(name, text, "it is not a whole number"))?;
            Ok(Some(count))
        }
        (None, by_flag) => Ok(by_flag),
    }
}

fn which_gpus(count: Option<u32>, ids: Option<&[u16]>) -> Result<Gpus, clap::Error> {
    match (count, ids) {
        (Some(_), Some(_)) => {
            let message = "'--gpu-ids' stands instead of a number of GPUs, not beside it";
            Err(error(ErrorKind::ArgumentConflict, message))
        }
        (Some(count), None) => Gpus::exactly(count).map_err(|why| invalid("GPUS", count, why)),
        (None, None) => Ok(Gpus::Count(1)),
        (None, Some(ids)) => {
            let set: BTreeSet<_> = ids.iter().copied().collect();
            if set.len() < ids.len() {
                return Err(error(
                    ErrorKind::ValueValidation,
                    "'--gpu-ids' names a GPU twice",
                ));
            }
            Ok(Gpus::These(set))
        }
    }
}

fn how_many_cpus(count: Option<u32>) -> Result<Cpus, clap::Error> {
    match count {
        None => Ok(Cpus::PerGpu),
        Some(count) => Cpus::exactly(count)
            .map_err(|why| invalid("CPUS", count, format!("{why} (1 to {MAX_CPUS})"))),
    }
}

fn invalid(name: &str, value: impl std::fmt::Display, why: impl std::fmt::Display) -> clap::Error {
    let value = value.to_string();
    error(
        ErrorKind::ValueValidation,
        format!("invalid value '{}' for {name}: {why}", value.escape_debug()),
    )
}
