//! The order: who is granted what, and when.
//!
//! First come, first served, with a reservation for the first in line: the server where it can
//! start earliest. A later request starts before it only where that cannot delay it: on another
//! server, in what the reserved one has to spare, or if it ends before.
//!
//! The next in line have a server kept for them likewise, each another one, down to the first for
//! whom no server is certain to be ready: one that nobody knows the end of would stand idle.
//! Theirs is chosen anew each time, and never in the way of whoever is before them.
//!
//! The first reservation stays with its server until another one is certain to be ready earlier, or
//! something else than tasks is in the way there. Nobody is kept a server whose cards in working order
//! are too few for them. So
//! whoever is first in line starts at the latest when all that ran there at the moment of the
//! reservation has ended or was due to; and with `k` requests before it, nobody waits longer than
//! `k + 1` times the longest that any task is for: its term, or what it takes if it has none. A
//! command that outlives its term can double a turn; and one who gets before others only later (its
//! name was taken, its user was over a cap, its servers were draining, v0.1 dropped it) adds its own
//! turn. Whoever is over a cap waits for tasks of their own: nothing is kept for them, nobody waits for
//! them, and what they ask for later may be granted first if it is under the cap.

use super::allocate::{Grant, grant};
use super::cluster::{Cluster, GpuId, Server, Task, Timestamp, gpu_ids};
use super::first_fit::first_fit_where;
use super::lease::{Lease, LeaseId, Tie};
use super::pass::Pass;
use super::queue::Waiter;
use super::request::{Demand, Limits, Request};
use chrono::TimeDelta;
use std::collections::HashSet;

/// For how many in line a server is kept at most.
pub(super) const KEPT: usize = 4;

/// What is kept for one of the first in line.
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
    if cluster.queue().is_empty() {
        return granted;
    }
    loop {
        let (more, is_settled) = go_through(cluster, now, limits);
        granted.extend(more);
        if is_settled {
            return granted;
        }
    }
}

