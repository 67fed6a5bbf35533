//! Why those who wait, wait.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::limits::{Limits, QuotaExceeded};
use crate::allocator::model::name::Name;
use crate::allocator::model::outlook::Unavailable;
use crate::allocator::model::refusal::{Nearest, Refusal};
use crate::allocator::model::time::Timestamp;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::policy::backfill::{KEPT, queue_order, reservations};
use crate::allocator::policy::choice::choose;
use crate::allocator::policy::pass::{Class, Need, Pass};
use crate::allocator::policy::reservation::Reservation;
use crate::allocator::policy::shortage::why_not;
use chrono::TimeDelta;
use std::collections::HashMap;

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
    QuotaExceeded(QuotaExceeded),
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
        withheld: Option<Unavailable>,
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
    let mut reasons = Reasons::in_cluster(cluster, now, limits);
    queue_order(cluster)
        .map(|waiter| Explained {
            why: reasons.why(waiter),
            waiter: waiter.clone(),
        })
        .collect()
}

/// Where one waiter stands in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Why it waits.
    pub explained: Explained,
    /// Its place, counted from 1.
    pub place: usize,
    /// How many wait.
    pub of: usize,
}

/// Where the waiter with this lease stands; `None` if it does not wait. Explains no other.
pub fn explain_one(
    cluster: &Cluster,
    id: &LeaseId,
    now: Timestamp,
    limits: &Limits,
) -> Option<Stand> {
    let mut waiting = queue_order(cluster).enumerate();
    let (position, waiter) = waiting.find(|(_, waiter)| waiter.lease.id == *id)?;
    Some(Stand {
        explained: Explained {
            why: Reasons::in_cluster(cluster, now, limits).why(waiter),
            waiter: waiter.clone(),
        },
        place: position + 1,
        of: position + 1 + waiting.count(),
    })
}

/// Finds the reasons of many waiters: of like requests only once.
struct Reasons<'c> {
    cluster: &'c Cluster,
    now: Timestamp,
    limits: &'c Limits,
    pass: Pass,
    whose: Vec<Waiter>,
    kept: Vec<Reservation>,
    /// Of those for whom nothing is kept.
    known: HashMap<Class, Why>,
    /// Why requests wait that no server has room for.
    lacking: HashMap<Need, Why>,
}

impl<'c> Reasons<'c> {
    fn in_cluster(cluster: &'c Cluster, now: Timestamp, limits: &'c Limits) -> Self {
        let (whose, kept) = reservations(cluster, KEPT, now, limits);
        Self {
            cluster,
            now,
            limits,
            pass: Pass::over(cluster),
            whose,
            kept,
            known: HashMap::new(),
            lacking: HashMap::new(),
        }
    }

    fn why(&mut self, waiter: &Waiter) -> Why {
        let request = &waiter.request;
        if self.pass.is_named(&request.task) {
            return Why::NameTaken;
        }
        if let Some(over) = self.pass.over_cap(request, self.limits) {
            return Why::QuotaExceeded(over);
        }
        let is_it = |other: &Waiter| other.lease.id == waiter.lease.id;
        if let Some(own) = self.whose.iter().position(is_it) {
            return self.find(waiter, Some(own));
        }
        let class = Class::of(request, Some(&waiter.lease));
        if let Some(why) = self.known.get(&class) {
            return why.clone();
        }
        let why = self.find(waiter, None);
        self.known.insert(class, why.clone());
        why
    }

    /// Why it waits for room. Its own reservation has that position.
    fn find(&mut self, waiter: &Waiter, own: Option<usize>) -> Why {
        let (cluster, now, limits) = (self.cluster, self.now, self.limits);
        let (request, lease) = (&waiter.request, Some(&waiter.lease));
        let before = &self.kept[..own.unwrap_or(self.kept.len())];
        if choose(cluster, request, lease, before, now, limits).is_some() {
            return Why::Ready;
        }
        let room = choose(cluster, request, lease, &[], now, limits);
        let mut others = self.whose.iter().zip(before);
        if let Some((other, kept)) = others.find(|(_, kept)| room == Some(kept.server)) {
            return Why::Behind {
                task: other.request.task.clone(),
                server: cluster.servers()[kept.server].name.clone(),
            };
        }
        if let Some(kept) = self.kept.first().filter(|_| own == Some(0)) {
            let server = &cluster.servers()[kept.server];
            let nearest = Nearest::new(kept.server, server, &request.demand);
            let start = kept.start.filter(|start| *start > now);
            return lacks(cluster, nearest, start, now, limits);
        }
        let need = Need::of(request);
        let why = self.lacking.entry(need);
        let why = why.or_insert_with(|| match why_not(cluster.servers(), request) {
            Refusal::Insufficient(shortage) => match shortage.nearest {
                Some(nearest) => lacks(cluster, nearest, None, now, limits),
                None => Why::Draining,
            },
            _ => Why::Impossible,
        });
        why.clone()
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
        withheld: Unavailable::on(server),
    }
}
