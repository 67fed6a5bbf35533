//! `--run`: allocates, runs a command with it, gives back however that ends.

mod ending;
mod inside;
mod step;
mod term;

use self::ending::{Left, Running};
use super::change::Grants;
use super::events::Events;
use super::wait::Wait;
use crate::allocator::{
    LeaseId, LeaseKind, Name, Request, Timestamp, allocate, release_lease, unused_name,
};
use crate::error::Error;
use crate::journal::{self, Deed, How};
use crate::leases::{HeldLease, Word};
use crate::manager::{Manager, now};
use crate::outcome::{Allocated, Ran};
use crate::progress::Progress;
use crate::steps::{self, Step};
use crate::system::{self, Child, Exit};
use crate::variables;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How often a run looks whether its end was moved.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// What to run, and for what.
#[derive(Debug)]
pub(crate) struct Job {
    /// What it asks for.
    pub(crate) request: Request,
    /// The task's name is one to begin with: it gets a number that makes it unique.
    pub(crate) numbered: bool,
    /// The command and its arguments.
    pub(crate) command: Vec<OsString>,
    /// Whether to wait, and how long.
    pub(crate) wait: Option<Wait>,
    /// Where the command is looked for.
    pub(crate) search: Option<OsString>,
    /// The run that this one says it is inside of.
    pub(crate) outer: Option<Outer>,
}

/// What a run tells its command of itself.
#[derive(Debug)]
pub(crate) struct Outer {
    pub(crate) lease: LeaseId,
    /// The step of it; `None` if it is the run itself.
    pub(crate) step: Option<LeaseId>,
}

impl Manager {
    /// Runs the command to its end.
    pub(crate) fn run(&self, job: Job) -> Result<Ran, Error> {
        self.check_environment()?;
        let word = job
            .command
            .first()
            .map_or(OsStr::new(""), OsString::as_os_str);
        system::find_command(Path::new(word), job.search.as_deref())
            .map_err(|source| cannot_start(word, source))?;
        if let Some(outer) = &job.outer
            && self.is_inside(outer)?
        {
            return self.run_inside(&job, outer);
        }
        let held = self.leases.hold()?;
        steps::reached(Step::LeaseHeld);
        let mut events = None;
        match self.obtain(&job, &held, &mut events) {
            Ok(allocated) => self.run_with(&job, allocated, held, events),
            Err(error) => {
                held.end();
                Err(error)
            }
        }
    }

    fn obtain(
        &self,
        job: &Job,
        held: &HeldLease,
        events: &mut Option<Events>,
    ) -> Result<Allocated, Error> {
        let lease = self.own_lease(held, LeaseKind::Run)?;
        let mut request = self.with_full_name(job.request.clone())?;
        request.host = Some(lease.process.host.clone());
        let numbered = job.numbered;
        if let Some(wait) = job.wait {
            return self.wait_in_line((request, numbered), lease, held, wait, events);
        }
        let limits = self.config.limits;
        let request = request.tied_to(Some(lease));
        let changed = self.change_and_note(
            self.create()?,
            Grants::Some,
            move |cluster, facts| {
                let mut request = request.clone();
                if numbered {
                    request.task = unused_name(cluster, &request.task);
                }
                allocate(cluster, &request, &limits, facts.now)
            },
            |grant, now| vec![journal::Event::new(Deed::Run, now).granting(grant)],
        )?;
        Ok(self.allocated(changed))
    }

    fn run_with(
        &self,
        job: &Job,
        allocated: Allocated,
        held: HeldLease,
        events: Option<Events>,
    ) -> Result<Ran, Error> {
        let left = self.start_and_stay(job, &allocated, &held, events);
        let task = &allocated.grant.task;
        if let Ok(Left {
            exit,
            is_clear: false,
        }) = left
        {
            // What lives on keeps the GPUs, and whoever acts next judges by that.
            return Ok(Ran { exit });
        }
        steps::reached(Step::CommandEnded);
        let exit = left.map(|left| left.exit);
        let id = held.id.clone();
        let code = exit.as_ref().ok().copied();
        let name = task.clone();
        let given_back = self.change_first(
            move |cluster, _| release_lease(cluster, &id),
            move |released, now| vec![end(now, &name, code).giving_back(released)],
        );
        match given_back {
            Ok(changed) => {
                self.tell(&Progress::Changed(&changed.state));
                steps::reached(Step::GivenBack);
                held.end();
            }
            Err(why) => {
                let end = end(now(), task, code);
                self.note(vec![match Self::is_lost(&why) {
                    true => end.because("given back before"),
                    false => end.failing(why.kind(), why.to_string()),
                }]);
                self.tell(&Progress::NotReleased { task, why: &why });
                if Self::is_lost(&why) {
                    held.end();
                }
            }
        }
        Ok(Ran { exit: exit? })
    }

    /// When the time is over that was asked for. The state could have been changed since the grant.
    fn deadline(&self, request: &Request, now: Timestamp) -> Option<Timestamp> {
        let ttl = self.config.limits.ttl(request.ttl)?;
        now.checked_add_signed(ttl)
    }

    /// Starts the command, and stays until all that belongs to its run has ended.
    fn start_and_stay(
        &self,
        job: &Job,
        allocated: &Allocated,
        held: &HeldLease,
        events: Option<Events>,
    ) -> Result<Left, Error> {
        let events = events.map_or_else(Events::listen, Ok)?;
        // Whoever was told to end before there was a command does so.
        while let Ok(event) = events.happened.try_recv() {
            if let Some(signal) = Events::ended_by(event) {
                return Err(Error::Interrupted { signal });
            }
        }
        held.note_word(Word {
            deadline: self.deadline(&job.request, now()),
            stop: false,
        })?;
        self.tell(&Progress::Starting(allocated));
        steps::reached(Step::Granted);
        let mut command = command(job, &allocated.environment, &held.id);
        let child = Child::spawn(&mut command, held.lease(), &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        steps::reached(Step::Started);
        let watch = term::Watch::new(self, &allocated.grant, held);
        let task = &allocated.grant.task;
        Ok(Running::new(self, task, held, (child, events), watch).stay())
    }

    /// How long a run or program has between TERM and KILL.
    pub(in crate::commands) fn grace(&self) -> Duration {
        self.config.limits.grace.to_std().unwrap_or_default()
    }
}

fn command(job: &Job, variables: &[(String, String)], run: &LeaseId) -> Command {
    let (word, arguments) = match job.command.split_first() {
        Some((word, arguments)) => (word.as_os_str(), arguments),
        None => (OsStr::new(""), &[][..]),
    };
    let mut command = Command::new(word);
    let variables = variables.iter().map(|(name, value)| (name, value));
    command.args(arguments).envs(variables);
    command.env(variables::RUN, run.as_str());
    command.env_remove(variables::STEP);
    command
}

fn cannot_start(word: &OsStr, source: std::io::Error) -> Error {
    Error::Command {
        command: word.to_owned(),
        source,
    }
}

/// What there is to note of the end of a command, or of one that was not started.
fn end(now: Timestamp, task: &Name, exit: Option<Exit>) -> journal::Event {
    let event = journal::Event::new(Deed::End, now).about(task);
    match exit {
        None => event.so(How::NotStarted),
        Some(exit) => journal::Event {
            exit: Some(Ran { exit }.exit_code()),
            ..event
        },
    }
}

/// The log tells of runs, not of their steps.
pub(super) fn no_events<T>(_: &T, _: crate::allocator::Timestamp) -> Vec<crate::journal::Event> {
    Vec::new()
}
