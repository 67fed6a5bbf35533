//! A request as typed: a task, how much it needs, and the command to run.

use super::args::Args;
use crate::allocator::{Cpus, GpuKind, Gpus, MAX_CPUS, Name};
use chrono::TimeDelta;
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// The task of a request and the resources it needs.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) task: Name,
    pub(crate) gpus: Gpus,
    pub(crate) cpus: Cpus,
    pub(crate) kind: GpuKind,
    pub(crate) prefer: Option<String>,
    pub(crate) ttl: Option<TimeDelta>,
    /// Whether to wait for it, and how long at most.
    pub(crate) wait: Option<Option<Duration>>,
}

/// The command of `--run` and the task that it runs in.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) asked: Asked,
    /// The task was given no name, so it has its command's.
    pub(crate) unnamed: bool,
    pub(crate) command: Vec<OsString>,
}

/// Whether this was to be a run, wherever that was said: also where the rest makes no sense.
pub(crate) fn wants_run(arguments: &[OsString]) -> bool {
    let is_run = |argument: &OsString| argument == "--run" || starts_with(argument, "--run=");
    before_double_dash(arguments).iter().any(is_run)
}

pub(super) fn starts_with(argument: &OsStr, prefix: &str) -> bool {
    argument.as_encoded_bytes().starts_with(prefix.as_bytes())
}

pub(super) fn before_double_dash(arguments: &[OsString]) -> &[OsString] {
    arguments
        .split(|argument| argument == OsStr::new("--"))
        .next()
        .unwrap_or_default()
}

pub(super) fn error(kind: ErrorKind, message: impl std::fmt::Display) -> clap::Error {
    command().error(kind, message)
}

pub(super) fn name(text: &str) -> Result<Name, clap::Error> {
    text.parse().map_err(|why| invalid("TASK", text, why))
}

pub(super) fn asked(task: Name, counts: &[String], args: &Args) -> Result<Asked, clap::Error> {
    let gpus = once("GPUS", counts.first(), "--gpus", args.gpus)?;
    let cpus = once("CPUS", counts.get(1), "--cpus", args.cpus)?;
    Ok(Asked {
        task,
        gpus: which_gpus(gpus, args.gpu_ids.as_deref())?,
        cpus: how_many_cpus(cpus)?,
        kind: GpuKind {
            model: args.gpu_model.clone(),
            memory: args.gpu_memory,
        },
        prefer: args.prefer_server.clone(),
        ttl: args.ttl,
        wait: args.wait,
    })
}

/// A count given in place or by its flag, but not both.
pub(super) fn once(
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

pub(super) fn which_gpus(count: Option<u32>, ids: Option<&[u16]>) -> Result<Gpus, clap::Error> {
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

pub(super) fn how_many_cpus(count: Option<u32>) -> Result<Cpus, clap::Error> {
    match count {
        None => Ok(Cpus::PerGpu),
        Some(count) => Cpus::exactly(count)
            .map_err(|why| invalid("CPUS", count, format!("{why} (1 to {MAX_CPUS})"))),
    }
}

pub(super) fn invalid(
    name: &str,
    value: impl std::fmt::Display,
    why: impl std::fmt::Display,
) -> clap::Error {
    let value = value.to_string();
    error(
        ErrorKind::ValueValidation,
        format!("invalid value '{}' for {name}: {why}", value.escape_debug()),
    )
}

/// The flags as they are declared.
pub(crate) fn command() -> clap::Command {
    Args::command()
}
