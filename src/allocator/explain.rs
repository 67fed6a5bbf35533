//! Why those who wait, wait.

use super::allocate::why_not;
use super::cluster::{Cluster, GpuId, Timestamp};
use super::gpus::Withheld;
use super::name::Name;
use super::order::{KEPT, Reservation, choose, in_order, reservations};
use super::programs::{OverCap, over};
use super::queue::Waiter;
use super::refusal::{Nearest, Refusal};
use super::request::Limits;
use chrono::TimeDelta;

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
    /// Its user holds too many GPUs.
    OverCap(OverCap),
    /// All servers that are large enough are draining.
    Draining,
    /// No server is large enough any longer.
    Impossible,
    /// There is room, but it is kept for somebody earlier.
    Behind {
        /// Who that is.
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
        /// What is free there on paper alone.
        withheld: Option<Withheld>,
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
    /// For how long nobody has seen it use its GPUs, if that is long.
    pub idle: Option<TimeDelta>,
}

/// Why each who waits does, the first in line first.
pub fn explain(cluster: &Cluster, now: Timestamp, limits: &Limits) -> Vec<Explained> {
    let (whose, kept) = reservations(cluster, KEPT, now, limits);
    in_order(cluster)
        .map(|waiter| Explained {
            why: why(cluster, waiter, (&whose, &kept), now, limits),
            waiter: waiter.clone(),
        })
        .collect()
}

fn why(
    cluster: &Cluster,
    waiter: &Waiter,
    (whose, kept): (&[Waiter], &[Reservation]),
    now: Timestamp,
    limits: &Limits,
) -> Why {
    if cluster.find_task(&waiter.request.task).is_some() {
        return Why::NameTaken;
    }
    if let Some(over) = over(cluster, &waiter.request, &limits.caps) {
        return Why::OverCap(over);
    }
    let (request, lease) = (&waiter.request, Some(&waiter.lease));
    let own = whose
        .iter()
        .position(|other| other.lease.id == waiter.lease.id);
    let before = &kept[..own.unwrap_or(kept.len())];
    if choose(cluster, request, lease, before, now, limits).is_some() {
        return Why::Ready;
    }
    let room = choose(cluster, request, lease, &[], now, limits);
    let mut others = whose.iter().zip(before);
    if let Some((other, kept)) = others.find(|(_, kept)| room == Some(kept.server)) {
        return Why::Behind {
            task: other.request.task.clone(),
            server: cluster.servers()[kept.server].name.clone(),
        };
    }
    if let Some(kept) = kept.first().filter(|_| own == Some(0)) {
        let server = &cluster.servers()[kept.server];
        let nearest = Nearest::new(kept.server, server, &request.demand);
        let start = kept.start.filter(|start| *start > now);
        return lacks(cluster, nearest, start, now, limits);
    }
    match why_not(cluster.servers(), request) {
        Refusal::Insufficient(shortage) => match shortage.nearest {
            Some(nearest) => lacks(cluster, nearest, None, now, limits),
            None => Why::Draining,
        },
        _ => Why::Impossible,
    }
}

fn lacks(
    cluster: &Cluster,
    nearest: Nearest,
    start: Option<Timestamp>,
    now: Timestamp,
    limits: &Limits,
) -> Why {
    let server = &cluster.servers()[nearest.server_id];
    let tasks = server.tasks.iter();
    let mut holders: Vec<_> = tasks
        .map(|task| Holding {
            task: task.id.clone(),
            owner: task.owner.clone(),
            gpus: task.gpus.clone(),
            cpus: task.cpus,
            ends_by: task.ends_by(limits),
            idle: task.idle(now, limits.idle_warning),
        })
        .collect();
    holders.sort_by_key(|holder| (holder.ends_by.is_none(), holder.ends_by));
    Why::Lacks {
        nearest,
        start,
        holders,
        withheld: Withheld::on(server),
    }
}
