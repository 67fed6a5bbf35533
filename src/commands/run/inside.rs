//! A run inside a run: a step, with its share of what the outer run has.

use super::ending::{Left, Running};
use super::step::Line;
use super::term::Watch;
use super::{Job, Outer, cannot_start, command, no_events};
use crate::allocator::{Grant, LeaseKind, StepRequest, release_step, same_host};
use crate::commands::events::Events;
use crate::environment;
use crate::error::Error;
use crate::facts::{Place, place};
use crate::leases::{HeldLease, Word};
use crate::manager::{Manager, now};
use crate::outcome::Ran;
use crate::progress::Progress;
use crate::system::{self, Child};
use crate::variables;

impl Manager {
    /// Whether the run that this one's variables name is around it: it is not over, is this user's, and is
    /// on this machine. The variables travel with `ssh` and `mpirun`, but mean nothing on other machines.
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
        if task.owner.is_some() && task.owner != self.user()? {
            return Ok(false);
        }
        let here = system::here();
        let host = cluster.servers()[server].host.as_deref();
        let is_here = |host: &str| same_host(host, &here.host);
        Ok(place(&lease.process, &here) == Place::Here
            && is_here(&lease.process.host)
            && host.is_none_or(is_here))
    }

    /// Runs the command as a step of that run.
    pub(super) fn run_inside(&self, job: &Job, outer: &Outer) -> Result<Ran, Error> {
        let held = self.leases.hold()?;
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
            lease: self.own_lease(held, LeaseKind::Run)?,
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
        let _ = self.leases.listen(held, events.sender.clone());
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
        let left = self.start_step(job, outer, grant, &held, events);
        if let Ok(Left {
            exit,
            is_clear: false,
        }) = left
        {
            // The next gpumgr judges by what lives on.
            return Ok(Ran { exit });
        }
        let id = held.id.clone();
        match self.change_first(move |cluster, _| release_step(cluster, &id), no_events) {
            Ok(changed) => {
                self.tell(&Progress::Changed(&changed.state));
                held.end();
            }
            // Another gpumgr was quicker, or the outer run was given back before.
            Err(why) if Self::is_lost(&why) => held.end(),
            Err(why) => self.tell(&Progress::NotReleased {
                task: &grant.task,
                why: &why,
            }),
        }
        left.map(|left| Ran { exit: left.exit })
    }

    fn start_step(
        &self,
        job: &Job,
        outer: &Outer,
        grant: &Grant,
        held: &HeldLease,
        events: Option<Events>,
    ) -> Result<Left, Error> {
        let events = events.map_or_else(Events::listen, Ok)?;
        while let Ok(event) = events.happened.try_recv() {
            if let Some(signal) = Events::ended_by(event) {
                return Err(Error::Interrupted { signal });
            }
        }
        let ttl = job.request.ttl;
        held.note_word(Word {
            deadline: ttl.and_then(|ttl| now().checked_add_signed(ttl)),
            stop: false,
        })?;
        let task = &grant.task;
        self.tell(&Progress::Inside { outer: task, grant });
        let variables = environment::variables(grant, &self.config.environment);
        let mut command = command(job, &variables, &outer.lease);
        command.env(variables::STEP, held.id.as_str());
        let child = Child::spawn_step(&mut command, &held.file, &events.sender)
            .map_err(|source| cannot_start(command.get_program(), source))?;
        // The outer run's end is not the step's: its gpumgr ends all of it.
        let own = Grant {
            term: None,
            ..grant.clone()
        };
        let watch = Watch::new(self, &own, held);
        Ok(Running::new(self, task, held, (child, events), watch).stay())
    }
}
