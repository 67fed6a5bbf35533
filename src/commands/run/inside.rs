//! A run inside a run: it gets of what the outer one has, or nothing.

use super::{Job, LOOK_AGAIN, Outer, cannot_start, command};
use crate::allocator::{Cluster, Cpus, GpuId, Gpus, Grant, Lease, LeaseId, Refusal, Tie};
use crate::commands::events::Events;
use crate::environment;
use crate::error::Error;
use crate::manager::Manager;
use crate::outcome::Ran;
use crate::progress::Progress;
use crate::system::{Child, Event};

impl Manager {
    /// The run around this one, and what of it this one gets; none if it is not inside of one.
    pub(super) fn inside(&self, job: &Job, outer: &Outer) -> Result<Option<(Grant, Grant)>, Error> {
        let Some(cluster) = self.store.load()? else {
            return Ok(None);
        };
        let Some(outer) = running(&cluster, outer) else {
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
        let cards = &cluster.servers()[outer.server_id].cards;
        let fitting = outer.gpus.iter().copied();
        let fitting: Vec<_> = fitting.filter(|gpu| demand.kind.is(cards, *gpu)).collect();
        let gpus = match &demand.gpus {
            Gpus::Count(count) => fitting.get(..*count as usize).map(<[_]>::to_vec),
            Gpus::These(ids) => ids
                .iter()
                .all(|id| fitting.contains(id))
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

    pub(super) fn run_inside(
        &self,
        job: &Job,
        run: &LeaseId,
        outer: &Grant,
        grant: &Grant,
    ) -> Result<Ran, Error> {
        let events = Events::listen()?;
        let outer = &outer.task;
        self.tell(&Progress::Inside { outer, grant });
        let variables = environment::variables(grant, &self.config.environment);
        let mut command = command(job, &variables, run);
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

/// What the run has whose variables these are, if it still is one.
fn running(cluster: &Cluster, outer: &Outer) -> Option<Grant> {
    let is_it = |lease: &Lease| lease.id == outer.lease && lease.tie == Tie::Run;
    let (server_id, task) = cluster
        .tasks()
        .find(|(_, task)| task.lease.as_deref().is_some_and(is_it))?;
    let gpus: Vec<GpuId> = environment::device_ids(&outer.gpus)?;
    let cpus = outer.cpus.parse().ok().filter(|cpus| *cpus <= task.cpus)?;
    let server = &cluster.servers()[server_id];
    gpus.iter()
        .all(|gpu| task.gpus.contains(gpu))
        .then(|| Grant {
            gpus,
            cpus,
            ..Grant::of(task, server_id, server)
        })
}
