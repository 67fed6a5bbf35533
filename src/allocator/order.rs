//! The order: who is granted what, and when.
//!
//! First come, first served, with a reservation for the first in line: the server where it can
//! start earliest. A later request starts before it only where that cannot delay it: on another
//! server, in what the reserved one has to spare, or if it ends before.
//!
//! The reservation stays with its server until another one is certain to be ready earlier. So
//! whoever is first in line starts at the latest when all that ran there at the moment of the
//! reservation has ended or was due to; and with `k` requests before it, nobody waits longer than
//! `k + 1` times the longest that any task is for: its term, or what it takes if it has none. A
//! command that outlives its term can double a turn; and one who gets before others only later (its
//! name was taken, its servers were draining, v0.1 dropped it) adds its own turn.

use super::allocate::{Grant, grant};
use super::cluster::{Cluster, GpuId, Server, Task, Timestamp};
use super::first_fit::first_fit_where;
use super::lease::{Lease, LeaseId, Tie};
use super::queue::Waiter;
use super::request::{Demand, Gpus, Limits, Request};
use chrono::TimeDelta;

/// What is kept for the first in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The server's position.
    pub server: usize,
    /// When it has room at the latest; none where nobody knows.
    pub start: Option<Timestamp>,
    demand: Demand,
}

/// Grants those who wait, in order, as far as there is room; returns who was granted what.
pub(super) fn decide(
    cluster: &mut Cluster,
    now: Timestamp,
    limits: &Limits,
) -> Vec<(LeaseId, Grant)> {
    let mut granted = Vec::new();
    let mut reserved: Option<(LeaseId, Reservation)> = None;
    for waiter in in_order(cluster) {
        let kept = reserved.as_ref().map(|(_, reservation)| reservation);
        if cluster.find_task(&waiter.request.task).is_some() {
            continue;
        }
        let request = waiter.request.clone().tied_to(Some(waiter.lease.clone()));
        match choose(cluster, &request, kept, now, limits) {
            Some(server) => {
                granted.push((waiter.lease.id, grant(cluster, server, &request, now)));
            }
            None if reserved.is_none() => {
                reserved = reserve(cluster, &waiter, now, limits)
                    .map(|reservation| (waiter.lease.id, reservation));
            }
            None => {}
        }
    }
    let reserved = reserved.map(|(id, kept)| (id, cluster.servers()[kept.server].name.clone()));
    record(cluster, &granted, reserved.as_ref());
    granted
}

/// Takes the granted out of the queue, and notes whose the reservation is.
fn record(
    cluster: &mut Cluster,
    granted: &[(LeaseId, Grant)],
    reserved: Option<&(LeaseId, super::Name)>,
) {
    let kept_for = |waiter: &Waiter| {
        reserved
            .filter(|(id, _)| *id == waiter.lease.id)
            .map(|(_, server)| server.clone())
    };
    let is_granted = |waiter: &Waiter| granted.iter().any(|(id, _)| *id == waiter.lease.id);
    let outdated = |waiter: &Waiter| waiter.reserved != kept_for(waiter) || is_granted(waiter);
    if cluster.queue().iter().any(outdated) {
        let queue = cluster.edit_queue();
        queue.retain(|waiter| !is_granted(waiter));
        for waiter in queue {
            waiter.reserved = kept_for(waiter);
        }
    }
}

/// Those who wait, the first in line first, in whatever order they are written down.
pub(super) fn in_order(cluster: &Cluster) -> Vec<Waiter> {
    let mut queue: Vec<_> = cluster
        .queue()
        .iter()
        .filter(|waiter| !waiter.cancelled)
        .cloned()
        .collect();
    queue.sort_by(|one, other| one.turn().cmp(&other.turn()));
    queue
}

/// The reservation of the first in line, if somebody waits whom one helps.
pub fn reservation(
    cluster: &Cluster,
    now: Timestamp,
    limits: &Limits,
) -> Option<(Waiter, Reservation)> {
    in_order(cluster).into_iter().find_map(|waiter| {
        let free = cluster.find_task(&waiter.request.task).is_none();
        let kept = free
            .then(|| reserve(cluster, &waiter, now, limits))
            .flatten();
        kept.map(|kept| (waiter, kept))
    })
}

/// First fit, but for what is kept for somebody else.
pub(super) fn choose(
    cluster: &Cluster,
    request: &Request,
    kept: Option<&Reservation>,
    now: Timestamp,
    limits: &Limits,
) -> Option<usize> {
    let preferred = request
        .prefer
        .as_ref()
        .and_then(|asked| cluster.find_server(asked));
    first_fit_where(cluster.servers(), preferred, |index, server| {
        request.has_room_on(server)
            && kept.is_none_or(|kept| {
                kept.server != index || !kept.is_delayed_by(request, server, now, limits)
            })
    })
}

