//! Which server is reserved for a waiter, and what would delay it.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::Demand;
use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::lease::Lease;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::request::Request;
use crate::allocator::model::server::Server;
use crate::allocator::model::time::Timestamp;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::policy::room::{Free, certainly, earliest, extra};

/// What is kept for one of the first in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The server's position.
    pub server: usize,
    /// When it has room at the latest; none where nobody knows.
    pub start: Option<Timestamp>,
    demand: Demand,
}

impl Reservation {
    /// Whether this request, started now on the reserved server, could delay whom it is kept for.
    pub(in crate::allocator) fn is_delayed_by(
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

pub(in crate::allocator) fn reserve_another(
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
pub(in crate::allocator) fn reserve(
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