/// Goes through the line once. It is not settled if somebody for whom a server is kept is over a cap by
/// now, since another of their own requests was granted behind it: then others may have it.
fn go_through(
    cluster: &mut Cluster,
    now: Timestamp,
    limits: &Limits,
) -> (Vec<(LeaseId, Grant)>, bool) {
    let mut granted = Vec::new();
    let mut whose: Vec<LeaseId> = Vec::new();
    let mut kept: Vec<Reservation> = Vec::new();
    let mut keeps = true;
    let mut pass = Pass::over(cluster);
    for position in turns(cluster) {
        let waiter = &cluster.queue()[position];
        let (request, lease) = (&waiter.request, &waiter.lease);
        let server = pass.choose(cluster, request, lease, &kept, now, limits);
        // Most of a long queue ends here; the rest is only looked at for those who get something.
        if server.is_none() && !keeps {
            continue;
        }
        if !pass.may_start(request, limits) {
            continue;
        }
        if let Some(server) = server {
            let id = lease.id.clone();
            let request = request.clone().tied_to(Some(lease.clone()));
            granted.push((id, grant(cluster, server, &request, now)));
            if let Some(task) = cluster.servers()[server].tasks.last() {
                pass.note_grant(task);
            }
        } else if let Some(reservation) =
            reserve_after(&mut pass, cluster, waiter, &kept, now, limits)
        {
            whose.push(lease.id.clone());
            kept.push(reservation);
            keeps = kept.len() < KEPT;
        } else {
            keeps = kept.is_empty();
        }
    }
    let is_settled = granted.is_empty()
        || cluster
            .queue()
            .iter()
            .filter(|waiter| whose.contains(&waiter.lease.id))
            .all(|waiter| pass.may_start(&waiter.request, limits));
    let first = whose.into_iter().next().zip(kept.first());
    let reserved = first.map(|(id, kept)| (id, cluster.servers()[kept.server].name.clone()));
    record(cluster, &granted, reserved.as_ref());
    (granted, is_settled)
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
    let granted: HashSet<_> = granted.iter().map(|(id, _)| id).collect();
    let is_granted = |waiter: &Waiter| granted.contains(&waiter.lease.id);
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
pub fn in_order(cluster: &Cluster) -> impl Iterator<Item = &Waiter> {
    let queue = cluster.queue();
    turns(cluster).into_iter().map(|position| &queue[position])
}

/// Whether somebody waits for room.
pub fn somebody_waits(cluster: &Cluster, limits: &Limits) -> bool {
    let pass = Pass::over(cluster);
    in_order(cluster).any(|waiter| pass.may_start(&waiter.request, limits))
}

/// Where they are written down.
fn turns(cluster: &Cluster) -> Vec<usize> {
    let queue = cluster.queue();
    let waits = |&position: &usize| !queue[position].cancelled;
    let mut positions: Vec<_> = (0..queue.len()).filter(waits).collect();
    positions.sort_by_key(|&position| queue[position].turn());
    positions
}

/// The reservation of the first in line, if somebody waits whom one helps.
pub fn reservation(
    cluster: &Cluster,
    now: Timestamp,
    limits: &Limits,
) -> Option<(Waiter, Reservation)> {
    let (mut whose, mut kept) = reservations(cluster, 1, now, limits);
    whose.pop().zip(kept.pop())
}

/// All that is kept and for whom, the first in line first, for that many at most.
pub(super) fn reservations(
    cluster: &Cluster,
    at_most: usize,
    now: Timestamp,
    limits: &Limits,
) -> (Vec<Waiter>, Vec<Reservation>) {
    let (mut whose, mut kept) = (Vec::new(), Vec::new());
    if cluster.queue().is_empty() {
        return (whose, kept);
    }
    let mut pass = Pass::over(cluster);
    for waiter in in_order(cluster) {
        if kept.len() == at_most {
            break;
        }
        if !pass.may_start(&waiter.request, limits) {
            continue;
        }
        if let Some(reservation) = reserve_after(&mut pass, cluster, waiter, &kept, now, limits) {
            whose.push(waiter.clone());
            kept.push(reservation);
        } else if !kept.is_empty() {
            break;
        }
    }
    (whose, kept)
}

/// First fit, but for what is kept for somebody else. The lease is what the task would live with
/// at first.
pub(super) fn choose(
    cluster: &Cluster,
    request: &Request,
    lease: Option<&Lease>,
    kept: &[Reservation],
    now: Timestamp,
    limits: &Limits,
) -> Option<usize> {
    let preferred = request
        .prefer
        .as_ref()
        .and_then(|asked| cluster.find_server(asked));
    first_fit_where(cluster.servers(), preferred, |index, server| {
        request.has_room_on(server)
            && !server.outlook.is_for_others_to_judge(lease)
            && !request.avoids(server, now)
            && kept.iter().all(|kept| {
                kept.server != index || !kept.is_delayed_by(request, lease, server, now, limits)
            })
    })
}

impl Reservation {
    /// Whether this request, started now on the reserved server, could delay whom it is kept for.
    fn is_delayed_by(
        &self,
        request: &Request,
        lease: Option<&Lease>,
        server: &Server,
        now: Timestamp,
        limits: &Limits,
    ) -> bool {
        let in_time = |start| {
            let term = request.ttl.and_then(|ttl| now.checked_add_signed(ttl));
            let end = term.and_then(|end| end.checked_add_signed(extra(lease, limits)));
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

/// What is kept for this waiter besides what is kept for those before. Whoever is not the first in
/// line gets a server only where it is certain when that is ready.
fn reserve_after(
    pass: &mut Pass,
    cluster: &Cluster,
    waiter: &Waiter,
    kept: &[Reservation],
    now: Timestamp,
    limits: &Limits,
) -> Option<Reservation> {
    if !kept.is_empty() {
        return reserve_another(cluster, &waiter.request, kept, now, limits);
    }
    if pass.is_homeless(&waiter.request) {
        return None;
    }
    let reservation = reserve(cluster, waiter, now, limits);
    if reservation.is_none() {
        pass.note_homeless(&waiter.request);
    }
    reservation
}

fn reserve_another(
    cluster: &Cluster,
    request: &Request,
    kept: &[Reservation],
    now: Timestamp,
    limits: &Limits,
) -> Option<Reservation> {
    let is_kept = |index: usize| kept.iter().any(|kept| kept.server == index);
    let servers = cluster.servers().iter().enumerate();
    let open = servers.filter(|(index, server)| !is_kept(*index) && request.may_run_on(server));
    let certain = open.filter_map(|(index, server)| {
        Some((earliest(server, &request.demand, now, limits)?, index))
    });
    let (start, server) = certain.min()?;
    Some(Reservation {
        server,
        start: Some(start),
        demand: request.demand.clone(),
    })
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
        .filter(|(_, server)| request.may_run_on(server) && may_become_free(server, request))
        .map(|(index, server)| (index, certainly(server, &request.demand, now, limits)))
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
        // A stranger may sit there for ever.
        (Some((index, None)), Some((_, other))) if is_blocked(cluster, index, request) => other,
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

/// Whether all that it needs there will be free once all tasks have ended, unless a card stays broken.
fn may_become_free(server: &Server, request: &Request) -> bool {
    let works = |gpu: &GpuId| !server.outlook.lasting(*gpu);
    suffices_once_idle(server, request, works)
}

/// Whether something else than tasks is in the way there.
fn is_blocked(cluster: &Cluster, index: usize, request: &Request) -> bool {
    let server = &cluster.servers()[index];
    let held = |gpu: &GpuId| server.free_gpus.binary_search(gpu).is_err();
    let open = |gpu: &GpuId| held(gpu) || server.outlook.withholding(*gpu).is_none();
    !suffices_once_idle(server, request, open)
}

fn suffices_once_idle(
    server: &Server,
    request: &Request,
    is_open: impl Fn(&GpuId) -> bool,
) -> bool {
    let gpus: Vec<_> = gpu_ids(server.total_gpus).filter(is_open).collect();
    request.demand.lacking(server, &gpus, server.total_cpus) == (0, 0)
}

/// What looks free from another machine, and was not granted by one who can tell, is certain to nobody.
fn certainly(
    server: &Server,
    demand: &Demand,
    now: Timestamp,
    limits: &Limits,
) -> Option<Timestamp> {
    let start = earliest(server, demand, now, limits);
    start.filter(|start| *start > now || !server.outlook.is_elsewhere())
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
        let extra = extra(self.lease.as_deref(), limits);
        self.term?.end.checked_add_signed(extra)
    }
}

/// A command has that much time to end after its term.
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
            gpus: server.grantable().into_owned(),
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
        let taken = request.demand.taken_from(server, &server.grantable());
        let mut left = self.clone();
        left.gpus.retain(|gpu| !taken.contains(gpu));
        left.cpus = left.cpus.saturating_sub(request.demand.cpus_on(server));
        left
    }

    /// How many GPUs and CPUs it would lack.
    fn lacks(&self, demand: &Demand, server: &Server) -> (usize, u32) {
        demand.lacking(server, &self.gpus, self.cpus)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
