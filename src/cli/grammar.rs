//! From flags as typed to one action with checked values.

use super::args::Args;
use super::asked::{Asked, Run, asked, before_double_dash, error, how_many_cpus, name};
use super::run;
use super::values::{CompletedShell, Language, Shell};
use crate::allocator::{Gpus, Name, Request};
use chrono::TimeDelta;
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// How often to show it anew.
    pub(crate) watch: Option<Duration>,
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
        asked: Asked,
        pid: Option<u32>,
    },
    Run(Run),
    Release {
        task: Name,
    },
    Renew {
        task: Name,
        ttl: Option<TimeDelta>,
    },
    Queue,
    Cancel {
        task: Name,
    },
    Reset,
    CheckConfig,
    /// Of a JSON config.
    Translate {
        file: PathBuf,
    },
    /// Whether it was said what to ask for.
    StartProgram {
        asked: Asked,
        counted: bool,
    },
    StopProgram {
        task: Name,
    },
    Logs {
        task: Name,
        follow: bool,
    },
    Monitor,
    History(Filter),
    Report {
        since: Option<TimeDelta>,
    },
    TestNotification,
    Completions {
        shell: CompletedShell,
    },
    Man,
    Detect,
    Adopt {
        request: Request,
        pid: u32,
    },
}

/// What of the history is to be shown: all, where nothing is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) task: Option<Name>,
    pub(crate) since: Option<TimeDelta>,
    pub(crate) user: Option<String>,
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
    let args = Args::try_parse_from(arguments).map_err(|wrong| run::clearer(wrong, arguments))?;
    let has_command = before_double_dash(arguments).len() < arguments.len();
    if has_command && args.run.is_none() {
        let message = "unexpected '--': only '--run' takes words after it";
        return Err(error(ErrorKind::UnknownArgument, message));
    }
    if let Some((flag, goes_with)) = stray_modifier(&args) {
        let message = match flag {
            "--json" => {
                "'--json' does not go with '--run', '--monitor', '--completions' and '--man'"
                    .to_owned()
            }
            _ => format!("'{flag}' goes with {goes_with} alone"),
        };
        return Err(error(ErrorKind::ArgumentConflict, message));
    }
    let output = match args.export {
        Some(shell) => Output::Export(shell),
        None if args.json => Output::Json,
        None => Output::Text,
    };
    Ok(Invocation {
        output,
        config: config(&args)?,
        state: args.state.clone(),
        language: args.lang,
        yes: args.yes,
        force: args.force,
        quiet: args.quiet,
        watch: args.watch,
        action: action(args)?,
    })
}

/// The config to use, which `--check-config` may name as well.
fn config(args: &Args) -> Result<Option<PathBuf>, clap::Error> {
    let checked = args.check_config.iter().flatten().next();
    match (&args.config, checked) {
        (Some(config), Some(checked)) if config != checked => {
            let message = "'--config' and '--check-config' name two configs; give one of them";
            Err(error(ErrorKind::ArgumentConflict, message))
        }
        (config, checked) => Ok(config.as_ref().or(checked).cloned()),
    }
}

