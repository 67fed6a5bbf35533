//! `--run`: allocates, runs a command with it, gives back however that ends.

use super::wait::{Events, Wait};
use crate::allocator::{
    Cluster, Cpus, GpuId, Gpus, Grant, LeaseId, Refusal, Request, Task, Tie, Timestamp, allocate,
    release_lease, unused_name,
};
use crate::environment;
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::{Allocated, Ran};
use crate::progress::Progress;
use crate::steps::{self, Step};
use crate::store::{HeldLease, Stamp};
use crate::system::{self, Child, Event, Exit};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How often a run looks whether its end was moved.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// When a command has certainly closed what it does not want of what it was given.
const SETTLED: Duration = Duration::from_secs(1);
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
    pub(crate) task: String,
    pub(crate) server: String,
    pub(crate) gpus: String,
    pub(crate) cpus: String,
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
        if let Some((outer, grant)) = self.inside(&job)? {
            return self.run_inside(&job, &outer, &grant);
        }
        let events = Events::listen()?;
        let held = self.store.hold_lease()?;
        steps::reached(Step::LeaseHeld);
        match self.obtain(&job, &held, &events) {
            Ok(allocated) => self.run_with(&job, allocated, held, &events),
            Err(error) => {
                held.end();
                Err(error)
            }
        }
    }

    fn obtain(&self, job: &Job, held: &HeldLease, events: &Events) -> Result<Allocated, Error> {
        let lease = self.own_lease(held, Tie::Run)?;
        let mut request = job.request.clone();
        request.host = Some(lease.process.host.clone());
        let numbered = job.numbered;
        if let Some(wait) = job.wait {
            if numbered && let Some(seen) = self.store.look() {
                request.task = unused_name(seen.cluster(), &request.task);
            }
            return self.wait_in_line(request, lease, &held.path, wait, events);
        }
        let limits = self.config.limits;
        let request = request.tied_to(Some(lease));
        let changed = self.change(self.create(), move |cluster, facts| {
            let mut request = request;
            if numbered {
                request.task = unused_name(cluster, &request.task);
            }
            allocate(cluster, &request, &limits, facts.now)
        })?;
        Ok(self.allocated(changed))
    }

    fn run_with(
        &self,
        job: &Job,
        allocated: Allocated,
        held: HeldLease,
        events: &Events,
    ) -> Result<Ran, Error> {
        let ended = self.start_and_stay(job, &allocated, &held, events);
        let task = &allocated.grant.task;
        steps::reached(Step::CommandEnded);
        let id = held.id.clone();
        if let Err(why) = self.change_first(move |cluster, _| release_lease(cluster, &id)) {
            self.tell(&Progress::NotReleased { task, why: &why });
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

    fn start_and_stay(
        &self,
        job: &Job,
        allocated: &Allocated,
        held: &HeldLease,
        events: &Events,
    ) -> Result<(Child, Exit), Error> {
        // Whoever was told to end before there was a command does so.
        while let Ok(event) = events.happened.try_recv() {
            if let Some(signal) = Events::ended_by(event) {
                return Err(Error::Interrupted { signal });
            }
        }
        self.tell(&Progress::Starting(allocated));
        steps::reached(Step::Granted);
        let mut command = command(job, &allocated.environment);
        let child = Child::spawn(&mut command, &held.file, &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        steps::reached(Step::Started);
        let mut watch = Watch::new(self, &allocated.grant, held);
        let exit = loop {
            match events.next(watch.next_look()) {
                Some(Event::ChildChanged) => {
                    if let Some(exit) = child.reap() {
                        break exit;
                    }
                }
                Some(Event::Signal(heard)) => child.pass_on(&heard),
                Some(Event::FileChanged) | None => {}
            }
            watch.look(&child);
        };
        Ok((child, exit))
    }

    /// The run around this one, and what of it this one gets; none if it is not inside of one.
    fn inside(&self, job: &Job) -> Result<Option<(Grant, Grant)>, Error> {
        let (Some(outer), Some(seen)) = (&job.outer, self.store.look()) else {
            return Ok(None);
        };
        let Some(outer) = running(seen.cluster(), outer) else {
            return Ok(None);
        };
        let request = &job.request;
        let demand = &request.demand;
        let lacks = || Refusal::OuterLacks {
            task: outer.task.clone(),
            demand: demand.clone(),
            gpus: outer.gpus.len(),
            cpus: outer.cpus,
        };
        let gpus = match &demand.gpus {
            Gpus::Count(count) => outer.gpus.get(..*count as usize).map(<[_]>::to_vec),
            Gpus::These(ids) => ids
                .iter()
                .all(|id| outer.gpus.contains(id))
                .then(|| ids.iter().copied().collect()),
        };
        let each = outer.cpus / u32::try_from(outer.gpus.len().max(1)).unwrap_or(1);
        let cpus = match demand.cpus {
            Cpus::Exactly(count) => count.get(),
            Cpus::PerGpu => each.saturating_mul(demand.gpus.count()).max(1),
        };
        match gpus.filter(|_| cpus <= outer.cpus) {
            None => Err(lacks().into()),
            Some(gpus) => {
                let inner = Grant {
                    gpus,
                    cpus,
                    ..outer.clone()
                };
                Ok(Some((outer, inner)))
            }
        }
    }

    fn run_inside(&self, job: &Job, outer: &Grant, grant: &Grant) -> Result<Ran, Error> {
        let events = Events::listen()?;
        let outer = &outer.task;
        self.tell(&Progress::Inside { outer, grant });
        let variables = environment::variables(grant, &self.config.environment);
        let mut command = command(job, &variables);
        let child = Child::spawn_plain(&mut command, &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        loop {
            match events.next(LOOK_AGAIN) {
                Some(Event::Signal(heard)) => child.pass_on(&heard),
                _ => {
                    if let Some(exit) = child.reap() {
                        return Ok(Ran { exit });
                    }
                }
            }
        }
    }
}

fn command(job: &Job, variables: &[(String, String)]) -> Command {
    let (word, arguments) = match job.command.split_first() {
        Some((word, arguments)) => (word.as_os_str(), arguments),
        None => (OsStr::new(""), &[][..]),
    };
    let mut command = Command::new(word);
    let variables = variables.iter().map(|(name, value)| (name, value));
    command.args(arguments).envs(variables);
    command
}

fn cannot_start(word: &OsStr, source: std::io::Error) -> Error {
    Error::Command {
        command: word.to_owned(),
        source,
    }
}

/// What the run has whose variables these are, if it still is one.
fn running(cluster: &Cluster, outer: &Outer) -> Option<Grant> {
    let is_run = |task: &Task| {
        task.lease
            .as_ref()
            .is_some_and(|lease| lease.tie == Tie::Run)
    };
    let (server_id, task) = cluster
        .tasks()
        .find(|(_, task)| task.id.as_str() == outer.task && is_run(task))?;
    let server = &cluster.servers()[server_id];
    let ids = outer.gpus.split(',').filter(|id| !id.is_empty());
    let gpus: Vec<GpuId> = ids.map(|id| id.parse().ok()).collect::<Option<_>>()?;
    let cpus = outer.cpus.parse().ok().filter(|cpus| *cpus <= task.cpus)?;
    let same = server.name.as_str() == outer.server
        && gpus.iter().all(|gpu| task.gpus.contains(gpu))
        && gpus.is_empty() == task.gpus.is_empty();
    same.then(|| Grant {
        gpus,
        cpus,
        ..Grant::of(task, server_id, server)
    })
}

/// Looks after the time of a command that runs.
struct Watch<'m> {
    manager: &'m Manager,
    task: &'m crate::allocator::Name,
    held: &'m HeldLease,
    end: Option<Timestamp>,
    told: Option<Timestamp>,
    killed: bool,
    stamp: Option<Stamp>,
    started: Timestamp,
    settled: bool,
}

impl<'m> Watch<'m> {
    fn new(manager: &'m Manager, grant: &'m Grant, held: &'m HeldLease) -> Self {
        Self {
            manager,
            task: &grant.task,
            held,
            end: grant.term.map(|term| term.end),
            told: None,
            killed: false,
            stamp: manager.store.stamp(),
            started: now(),
            settled: false,
        }
    }

    fn next_look(&self) -> Duration {
        let grace = self.manager.config.limits.grace;
        let next = match self.told {
            Some(told) => told.checked_add_signed(grace).filter(|_| !self.killed),
            None => self.end,
        };
        let left = next.map(|next| (next - now()).to_std().unwrap_or_default());
        let usual = if self.settled { LOOK_AGAIN } else { SETTLED };
        left.map_or(usual, |left| left.min(usual))
    }

    fn look(&mut self, child: &Child) {
        let now = now();
        let since = (now - self.started).to_std().unwrap_or_default();
        if since >= SETTLED && !self.settled {
            self.settled = true;
            if system::has_open(child.id(), &self.held.file) {
                // Only those in other containers would miss it.
                let _ = self.held.note_kept();
            }
        }
        self.look_for_new_end();
        let Some(end) = self.end.filter(|end| *end <= now) else {
            return;
        };
        let task = self.task;
        let grace = self.manager.config.limits.grace;
        match self.told {
            None => {
                self.told = Some(now.max(end));
                child.end(false);
                let grace = grace.num_seconds();
                self.manager.tell(&Progress::TimeOver { task, grace });
            }
            Some(told) if !self.killed && now - told >= grace => {
                self.killed = true;
                child.end(true);
                self.manager.tell(&Progress::Killed { task });
            }
            Some(_) => {}
        }
    }

    /// Somebody may have renewed it meanwhile.
    fn look_for_new_end(&mut self) {
        let stamp = self.manager.store.stamp();
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        if let Some(seen) = self.manager.store.look()
            && let Some(end) = end_of(seen.cluster(), &self.held.id)
        {
            self.end = end;
        }
    }
}

fn end_of(cluster: &Cluster, id: &LeaseId) -> Option<Option<Timestamp>> {
    let is_it = |task: &Task| task.lease.as_ref().is_some_and(|lease| lease.id == *id);
    let (_, task) = cluster.tasks().find(|(_, task)| is_it(task))?;
    Some(task.term.map(|term| term.end))
}
