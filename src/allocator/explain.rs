//! Why those who wait, wait.

use super::allocate::why_not;
use super::cluster::{Cluster, GpuId, Timestamp};
use super::name::Name;
use super::order::{choose, in_order, reservation};
use super::queue::Waiter;
use super::refusal::{Nearest, Refusal};
use super::request::Limits;

/// One who waits, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Who waits, and for what.
    pub waiter: Waiter,
    /// Why not yet.
    pub why: Why,
}

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is room, and whoever acts next grants it.
    Ready,
    /// A task of that name must end first.
    NameTaken,
    /// All servers that are large enough are draining.
    Draining,
    /// No server is large enough any longer.
    Impossible,
    /// There is room, but it is kept for somebody earlier.
    Behind {
        /// The first in line.
        task: Name,
        /// The server that is kept for it.
        server: Name,
    },
    /// There is no room.
    Lacks {
        /// The server that is kept for it, if it is the first in line, else the one that lacks least.
        nearest: Nearest,
        /// When there is room at the latest, if that is known and it is the first in line.
        start: Option<Timestamp>,
        /// What runs there, what ends first at the latest first.
        holders: Vec<Holding>,
    },
}

/// A task that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub task: Name,
    /// Whose.
    pub owner: Option<String>,
    /// Its GPUs.
    pub gpus: Vec<GpuId>,
    /// Its CPUs.
    pub cpus: u32,
    /// When it has ended at the latest, if that is known.
    pub ends_by: Option<Timestamp>,
}

/// Why each who waits does, the first in line first.
pub fn explain(cluster: &Cluster, now: Timestamp, limits: &Limits) -> Vec<Explained> {
    let first = reservation(cluster, now, limits);
    let queue = in_order(cluster).into_iter();
    queue
        .map(|waiter| Explained {
            why: why(cluster, &waiter, first.as_ref(), now, limits),
            waiter,
        })
        .collect()
}

fn why(
    cluster: &Cluster,
    waiter: &Waiter,
    first: Option<&(Waiter, super::Reservation)>,
    now: Timestamp,
    limits: &Limits,
) -> Why {
    if cluster.find_task(&waiter.request.task).is_some() {
        return Why::NameTaken;
    }
    let request = waiter.request.clone().tied_to(Some(waiter.lease.clone()));
    let kept = first.filter(|(first, _)| first.lease.id == waiter.lease.id);
    let others = first.filter(|_| kept.is_none());
    let kept_for_others = others.map(|(_, kept)| kept);
    if choose(cluster, &request, kept_for_others, now, limits).is_some() {
        return Why::Ready;
    }
    if let (Some(_), Some((first, kept))) = (choose(cluster, &request, None, now, limits), others) {
        return Why::Behind {
            task: first.request.task.clone(),
            server: cluster.servers()[kept.server].name.clone(),
        };
    }
    if let Some((_, kept)) = kept {
        let nearest = Nearest::new(
            kept.server,
            &cluster.servers()[kept.server],
            &request.demand,
        );
        return lacks(cluster, nearest, kept.start, limits);
    }
    match why_not(cluster.servers(), &request) {
        Refusal::Insufficient(shortage) => match shortage.nearest {
            Some(nearest) => lacks(cluster, nearest, None, limits),
            None => Why::Draining,
        },
        _ => Why::Impossible,
    }
}

fn lacks(cluster: &Cluster, nearest: Nearest, start: Option<Timestamp>, limits: &Limits) -> Why {
    let tasks = cluster.servers()[nearest.server_id].tasks.iter();
    let mut holders: Vec<_> = tasks
        .map(|task| Holding {
            task: task.id.clone(),
            owner: task.owner.clone(),
            gpus: task.gpus.clone(),
            cpus: task.cpus,
            ends_by: task.ends_by(limits),
        })
        .collect();
    holders.sort_by_key(|holder| (holder.ends_by.is_none(), holder.ends_by));
    Why::Lacks {
        nearest,
        start,
        holders,
    }
}
