//! The values that flags take.

use crate::allocator::MAX_TTL;
use chrono::TimeDelta;
use clap::ValueEnum;
use std::time::Duration;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text).ok();
    parsed.ok_or_else(|| "it is no duration such as 90s, 8h or 2d".to_owned())
}

pub(super) fn ttl(text: &str) -> Result<TimeDelta, String> {
    let ttl = TimeDelta::from_std(duration(text)?).ok();
    let ttl = ttl.filter(|ttl| (TimeDelta::seconds(1)..=MAX_TTL).contains(ttl));
    ttl.ok_or_else(|| format!("it must be from 1s to {}d", MAX_TTL.num_days()))
}

pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (0.1..=86_400.0).contains(seconds));
    let interval = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    interval.ok_or_else(|| "it must be from 0.1 to 86400 seconds".to_owned())
}

/// A shell that `--export` writes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "clap would print each in the help")]
pub enum Shell {
    // sh, bash, zsh, dash, ksh
    #[value(alias = "bash", alias = "zsh")]
    Sh,
    // fish
    Fish,
    // PowerShell
    #[value(alias = "pwsh")]
    Powershell,
    // The Windows command prompt
    Cmd,
}

/// A shell that gpumgr completes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletedShell {
    // bash
    Bash,
    // zsh
    Zsh,
    // fish
    Fish,
    // PowerShell
    #[value(alias = "pwsh")]
    Powershell,
}

/// A language with a complete translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    // English
    En,
    // Simplified Chinese
    Zh,
    // Japanese
    Ja,
}
