//! Waiting for a share of the outer run.
//!
//! A step that waits is woken by the gpumgr that grants it. The first in line also looks for steps
//! that died, because no other gpumgr may change the state meanwhile.

use super::no_events;
use crate::allocator::{
    Cluster, Grant, Refusal, Step, StepRequest, release_step, step_grant, step_shortage, take_step,
};
use crate::commands::change::Grants;
use crate::commands::events::Events;
use crate::commands::wait::Wait;
use crate::error::Error;
use crate::manager::Manager;
use crate::progress::Progress;
use crate::store::{IfAbsent, Revision};
use std::time::{Duration, Instant};

/// How often the first in line looks by itself.
const ROUND: Duration = Duration::from_secs(1);
/// How often the others do.
const REST: Duration = Duration::from_secs(2);
/// After how many looks one that is not the first looks for dead steps, too.
const STAND_BY: u32 = 5;

/// One step that is about to be taken, or waits.
pub(super) struct Line<'m> {
    manager: &'m Manager,
    request: StepRequest,
    until: Option<Instant>,
    /// When the state was last read.
    stamp: Option<Revision>,
    /// Its place, from 1.
    place: usize,
    looks: u32,
}

impl<'m> Line<'m> {
    pub(super) fn new(manager: &'m Manager, request: StepRequest, wait: Option<Wait>) -> Self {
        let at_most = wait.and_then(|wait| wait.at_most);
        Self {
            manager,
            request,
            until: at_most.and_then(|at_most| Instant::now().checked_add(at_most)),
            stamp: None,
            place: 1,
            looks: 0,
        }
    }

    /// Takes the step, or joins those that wait.
    pub(super) fn take(&self) -> Result<Option<Grant>, Error> {
        let request = self.request.clone();
        let limits = self.manager.config.limits;
        let taken = self
            .manager
            .change(IfAbsent::Fail, Grants::None, move |cluster, facts| {
                take_step(cluster, request.clone(), &limits, facts.now)
            })?;
        Ok(taken.value)
    }

    /// Waits until it is granted.
    pub(super) fn stand(&mut self, events: &Events) -> Result<Grant, Error> {
        let result = self.wait(events);
        self.manager.tell(&Progress::WaitOver);
        result
    }

    fn wait(&mut self, events: &Events) -> Result<Grant, Error> {
        loop {
            if let Some(grant) = self.look()? {
                return Ok(grant);
            }
            match events.next(self.next_look()) {
                None => self.look_for_deaths()?,
                Some(event) => {
                    if let Some(signal) = Events::ended_by(event) {
                        self.leave();
                        return Err(Error::Interrupted { signal });
                    }
                    self.stamp = None;
                }
            }
            if self.until.is_some_and(|until| until <= Instant::now()) {
                return self.give_up();
            }
        }
    }

    fn next_look(&self) -> Duration {
        let usual = if self.place == 1 { ROUND } else { REST };
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        left.map_or(usual, |left| left.min(usual))
    }

    fn look(&mut self) -> Result<Option<Grant>, Error> {
        let stamp = self.manager.store.revision();
        if stamp.is_some() && stamp == self.stamp {
            return Ok(None);
        }
        self.stamp = stamp;
        let cluster = self.manager.store.load()?;
        let id = &self.request.lease.id;
        let found = cluster.as_ref().and_then(|cluster| cluster.find_step(id));
        let (Some(cluster), Some((_, task, own))) = (&cluster, found) else {
            // v0.1 wrote the file without it; or the outer run is over, and this says so.
            return self.take();
        };
        if let Some(grant) = step_grant(cluster, id) {
            return Ok(Some(grant));
        }
        let waits = |step: &&Step| step.parent == own.parent && step.demand().is_some();
        let line: Vec<_> = task.steps.iter().filter(waits).collect();
        let place = line.iter().position(|step| step.lease.id == *id);
        self.place = place.map_or(1, |place| place + 1);
        self.manager.tell(&Progress::WaitingInside {
            outer: &task.id,
            place: self.place,
            of: line.len(),
        });
        Ok(None)
    }

    /// Has what died taken out, if anything did.
    fn look_for_deaths(&mut self) -> Result<(), Error> {
        self.looks += 1;
        if self.place > 1 && !self.looks.is_multiple_of(STAND_BY) {
            return Ok(());
        }
        let Some(cluster) = self.manager.store.load()? else {
            return Ok(());
        };
        let others = self.other_leases(&cluster);
        if self.manager.any_dead(others.into_iter()) {
            let settled = self
                .manager
                .change(IfAbsent::Fail, Grants::None, |_, _| Ok(()));
            // If that cannot be saved, the next look tries again.
            drop(settled);
        }
        Ok(())
    }

    fn other_leases<'c>(&self, cluster: &'c Cluster) -> Vec<&'c crate::allocator::Lease> {
        let own = &self.request.lease.id;
        let task = cluster.find_step(own).map(|(_, task, _)| task);
        let steps = task.into_iter().flat_map(|task| &task.steps);
        let leases = steps.map(|step| &step.lease);
        leases.filter(|lease| lease.id != *own).collect()
    }

    /// Out of the line; a grant of the last moment is taken.
    fn give_up(&self) -> Result<Grant, Error> {
        let id = self.request.lease.id.clone();
        let left =
            self.manager.change(
                IfAbsent::Fail,
                Grants::None,
                move |cluster, _| match step_grant(cluster, &id) {
                    Some(grant) => Ok(Ok(grant)),
                    None => {
                        let shortage = step_shortage(cluster, &id).ok_or(Refusal::GrantLost)?;
                        release_step(cluster, &id)?;
                        Ok(Err(shortage))
                    }
                },
            )?;
        left.value
            .map_err(|shortage| Error::StepWaitedOut(Box::new(shortage)))
    }

    fn leave(&self) {
        let id = self.request.lease.id.clone();
        let left = self
            .manager
            .change_first(move |cluster, _| release_step(cluster, &id), no_events);
        // If that cannot be saved, the state still ends with this process.
        drop(left);
    }
}