impl Reservation {
    /// Whether this request, started now on the reserved server, could delay whom it is kept for.
    fn is_delayed_by(
        &self,
        request: &Request,
        server: &Server,
        now: Timestamp,
        limits: &Limits,
    ) -> bool {
        let in_time = |start| {
            let term = request.ttl.and_then(|ttl| now.checked_add_signed(ttl));
            let end = term.and_then(|end| end.checked_add_signed(request.extra_time(limits)));
            end.is_some_and(|end| end <= start)
        };
        if self.start.is_some_and(in_time) {
            return false;
        }
        let free = match self.start {
            Some(start) => Free::by(server, start, limits),
            None => Free::now(server),
        };
        free.without(request, server).lacks(&self.demand, server)
            != free.lacks(&self.demand, server)
    }
}

/// The server that the first in line is to get: the one it was promised, unless another is certain
/// to be ready earlier.
pub(super) fn reserve(
    cluster: &Cluster,
    waiter: &Waiter,
    now: Timestamp,
    limits: &Limits,
) -> Option<Reservation> {
    let request = &waiter.request;
    let candidates: Vec<_> = cluster
        .servers()
        .iter()
        .enumerate()
        .filter(|(_, server)| request.may_run_on(server))
        .map(|(index, server)| (index, earliest(server, &request.demand, now, limits)))
        .collect();
    let certain = candidates
        .iter()
        .filter_map(|&(index, start)| Some((start?, index)))
        .min();
    let is_promised =
        |index: usize| Some(&cluster.servers()[index].name) == waiter.reserved.as_ref();
    let promised = candidates
        .iter()
        .copied()
        .find(|(index, _)| is_promised(*index));
    let server = match (promised, certain) {
        (Some((index, None)), _) => index,
        (Some((index, Some(start))), Some((sooner, other))) => {
            if sooner < start {
                other
            } else {
                index
            }
        }
        (Some((index, _)), None) => index,
        (None, Some((_, index))) => index,
        (None, None) => {
            let lacks = |index: usize| request.demand.lacking_on(&cluster.servers()[index]);
            let indices = candidates.iter().map(|&(index, _)| index);
            indices.min_by_key(|&index| (lacks(index), index))?
        }
    };
    let start = candidates
        .iter()
        .find(|(index, _)| *index == server)
        .and_then(|&(_, start)| start);
    Some(Reservation {
        server,
        start,
        demand: request.demand.clone(),
    })
}

/// When a server has room at the latest, if the tasks in the way have ends.
fn earliest(
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
        let extra = extra(self.lease.as_ref(), limits);
        self.term?.end.checked_add_signed(extra)
    }
}

impl Request {
    /// A command has that much time to end after its term.
    fn extra_time(&self, limits: &Limits) -> TimeDelta {
        extra(self.lease.as_ref(), limits)
    }
}

fn extra(lease: Option<&Lease>, limits: &Limits) -> TimeDelta {
    let runs = lease.is_some_and(|lease| lease.tie == Tie::Run);
    if runs {
        limits.grace
    } else {
        TimeDelta::zero()
    }
}

/// What a server has free at some moment.
#[derive(Clone)]
struct Free {
    gpus: Vec<GpuId>,
    cpus: u32,
}

impl Free {
    fn now(server: &Server) -> Self {
        Self {
            gpus: server.free_gpus.clone(),
            cpus: server.free_cpus,
        }
    }

    /// When all tasks that have ended by then are gone.
    fn by(server: &Server, time: Timestamp, limits: &Limits) -> Self {
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
    fn without(&self, request: &Request, server: &Server) -> Self {
        let taken: Vec<_> = match &request.demand.gpus {
            Gpus::Count(count) => server
                .free_gpus
                .iter()
                .take(*count as usize)
                .copied()
                .collect(),
            Gpus::These(ids) => ids.iter().copied().collect(),
        };
        let mut left = self.clone();
        left.gpus.retain(|gpu| !taken.contains(gpu));
        left.cpus = left.cpus.saturating_sub(request.demand.cpus_on(server));
        left
    }

    /// How many GPUs and CPUs it would lack.
    fn lacks(&self, demand: &Demand, server: &Server) -> (usize, u32) {
        demand.lacking(&self.gpus, self.cpus, demand.cpus_on(server))
    }
}
