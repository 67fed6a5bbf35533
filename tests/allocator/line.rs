//! The rule of the queue over again, as plainly as it can be said: nothing may move the moment at
//! which one of the first in line can start on the server that is kept for it.

use gpumgr::allocator::{
    Cluster, Cpus, GpuId, Gpus, LeaseKind, Limits, Request, Server, Task, Timestamp, Waiter,
    same_host,
};
use std::collections::BTreeSet;

/// What one task holds, or would.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    gpus: BTreeSet<GpuId>,
    cpus: u32,
    ends: Option<Timestamp>,
}

/// What is kept for the first in line, and what that is worth to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) waiter: Waiter,
    pub(crate) server: usize,
    pub(crate) start: Option<Timestamp>,
    /// GPUs and CPUs.
    pub(crate) lacks: (usize, u32),
}

impl Promise {
    /// Whether it has become worse for whom it was made.
    pub(crate) fn is_broken_by(&self, now: &Self) -> bool {
        match self.start {
            Some(start) => now.start.is_none_or(|later| later > start),
            None => {
                now.start.is_none()
                    && (now.server != self.server
                        || now.lacks.0 > self.lacks.0
                        || now.lacks.1 > self.lacks.1)
            }
        }
    }
}

pub(crate) fn ends(term_end: Option<Timestamp>, runs: bool, limits: &Limits) -> Option<Timestamp> {
    term_end.map(|end| if runs { end + limits.grace } else { end })
}

pub(crate) fn task_ends(task: &Task, limits: &Limits) -> Option<Timestamp> {
    let runs = task
        .lease
        .as_ref()
        .is_some_and(|lease| lease.tie == LeaseKind::Run);
    ends(task.term.map(|term| term.end), runs, limits)
}

fn shares(server: &Server, limits: &Limits) -> Vec<Share> {
    let tasks = server.tasks.iter();
    tasks
        .map(|task| Share {
            gpus: task.gpus.iter().copied().collect(),
            cpus: task.cpus,
            ends: task_ends(task, limits),
        })
        .collect()
}

pub(crate) fn cpus_wanted(request: &Request, server: &Server) -> u32 {
    match request.demand.cpus {
        Cpus::Exactly(cpus) => cpus.get(),
        Cpus::PerGpu => {
            let a_gpu = server.total_cpus.checked_div(server.total_gpus);
            (a_gpu.unwrap_or(0).max(1) * request.demand.gpus.count()).max(1)
        }
    }
}

/// What is free beside these.
fn free(server: &Server, shares: &[Share]) -> (BTreeSet<GpuId>, u32) {
    let all = 0..GpuId::try_from(server.total_gpus).unwrap();
    let is_free = |gpu: &GpuId| !shares.iter().any(|share| share.gpus.contains(gpu));
    let held: u32 = shares.iter().map(|share| share.cpus).sum();
    (all.filter(is_free).collect(), server.total_cpus - held)
}

fn lacks(request: &Request, server: &Server, shares: &[Share]) -> (usize, u32) {
    let (gpus, cpus) = free(server, shares);
    let gpus = match &request.demand.gpus {
        Gpus::Count(count) => (*count as usize).saturating_sub(gpus.len()),
        Gpus::These(ids) => ids.difference(&gpus).count(),
    };
    (gpus, cpus_wanted(request, server).saturating_sub(cpus))
}

/// The first moment, from now on, at which all goes that is in the way.
fn start(
    request: &Request,
    server: &Server,
    shares: &[Share],
    now: Timestamp,
) -> Option<Timestamp> {
    let ends = shares.iter().filter_map(|share| share.ends);
    let mut moments: Vec<_> = ends.filter(|&end| end > now).chain([now]).collect();
    moments.sort();
    moments.into_iter().find(|&moment| {
        let mut left = shares.to_vec();
        left.retain(|share| share.ends.is_none_or(|end| end > moment));
        lacks(request, server, &left) == (0, 0)
    })
}

/// What the request would hold there if it started now.
fn share(request: &Request, server: &Server, limits: &Limits, now: Timestamp) -> Option<Share> {
    let there = shares(server, limits);
    if !may_run(request, server) || lacks(request, server, &there) != (0, 0) {
        return None;
    }
    let runs = request
        .lease
        .as_ref()
        .is_some_and(|lease| lease.tie == LeaseKind::Run);
    let (free, _) = free(server, &there);
    Some(Share {
        gpus: match &request.demand.gpus {
            Gpus::Count(count) => free.into_iter().take(*count as usize).collect(),
            Gpus::These(ids) => ids.clone(),
        },
        cpus: cpus_wanted(request, server),
        ends: ends(request.ttl.map(|ttl| now + ttl), runs, limits),
    })
}

/// Whether it may run there some day.
pub(crate) fn may_run(request: &Request, server: &Server) -> bool {
    let at_home = match (&request.host, &server.host) {
        (Some(one), Some(other)) => same_host(one, other),
        _ => true,
    };
    at_home && !server.drain && lacks(request, server, &[]) == (0, 0)
}

