//! How much a server has free at a later moment.

use crate::allocator::model::demand::Demand;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::lease::{Lease, LeaseKind};
use crate::allocator::model::limits::Limits;
use crate::allocator::model::request::Request;
use crate::allocator::model::server::Server;
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use chrono::TimeDelta;

/// What looks free from another machine, and was not granted by one who can tell, is certain to nobody.
pub(in crate::allocator) fn certainly(
    server: &Server,
    demand: &Demand,
    now: Timestamp,
    limits: &Limits,
) -> Option<Timestamp> {
    let start = earliest(server, demand, now, limits);
    start.filter(|start| *start > now || !server.outlook.is_elsewhere())
}

/// When a server has room at the latest, if the tasks in the way have ends.
pub(in crate::allocator) fn earliest(
    server: &Server,
    demand: &Demand,
    now: Timestamp,
    limits: &Limits,
) -> Option<Timestamp> {
    let mut ends: Vec<_> = server
        .tasks
        .iter()
        .filter_map(|task| task.ends_by(limits))
        .collect();
    ends.sort_unstable();
    let times = std::iter::once(now).chain(ends.into_iter().map(|end| end.max(now)));
    times
        .into_iter()
        .find(|&time| Free::by(server, time, limits).lacks(demand, server) == (0, 0))
}

impl Task {
    /// When it has ended at the latest, if that is known.
    pub fn ends_by(&self, limits: &Limits) -> Option<Timestamp> {
        let extra = extra(self.lease.as_deref(), limits);
        self.term?.end.checked_add_signed(extra)
    }
}

/// A command has that much time to end after its term.
pub(in crate::allocator) fn extra(lease: Option<&Lease>, limits: &Limits) -> TimeDelta {
    let runs = lease.is_some_and(|lease| lease.tie == LeaseKind::Run);
    if runs {
        limits.grace
    } else {
        TimeDelta::zero()
    }
}

/// What a server has free at some moment.
#[derive(Clone)]
pub(in crate::allocator) struct Free {
    gpus: Vec<GpuId>,
    cpus: u32,
}

impl Free {
    pub(in crate::allocator) fn now(server: &Server) -> Self {
        Self {
            gpus: server.grantable().into_owned(),
            cpus: server.free_cpus,
        }
    }

    /// When all tasks that have ended by then are gone.
    pub(in crate::allocator) fn by(server: &Server, time: Timestamp, limits: &Limits) -> Self {
        let mut free = Self::now(server);
        let ended = |task: &&Task| task.ends_by(limits).is_some_and(|end| end <= time);
        for task in server.tasks.iter().filter(ended) {
            free.gpus.extend(&task.gpus);
            free.cpus += task.cpus;
        }
        free.gpus.sort_unstable();
        free
    }

    /// When this request, which has room there now, got its share.
    pub(in crate::allocator) fn without(&self, request: &Request, server: &Server) -> Self {
        let taken = request.demand.taken_from(server, &server.grantable());
        let mut left = self.clone();
        left.gpus.retain(|gpu| !taken.contains(gpu));
        left.cpus = left.cpus.saturating_sub(request.demand.cpus_on(server));
        left
    }

    /// How many GPUs and CPUs it would lack.
    pub(in crate::allocator) fn lacks(&self, demand: &Demand, server: &Server) -> (usize, u32) {
        demand.lacking(server, &self.gpus, self.cpus)
    }
}
