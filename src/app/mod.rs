//! The wiring: parse, settle, act, render.

mod attend;
mod settle;
mod tell;
mod terminal;
mod tried;
mod watch;

use crate::allocator::Refusal;
use crate::cli::{self, Action, Filter, Invocation, Output};
use crate::commands::{Order, SUPERVISE, Start, translate};
use crate::completion::{self, COMPLETE};
use crate::error::Error;
use crate::exit_code::{DECLINED, Kind, NOT_STARTED};
use crate::gpus::{self, SERVE};
use crate::leases::Leases;
use crate::logs::{self, WRITE_LOG};
use crate::manager::Manager;
use crate::notify::{self, SEND};
use crate::outcome::Outcome;
use crate::render::{self, Style};
use crate::store::StatePaths;
use crate::system;
use attend::{follow, monitor, words};
use settle::{confirmed, job, request, settled};
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use tell::{complain, fail, print, tell, told};
use terminal::{columns, language_of_environment, library_path, redraws, shows_colours};
use tried::Tried;
use watch::watch;

/// Runs one command line, program name included, and returns how it ended.
pub fn run(arguments: &[OsString]) -> ExitCode {
    if let [_, only] = arguments
        && only == SERVE
    {
        return served(gpus::serve());
    }
    if let [_, only] = arguments
        && only == SEND
    {
        return served(notify::serve());
    }
    if let [_, verb, shell, typed @ ..] = arguments
        && verb == COMPLETE
    {
        // Nobody could be told that this failed without disturbing what is typed.
        let _ = print(&completion::answer(shell, typed));
        return ExitCode::SUCCESS;
    }
    if let [_, verb, order @ ..] = arguments
        && verb == WRITE_LOG
    {
        return served(logs::serve(order));
    }
    // The name of the task behind it is for those who list processes.
    if let [_, verb, _task] = arguments
        && verb == SUPERVISE
    {
        // Whoever is to be told of a failure is, by the log; nobody looks at this code.
        return match supervise() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(Kind::Io.exit_code()),
        };
    }
    match cli::parse(arguments) {
        Ok(invocation) => invoke(invocation),
        Err(error) => unparsed(&error, arguments),
    }
}

/// What [`run`] would say is wrong with this command line, program name included, without doing
/// anything; nothing if it would try to do what it says.
pub fn misuse(arguments: &[OsString]) -> Option<String> {
    let error = cli::parse(arguments).err()?;
    let (result, message) = render::usage(&error, cli::wants_json(arguments));
    (error.exit_code() != 0).then_some(result + &message)
}

/// How a process ends that gpumgr has started for itself, which sees to the rest.
fn served(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(Kind::Io.exit_code()),
    }
}

/// Looks after a program, apart from whoever started it.
fn supervise() -> anyhow::Result<()> {
    let Some(order) = Order::read()? else {
        return Ok(());
    };
    let paths = StatePaths::of(&order.state)?;
    let leases = Leases::beside(&paths, false);
    let held = order.lease(&leases)?;
    system::close_inherited(Some(&held.file));
    let config = order.settings()?;
    let manager = Manager::new(config)?.measuring(library_path());
    Ok(manager.supervise(&order, held)?)
}

/// Wrong usage, or the help or version that was asked for.
fn unparsed(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let style = Style::new(Output::Text, language_of_environment(), false);
    if error.exit_code() == 0 {
        return told(print(&error.to_string()), ExitCode::SUCCESS, &style);
    }
    let (result, message) = render::usage(error, cli::wants_json(arguments));
    complain(&message);
    let code = if cli::wants_run(arguments) {
        NOT_STARTED
    } else {
        Kind::Usage.exit_code()
    };
    told(print(&result), ExitCode::from(code), &style)
}