/// Who is in the queue, the first in line first, and what each would hold.
pub(crate) fn in_line(cluster: &Cluster) -> Vec<Waiter> {
    let mut line: Vec<_> = cluster.queue().to_vec();
    line.retain(|waiter| !waiter.cancelled);
    line.sort_by_key(|waiter| {
        let number = waiter.order.unwrap_or(waiter.since.timestamp_micros());
        (number, waiter.since, waiter.lease.id.clone())
    });
    for waiter in &mut line {
        waiter.request.lease = Some(waiter.lease.clone());
    }
    line
}

fn could_be_served(cluster: &Cluster, waiter: &Waiter) -> bool {
    let mut names = cluster.tasks().map(|(_, task)| &task.id);
    let name_is_free = names.all(|name| *name != waiter.request.task);
    let mut servers = cluster.servers().iter();
    name_is_free && servers.any(|server| may_run(&waiter.request, server))
}

/// What the first in line is promised, on the server that is noted with it.
pub(crate) fn promise(cluster: &Cluster, now: Timestamp, limits: &Limits) -> Option<Promise> {
    let mut line = in_line(cluster).into_iter();
    let first = line.find(|waiter| could_be_served(cluster, waiter))?;
    let kept = first
        .reserved
        .as_ref()
        .expect("a server is kept for the first in line");
    let server = cluster.find_server(kept.as_str()).unwrap();
    let there = &cluster.servers()[server];
    assert!(may_run(&first.request, there));
    let shares = shares(there, limits);
    Some(Promise {
        server,
        start: start(&first.request, there, &shares, now),
        lacks: lacks(&first.request, there, &shares),
        waiter: first,
    })
}

/// For how many in line a server is kept at most.
const KEPT: usize = 4;

/// What the first ones in line are promised: each another server, and after the first only what is
/// certain.
pub(crate) fn promises(cluster: &Cluster, now: Timestamp, limits: &Limits) -> Vec<Promise> {
    let mut promises: Vec<_> = promise(cluster, now, limits).into_iter().collect();
    let Some(first) = promises.first().map(|first| first.waiter.clone()) else {
        return promises;
    };
    let name_is_free = |waiter: &Waiter| cluster.find_task(&waiter.request.task).is_none();
    let line = in_line(cluster).into_iter().filter(name_is_free);
    let after = line
        .skip_while(|waiter| waiter.lease != first.lease)
        .skip(1);
    for waiter in after.take(KEPT - 1) {
        let request = &waiter.request;
        let is_open = |server: usize| promises.iter().all(|kept| kept.server != server);
        let servers = cluster.servers().iter().enumerate();
        let certain = servers
            .filter(|(index, server)| is_open(*index) && may_run(request, server))
            .filter_map(|(index, server)| Some((certain_on(server, request, now, limits)?, index)));
        let Some((start, server)) = certain.min() else {
            break;
        };
        let there = &cluster.servers()[server];
        promises.push(Promise {
            server,
            start: Some(start),
            lacks: lacks(request, there, &shares(there, limits)),
            waiter,
        });
    }
    promises
}

/// The moment that is certain for the request on that server.
pub(crate) fn certain_on(
    server: &Server,
    request: &Request,
    now: Timestamp,
    limits: &Limits,
) -> Option<Timestamp> {
    start(request, server, &shares(server, limits), now)
}

/// The earliest moment that is certain for the request on any server.
pub(crate) fn certain(
    cluster: &Cluster,
    request: &Request,
    now: Timestamp,
    limits: &Limits,
) -> Option<Timestamp> {
    let servers = cluster.servers().iter();
    let open = servers.filter(|server| may_run(request, server));
    open.filter_map(|server| certain_on(server, request, now, limits))
        .min()
}

/// Whether there is room for the request on any server, whoever waits.
pub(crate) fn has_room(
    cluster: &Cluster,
    request: &Request,
    limits: &Limits,
    now: Timestamp,
) -> bool {
    let mut servers = cluster.servers().iter();
    servers.any(|server| share(request, server, limits, now).is_some())
}

/// Whether the request could start now and leave all promises as good as they are.
pub(crate) fn could_start(
    cluster: &Cluster,
    request: &Request,
    promises: &[Promise],
    limits: &Limits,
    now: Timestamp,
) -> bool {
    let servers = cluster.servers().iter().enumerate();
    servers
        .filter_map(|(index, server)| Some((index, server, share(request, server, limits, now)?)))
        .any(|(index, server, share)| {
            promises
                .iter()
                .filter(|promise| promise.server == index)
                .all(|promise| {
                    let first = &promise.waiter.request;
                    let mut there = shares(server, limits);
                    there.push(share.clone());
                    let then = Promise {
                        start: start(first, server, &there, now),
                        lacks: lacks(first, server, &there),
                        ..promise.clone()
                    };
                    !promise.is_broken_by(&then)
                })
        })
}