/// Whether this is a config of the manager guide's.
fn is_json(file: &Path) -> bool {
    let extension = file.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Whether JSON is wanted, wherever that was said: also where the rest makes no sense.
pub(crate) fn wants_json(arguments: &[OsString]) -> bool {
    before_double_dash(arguments)
        .iter()
        .any(|argument| argument == "--json")
}

/// A flag that says something about an allocation where there is none. clap's own `requires` is
/// silent where the required flag conflicts with one that is given, as all actions do.
fn stray_modifier(args: &Args) -> Option<(&'static str, &'static str)> {
    let (allocates, runs) = (args.allocate.is_some(), args.run.is_some());
    let asks = allocates || runs || args.start_program.is_some();
    let renews = args.renew.is_some();
    let both = "'--allocate', '--run' and '--start-program'";
    let adopts = args.adopt.is_some();
    let shows = args.status || args.detail.is_some();
    let modifiers = [
        ("--gpus", args.gpus.is_some(), asks, both),
        (
            "--cpus",
            args.cpus.is_some(),
            asks || adopts,
            "'--allocate', '--run', '--start-program' and '--adopt'",
        ),
        ("--gpu-model", args.gpu_model.is_some(), asks, both),
        ("--gpu-memory", args.gpu_memory.is_some(), asks, both),
        ("--gpu-ids", args.gpu_ids.is_some(), asks, both),
        ("--prefer-server", args.prefer_server.is_some(), asks, both),
        ("--wait", args.wait.is_some(), asks, both),
        (
            "--ttl",
            args.ttl.is_some(),
            asks || renews || adopts,
            "'--allocate', '--run', '--start-program', '--adopt' and '--renew'",
        ),
        (
            "--pid",
            args.pid.is_some(),
            allocates || adopts,
            "'--allocate' and '--adopt'",
        ),
        (
            "--watch",
            args.watch.is_some(),
            shows,
            "'--status' and '--detail'",
        ),
        ("--follow", args.follow, args.logs.is_some(), "'--logs'"),
        (
            "--since",
            args.since.is_some(),
            args.history.is_some() || args.report,
            "'--history' and '--report'",
        ),
        (
            "--user",
            args.user.is_some(),
            args.history.is_some(),
            "'--history'",
        ),
        ("--export", args.export.is_some(), allocates, "'--allocate'"),
        (
            "--json",
            args.json && (runs || args.monitor || args.completions.is_some() || args.man),
            false,
            "actions that print what JSON can hold",
        ),
    ];
    let mut stray = modifiers
        .into_iter()
        .filter(|(_, given, fits, _)| *given && !fits);
    stray
        .next()
        .map(|(flag, _, _, goes_with)| (flag, goes_with))
}

/// clap sees to it that there is exactly one.
fn action(args: Args) -> Result<Action, clap::Error> {
    if let Some(values) = &args.allocate {
        let [task, counts @ ..] = values.as_slice() else {
            return Err(error(ErrorKind::TooFewValues, "'--allocate' needs a TASK"));
        };
        let asked = asked(name(task)?, counts, &args)?;
        let pid = args.pid;
        return Ok(Action::Allocate { asked, pid });
    }
    if let Some(values) = &args.run {
        return run::run(values, &args).map(Action::Run);
    }
    if let Some(task) = args.adopt {
        let Some(pid) = args.pid else {
            let message = "'--adopt' needs the process: --adopt TASK --pid PID";
            return Err(error(ErrorKind::MissingRequiredArgument, message));
        };
        let cpus = how_many_cpus(args.cpus)?;
        let request = Request::new(task, Gpus::Count(0), cpus).lapsing_after(args.ttl);
        return Ok(Action::Adopt { request, pid });
    }
    if let Some(task) = args.start_program.clone() {
        let asked = asked(task, &[], &args)?;
        let kind = args.gpu_model.is_some() || args.gpu_memory.is_some();
        let counts = args.gpus.is_some() || args.cpus.is_some() || args.gpu_ids.is_some();
        let counted = counts || kind || args.prefer_server.is_some() || args.ttl.is_some();
        return Ok(Action::StartProgram { asked, counted });
    }
    Ok(match args {
        Args { detect: true, .. } => Action::Detect,
        Args {
            renew: Some(task),
            ttl,
            ..
        } => Action::Renew { task, ttl },
        Args { queue: true, .. } => Action::Queue,
        Args {
            cancel: Some(task), ..
        } => Action::Cancel { task },
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
            check_config: Some(file),
            ..
        } => match file.filter(|file| is_json(file)) {
            Some(file) => Action::Translate { file },
            None => Action::CheckConfig,
        },
        Args {
            stop_program: Some(task),
            ..
        } => Action::StopProgram { task },
        Args {
            logs: Some(task),
            follow,
            ..
        } => Action::Logs { task, follow },
        Args { monitor: true, .. } => Action::Monitor,
        Args {
            history: Some(task),
            since,
            user,
            ..
        } => Action::History(Filter { task, since, user }),
        Args {
            report: true,
            since,
            ..
        } => Action::Report { since },
        Args {
            completions: Some(shell),
            ..
        } => Action::Completions { shell },
        Args { man: true, .. } => Action::Man,
        Args {
            test_notification: true,
            ..
        } => Action::TestNotification,
        _ => Action::Status,
    })
}
