//! A run inside a run: a step, with its share of what the outer run has.

use super::step::Line;
use super::{Job, LOOK_AGAIN, Outer, cannot_start, command};
use crate::allocator::{Grant, LeaseId, StepRequest, Tie, release_step, same_host};
use crate::commands::events::Events;
use crate::environment;
use crate::error::Error;
use crate::facts::{Place, place};
use crate::manager::Manager;
use crate::outcome::Ran;
use crate::progress::Progress;
use crate::store::{HeldLease, LeaseSeen};
use crate::system::{self, Child, Event, Exit};
use std::time::{Duration, Instant};

/// How long what is ending together with the command may take to do so.
const LAST_BREATH: Duration = Duration::from_millis(100);
/// How often that is looked at.
const LOOK_AGAIN_SOON: Duration = Duration::from_millis(5);
/// When a command has certainly closed what it does not want of what it was given.
const SETTLED: Duration = Duration::from_secs(1);

impl Manager {
    /// Whether the run that this one's variables name is around it: it is not over, and is on this
    /// machine. The variables travel with `ssh` and `mpirun`, but mean nothing on other machines.
    pub(super) fn is_inside(&self, outer: &Outer) -> Result<bool, Error> {
        let Some(cluster) = self.store.load()? else {
            return Ok(false);
        };
        let Some((server, task)) = cluster.find_run(&outer.lease) else {
            return Ok(false);
        };
        let Some(lease) = task.lease.as_deref() else {
            return Ok(false);
        };
        let here = system::here();
        let host = cluster.servers()[server].host.as_deref();
        let is_here = |host: &str| same_host(host, &here.host);
        Ok(place(&lease.process, &here) == Place::Here
            && is_here(&lease.process.host)
            && host.is_none_or(is_here))
    }

    /// Runs the command as a step of that run.
    pub(super) fn run_inside(&self, job: &Job, outer: &Outer) -> Result<Ran, Error> {
        let held = self.store.hold_lease()?;
        let mut events = None;
        match self.take_step(job, outer, &held, &mut events) {
            Ok(grant) => self.run_step(job, outer, &grant, held, events),
            Err(error) => {
                held.end();
                Err(error)
            }
        }
    }

    fn take_step(
        &self,
        job: &Job,
        outer: &Outer,
        held: &HeldLease,
        events: &mut Option<Events>,
    ) -> Result<Grant, Error> {
        let request = StepRequest {
            run: outer.lease.clone(),
            step: outer.step.clone(),
            lease: self.own_lease(held, Tie::Run)?,
            demand: job.request.demand.clone(),
            waits: job.wait.is_some(),
        };
        let mut line = Line::new(self, request, job.wait);
        if let Some(grant) = line.take()? {
            return Ok(grant);
        }
        // Not sooner: until then a signal ends it as ever.
        let events = events.insert(Events::listen()?);
        // Without wake-ups it looks by itself.
        let _ = self.store.listen(held, events.sender.clone());
        line.stand(events)
    }

    fn run_step(
        &self,
        job: &Job,
        outer: &Outer,
        grant: &Grant,
        held: HeldLease,
        events: Option<Events>,
    ) -> Result<Ran, Error> {
        let ended = self.start_step(job, outer, grant, &held, events);
        let id = held.id.clone();
        // Closed, so that only what the command left holds the lock.
        drop(held);
        let ran = ended.map(|exit| Ran { exit });
        let outer = &grant.task;
        if self.is_held_on(&id) {
            // The next gpumgr judges by the lease.
            self.tell(&Progress::StepLivesOn { outer, grant });
            return ran;
        }
        match self.change_first(move |cluster, _| release_step(cluster, &id), no_events) {
            Ok(changed) => self.tell(&Progress::Changed(&changed.state)),
            // Another gpumgr was quicker, or the outer run was given back before.
            Err(why) if Self::is_lost(&why) => {}
            Err(why) => self.tell(&Progress::NotReleased {
                task: outer,
                why: &why,
            }),
        }
        ran
    }

    /// Whether processes hold that lease that do not end together with the command.
    fn is_held_on(&self, id: &LeaseId) -> bool {
        let give_up = Instant::now() + LAST_BREATH;
        while matches!(self.store.look_at_lease(id), LeaseSeen::Held(_)) {
            if give_up <= Instant::now() {
                return true;
            }
            std::thread::sleep(LOOK_AGAIN_SOON);
        }
        false
    }

    fn start_step(
        &self,
        job: &Job,
        outer: &Outer,
        grant: &Grant,
        held: &HeldLease,
        events: Option<Events>,
    ) -> Result<Exit, Error> {
        let events = events.map_or_else(Events::listen, Ok)?;
        while let Ok(event) = events.happened.try_recv() {
            if let Some(signal) = Events::ended_by(event) {
                return Err(Error::Interrupted { signal });
            }
        }
        let task = &grant.task;
        self.tell(&Progress::Inside { outer: task, grant });
        let variables = environment::variables(grant, &self.config.environment);
        let mut command = command(job, &variables, &outer.lease);
        command.env(environment::STEP, held.id.as_str());
        let child = Child::spawn_step(&mut command, &held.file, &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        // What the terminal sent before there was a command did not reach it.
        while let Ok(event) = events.happened.try_recv() {
            if let Event::Signal(heard) = event {
                child.pass_on(&heard.for_gpumgr_alone());
            }
        }
        let mut next_look = SETTLED;
        loop {
            if let Some(exit) = child.reap() {
                return Ok(exit);
            }
            match events.next(next_look) {
                Some(Event::Signal(heard)) => child.pass_on(&heard),
                Some(_) => {}
                None => {
                    if next_look == SETTLED && system::has_open(child.id(), &held.file) {
                        // Only gpumgr in another container would miss it.
                        let _ = held.note_kept();
                    }
                    next_look = LOOK_AGAIN;
                }
            }
        }
    }
}

/// The log tells of runs, not of their steps.
pub(super) fn no_events<T>(_: &T, _: crate::allocator::Timestamp) -> Vec<crate::journal::Event> {
    Vec::new()
}
