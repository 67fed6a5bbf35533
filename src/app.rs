//! The wiring: parse, settle, act, render.

use crate::allocator::{Name, Refusal, Request};
use crate::cli::{self, Action, Asked, Filter, Invocation, Language, Output, Run};
use crate::commands::{Attends, Job, Order, Outer, SUPERVISE, Shows, Start, Wait, translate};
use crate::config::Config;
use crate::environment;
use crate::error::{DECLINED, Error, Kind, NOT_STARTED};
use crate::gpus::{self, SERVE};
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::notify::{Notice, Words};
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::render::{self, Style};
use crate::screen::Screen;
use crate::store::FileStore;
use crate::system;
use crate::tried::Tried;
use anyhow::Context;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Runs one command line, program name included, and returns how it ended.
pub fn run(arguments: &[OsString]) -> ExitCode {
    if let [_, only] = arguments
        && only == SERVE
    {
        return match gpus::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(Kind::Io.exit_code()),
        };
    }
    if let [_, only] = arguments
        && only == SUPERVISE
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

/// Looks after a program, apart from whoever started it.
fn supervise() -> anyhow::Result<()> {
    let Some(order) = Order::read()? else {
        return Ok(());
    };
    let store = FileStore::new(&order.state, Duration::ZERO)?;
    let held = order.lease(&store)?;
    system::close_inherited(Some(&held.file));
    let config = match &order.config {
        Some(path) => Config::find(Some(path))?,
        None => Config::by_default()?,
    };
    let config = Config {
        state_file: order.state.clone(),
        ..config
    };
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
                manager.note_failed(tried.failed(kind, render::in_english(&error)));
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
            let (request, wait) = request(asked, manager);
            let lease = pid.map(|pid| manager.lease_on(pid)).transpose()?;
            let request = request.tied_to(lease);
            Outcome::Allocated(match wait {
                Some(wait) => manager.allocate_or_wait(request, wait)?,
                None => manager.allocate(request)?,
            })
        }
        Action::Run(run) => Outcome::Ran(manager.run(job(run, manager))?),
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
        Action::StartProgram(asked) => {
            let (request, wait) = request(asked, manager);
            Outcome::Started(manager.start_program(Start { request, wait })?)
        }
        Action::StopProgram { task } => Outcome::Stopped(manager.stop_program(&task)?),
        Action::Logs { task, .. } => Outcome::Logs(manager.logs(&task)?),
        Action::CheckConfig => Outcome::Checked(Box::new(manager.check_config())),
        Action::Translate { file } => translate(&file)?,
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

/// Prints what a program writes until it has ended, or nobody reads it any longer.
fn follow(manager: &Manager, task: &Name, style: &Style) -> ExitCode {
    let mut rest = Vec::new();
    let followed = manager.follow_logs(task, |bytes| {
        rest.extend_from_slice(bytes);
        // A character may be half written yet.
        let whole = match std::str::from_utf8(&rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => rest.len(),
        };
        let bytes: Vec<_> = rest.drain(..whole).collect();
        print(&render::program_text(
            &String::from_utf8_lossy(&bytes),
            style,
        ))
    });
    match followed {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::System(error)) => told(Err(error), ExitCode::SUCCESS, style),
        Err(error) => fail(&error.into(), false, style),
    }
}

/// Puts notices into words.
fn words(style: &Arc<Style>) -> Words {
    let style = Arc::clone(style);
    Arc::new(move |notice: &Notice| render::notice(notice, &style))
}

/// Shows a status again and again.
fn watch(manager: &Manager, action: &Action, every: Duration, style: &Style) -> ExitCode {
    if let Action::Detail {
        server: Some(server),
    } = action
        && let Err(error @ Error::Refused(_)) = manager.status_of(server)
    {
        return fail(&error.into(), false, style);
    }
    let mut watched = Watched {
        screen: Screen::new(style.redraws_output()),
        action,
        every,
        style,
    };
    let ended = manager.watch(every, &mut watched);
    drop(watched);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Interrupted { signal }) => {
            ExitCode::from(Error::Interrupted { signal }.exit_code())
        }
        Err(Error::System(error)) => told(Err(error), ExitCode::SUCCESS, style),
        Err(error) => fail(&error.into(), false, style),
    }
}

