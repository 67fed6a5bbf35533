//! `--run`: allocates, runs a command with it, gives back however that ends.

mod inside;
mod step;
mod term;

use super::change::Grants;
use super::events::Events;
use super::wait::Wait;
use crate::allocator::{
    LeaseId, Name, Request, Tie, Timestamp, allocate, release_lease, unused_name,
};
use crate::environment;
use crate::error::Error;
use crate::journal::{self, Deed, How};
use crate::manager::{Manager, now};
use crate::outcome::{Allocated, Ran};
use crate::progress::Progress;
use crate::steps::{self, Step};
use crate::store::{HeldLease, Word};
use crate::system::{self, Child, Event, Exit};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How often a run looks whether its end was moved.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long what is ending together with the command may take to do so.
const LAST_BREATH: Duration = Duration::from_millis(100);

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
        let held = self.store.hold_lease()?;
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
        let lease = self.own_lease(held, Tie::Run)?;
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
                let mut request = request;
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
        let ended = self.start_and_stay(job, &allocated, &held, events);
        let task = &allocated.grant.task;
        steps::reached(Step::CommandEnded);
        let id = held.id.clone();
        let end = |now| end(now, task, ended.as_ref().ok().map(|(_, exit)| *exit));
        let given_back = self.change_first(
            move |cluster, _| release_lease(cluster, &id),
            |released, now| vec![end(now).giving_back(released)],
        );
        match given_back {
            Ok(changed) => self.tell(&Progress::Changed(&changed.state)),
            Err(why) => {
                let end = end(now());
                self.note(vec![match Self::is_lost(&why) {
                    true => end.because("given back before"),
                    false => end.failing(why.kind(), why.to_string()),
                }]);
                self.tell(&Progress::NotReleased { task, why: &why });
                if Self::is_lost(&why) {
                    held.end();
                } else {
                    // What of it goes on holds the lease, and whoever acts next judges by that.
                    drop(held);
                }
                return ended.map(|(_, exit)| Ran { exit });
            }
        }
        steps::reached(Step::GivenBack);
        let still_held = held.end();
        let (child, exit) = ended?;
        if still_held.is_some() || child.left_any() {
            std::thread::sleep(LAST_BREATH);
            let own = std::process::id();
            let survivors = system::survivors(still_held.as_ref(), Some(own));
            if !survivors.is_empty() {
                let by = &survivors;
                self.tell(&Progress::Survived { task, by });
            }
        }
        Ok(Ran { exit })
    }

    /// When the time is over that was asked for. The state could have been changed since the grant.
    fn deadline(&self, request: &Request, now: Timestamp) -> Option<Timestamp> {
        let ttl = self.config.limits.ttl(request.ttl)?;
        now.checked_add_signed(ttl)
    }

    fn start_and_stay(
        &self,
        job: &Job,
        allocated: &Allocated,
        held: &HeldLease,
        events: Option<Events>,
    ) -> Result<(Child, Exit), Error> {
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
        let child = Child::spawn(&mut command, &held.file, &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        steps::reached(Step::Started);
        // What the terminal sent before there was a command did not reach it.
        while let Ok(event) = events.happened.try_recv() {
            if let Event::Signal(heard) = event {
                child.pass_on(&heard.for_gpumgr_alone());
            }
        }
        let mut watch = term::Watch::new(self, &allocated.grant, held);
        let exit = loop {
            // First, for a quick one has ended already, and nothing tells of it again.
            if let Some(exit) = child.reap() {
                break exit;
            }
            watch.look(&child);
            if let Some(Event::Signal(heard)) = events.next(watch.next_look()) {
                child.pass_on(&heard);
            }
        };
        Ok((child, exit))
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
    command.env(environment::RUN, run.as_str());
    command.env_remove(environment::STEP);
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