fn invoke(invocation: Invocation) -> ExitCode {
    let language = invocation.language.unwrap_or_else(language_of_environment);
    let style = Style::new(invocation.output, language, invocation.quiet)
        .given(invocation.config.as_deref(), invocation.state.as_deref())
        .colours(shows_colours(&io::stdout()), shows_colours(&io::stderr()))
        .redrawing(redraws(&io::stdout()), redraws(&io::stderr()))
        .width(columns(&io::stdout()), columns(&io::stderr()));
    let style = Arc::new(style);
    let runs = matches!(invocation.action, Action::Run(_));
    let manager = match settled(&invocation, &style) {
        Ok(manager) => manager,
        Err(error) => return fail(&error.into(), runs, &style),
    };
    if let Action::Logs { task, follow: true } = &invocation.action {
        return follow(&manager, task, &style);
    }
    if let Some(every) = invocation.watch {
        return watch(&manager, &invocation.action, every, &style);
    }
    let tried = Tried::of(&invocation.action);
    match act(&manager, invocation, &style) {
        Ok(Some(outcome)) => tell(&outcome, &style),
        Ok(None) => ExitCode::from(DECLINED),
        Err(error) => {
            if let Some(tried) = tried {
                let kind = error.downcast_ref().map_or(Kind::Io, Error::kind);
                let why = render::in_english(&error);
                manager.note_failed(tried.failed(kind, why, &manager));
            }
            let code = fail(&error, runs, &style);
            if !style.quiet && may_be_outdated(&error) && manager.config_differs() {
                complain(&render::differs(&style));
            }
            code
        }
    }
}

/// Whether a changed config that nobody told the state of may be why.
fn may_be_outdated(error: &anyhow::Error) -> bool {
    use Refusal::{Impossible, Insufficient, UnknownServer};
    let refused = error.downcast_ref();
    matches!(
        refused,
        Some(Error::Refused(
            Impossible(_) | Insufficient(_) | UnknownServer { .. }
        ))
    )
}

/// None if the user, asked, declined.
fn act(
    manager: &Manager,
    invocation: Invocation,
    style: &Arc<Style>,
) -> anyhow::Result<Option<Outcome>> {
    let outcome = match invocation.action {
        Action::Init => Outcome::Initialized(manager.init()?),
        Action::Status => Outcome::Status(manager.status()?),
        Action::Detail { server: None } => Outcome::Detail(manager.status()?),
        Action::Detail {
            server: Some(server),
        } => Outcome::Detail(manager.status_of(&server)?),
        Action::Allocate { asked, pid } => {
            let (request, wait) = request(asked, manager)?;
            let lease = pid.map(|pid| manager.lease_on(pid)).transpose()?;
            let request = request.tied_to(lease);
            Outcome::Allocated(match wait {
                Some(wait) => manager.allocate_or_wait(request, wait)?,
                None => manager.allocate(request)?,
            })
        }
        Action::Run(run) => Outcome::Ran(manager.run(job(run, manager)?)?),
        Action::Renew { task, ttl } => Outcome::Renewed(manager.renew(&task, ttl)?),
        Action::Queue => Outcome::Queue(manager.queue()?),
        Action::Cancel { task } => Outcome::Cancelled(Box::new(manager.cancel(&task)?)),
        Action::Release { task } => Outcome::Released(manager.release(&task)?),
        Action::Reset if invocation.yes || confirmed(manager, style)? => {
            Outcome::Reset(manager.reset()?)
        }
        Action::Reset => return Ok(None),
        Action::History(Filter { task, since, user }) => {
            Outcome::History(manager.history(task.as_ref(), since, user.as_deref())?)
        }
        Action::Report { since } => Outcome::Report(Box::new(manager.report(since)?)),
        Action::Detect => Outcome::Detected(manager.detect()?),
        Action::Adopt { request, pid } => Outcome::Adopted(manager.adopt(request, pid)?),
        Action::StartProgram { asked, counted } => {
            let (request, wait) = request(asked, manager)?;
            Outcome::Started(manager.start_program(Start {
                request,
                wait,
                counted,
            })?)
        }
        Action::StopProgram { task } => Outcome::Stopped(manager.stop_program(&task)?),
        Action::Logs { task, .. } => Outcome::Logs(manager.logs(&task)?),
        Action::CheckConfig => Outcome::Checked(Box::new(manager.check_config())),
        Action::Translate { file } => translate(&file)?,
        Action::Completions { shell } => Outcome::Document(completion::script(shell).into()),
        Action::Man => Outcome::Document(cli::man().into()),
        Action::TestNotification => {
            Outcome::NotificationTested(manager.test_notification(words(style))?)
        }
        Action::Monitor => {
            let invocation = Invocation {
                action: Action::Monitor,
                ..invocation
            };
            monitor(manager, &invocation, style)?;
            Outcome::Monitored
        }
    };
    Ok(Some(outcome))
}