/// Looks after everything until a signal ends it. On a terminal it shows what `--watch` shows, elsewhere
/// a line for each thing that happens.
fn monitor(manager: &Manager, invocation: &Invocation, style: &Arc<Style>) -> Result<(), Error> {
    let shows = style.redraws_output();
    let mut attending = Attending {
        watched: shows.then(|| Watched {
            screen: Screen::new(true),
            action: &Action::Status,
            every: manager.config().monitoring.interval,
            style,
        }),
        invocation,
        style,
    };
    // What its picture does not show is in the log.
    let manager = match shows {
        true => manager.clone().unobserved(),
        false => manager.clone(),
    };
    manager.monitor(&mut attending)
}

/// What the monitor shows, and where its settings come from.
struct Attending<'a> {
    watched: Option<Watched<'a>>,
    invocation: &'a Invocation,
    style: &'a Arc<Style>,
}

impl Shows for Attending<'_> {
    fn show(&mut self, manager: &Manager) -> io::Result<()> {
        match &mut self.watched {
            None => Ok(()),
            Some(watched) => watched.show(manager),
        }
    }

    fn pause(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.pause();
        }
    }

    fn resume(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.resume();
        }
    }
}

impl Attends for Attending<'_> {
    fn settings(&mut self) -> Result<Manager, Error> {
        let manager = settled(self.invocation, self.style)?;
        Ok(match self.watched {
            Some(_) => manager.unobserved(),
            None => manager,
        })
    }

    fn words(&self) -> Words {
        words(self.style)
    }

    fn say(&mut self, event: &Event) {
        // What went wrong is told as such.
        let is_own_trouble = event.action == Deed::Monitor && event.error.is_some();
        if self.watched.is_none() && !self.style.quiet && !is_own_trouble {
            complain(&render::event(event, self.style));
        }
    }

    fn complain(&mut self, error: &Error) {
        if self.watched.is_none() {
            complain(&render::failure(error, self.style).1);
        }
    }
}

/// One action, shown on a screen.
struct Watched<'w> {
    screen: Screen,
    action: &'w Action,
    every: Duration,
    style: &'w Style,
}

impl Shows for Watched<'_> {
    /// What fails may go well the next time.
    fn show(&mut self, manager: &Manager) -> io::Result<()> {
        let status = match self.action {
            Action::Detail {
                server: Some(server),
            } => manager.status_of(server),
            _ => manager.status(),
        };
        let picture = match (status, self.action) {
            (Ok(status), Action::Detail { .. }) => {
                render::watched(&Outcome::Detail(status), self.every, self.style)
            }
            (Ok(status), _) => render::watched(&Outcome::Status(status), self.every, self.style),
            (Err(error), _) => render::failure(&error, self.style).1,
        };
        self.screen.show(&picture, rows())
    }

    fn pause(&mut self) {
        self.screen.leave();
    }

    fn resume(&mut self) {
        self.screen.enter();
    }
}

fn request(asked: Asked, manager: &Manager) -> (Request, Option<Wait>) {
    let request = Request {
        prefer: asked.prefer,
        ..Request::new(asked.task, asked.gpus, asked.cpus).on(asked.kind)
    };
    let wait = asked.wait.map(|at_most| Wait { at_most });
    let request = request.owned_by(manager.user());
    (request.lapsing_after(asked.ttl), wait)
}

#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
fn job(run: Run, manager: &Manager) -> Job {
    let (request, wait) = request(run.asked, manager);
    let outer = || {
        Some(Outer {
            lease: std::env::var(environment::RUN).ok()?.parse().ok()?,
            gpus: std::env::var("GPUMGR_GPUS").ok()?,
            cpus: std::env::var("GPUMGR_CPUS").ok()?,
        })
    };
    Job {
        request,
        numbered: run.unnamed,
        command: run.command,
        wait,
        search: std::env::var_os("PATH"),
        outer: outer(),
    }
}

fn settled(invocation: &Invocation, style: &Arc<Style>) -> Result<Manager, Error> {
    let config = match (&invocation.action, &invocation.config) {
        // The shell may just have made an empty one for what this prints.
        (Action::Detect, None) | (Action::Translate { .. }, _) => Config::by_default(),
        (_, config) => Config::find(config.as_deref()),
    };
    let mut config = config.map_err(Error::from)?;
    if let Some(path) = &config.passed_over {
        complain(&render::passed_over(path, style));
    }
    if let Some(state) = &invocation.state {
        config.state_file.clone_from(state);
    }
    let language = style.language;
    let notice = Arc::new(
        move |lock: &std::path::Path, holders: &[crate::system::Holder]| {
            complain(&render::lock_wait(lock, holders, language));
        },
    );
    let looker = Arc::clone(style);
    let last = Mutex::new(String::new());
    let observer = Arc::new(move |progress: &Progress<'_>| {
        let line = render::progress(progress, &looker);
        // The same again says nothing new.
        if let Ok(mut last) = last.lock()
            && !line.is_empty()
            && *last != line
        {
            complain(&line);
            *last = line;
        }
    });
    Ok(Manager::new(config)?
        .measuring(library_path())
        .force(invocation.force)
        .on_wait(notice)
        .observed_by(observer))
}

/// Asks before a reset, where there is somebody to ask.
fn confirmed(manager: &Manager, style: &Style) -> anyhow::Result<bool> {
    let somebody = io::stdin().is_terminal() && io::stderr().is_terminal();
    if style.output == Output::Json || !somebody {
        return Err(Error::Unconfirmed.into());
    }
    complain(&render::confirm_reset(manager.state_file(), style));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .context("the answer could not be read")?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !yes {
        complain(&render::declined(style));
    }
    Ok(yes)
}

fn tell(outcome: &Outcome, style: &Style) -> ExitCode {
    complain(&render::notes(outcome, style));
    if let Outcome::Ran(ran) = outcome {
        return ExitCode::from(ran.exit_code());
    }
    let printed = print(&render::outcome(outcome, style));
    if printed.is_err() {
        complain(&render::untold(outcome, style).unwrap_or_default());
    }
    told(printed, ExitCode::SUCCESS, style)
}

fn fail(error: &anyhow::Error, runs: bool, style: &Style) -> ExitCode {
    let (code, (result, message)) = match error.downcast_ref::<Error>() {
        Some(error) if runs => (error.exit_code_of_run(), render::failure(error, style)),
        Some(error) => (error.exit_code(), render::failure(error, style)),
        None if runs => (NOT_STARTED, render::other_failure(error, style)),
        None => (Kind::Io.exit_code(), render::other_failure(error, style)),
    };
    complain(&message);
    told(print(&result), ExitCode::from(code), style)
}

/// The exit code, unless the result could not be told.
fn told(printed: io::Result<()>, code: ExitCode, style: &Style) -> ExitCode {
    match printed {
        Ok(()) => code,
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            complain(&render::unprinted(&error, style));
            ExitCode::from(Kind::Io.exit_code())
        }
    }
}

/// To standard output, whole.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// To standard error; if even that fails there is nobody left to tell.
fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The rows of the terminal that standard output is.
fn rows() -> Option<usize> {
    let size = io::stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)?;
    size.map(|(_width, height)| usize::from(height.0))
}

/// The columns of the terminal that this is.
fn columns(stream: &impl IsTerminal) -> Option<u16> {
    let size = stream.is_terminal().then(terminal_size::terminal_size)?;
    size.map(|(width, _height)| width.0)
}

#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
fn shows_colours(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    stream.is_terminal() && !refused && !dumb
}

/// Where the system's linker looks for libraries first.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
fn library_path() -> Option<OsString> {
    let variable = if cfg!(windows) {
        "PATH"
    } else {
        "LD_LIBRARY_PATH"
    };
    std::env::var_os(variable)
}

/// Whether a line can be written over.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
fn redraws(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// The first of the locale variables that is set decides.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
fn language_of_environment() -> Language {
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let locale = variables
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale.as_deref().and_then(|locale| locale.get(..2)) {
        Some("zh") => Language::Zh,
        Some("ja") => Language::Ja,
        _ => Language::En,
    }
}
