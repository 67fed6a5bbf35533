//! What one pass through the queue finds out once, so that thousands of like requests cost little more
//! than one.
//!
//! Room only shrinks within a pass: where a request found none, a later one that asks for the same finds
//! none either. Nothing here decides anything that [`super::order`] would decide otherwise without it.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::Demand;
use crate::allocator::model::lease::{Lease, LeaseKind};
use crate::allocator::model::limits::{Limits, QuotaExceeded};
use crate::allocator::model::name::Name;
use crate::allocator::model::request::Request;
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::choice::choose;
use crate::allocator::policy::quotas::Held;
use crate::allocator::policy::reservation::Reservation;
use chrono::TimeDelta;
use std::collections::{HashMap, HashSet};

/// What decides whether any server has room for a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::allocator) struct Need {
    demand: Demand,
    host: Option<String>,
}

/// What besides its name, its owner and its turn decides where a request is granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::allocator) struct Class {
    need: Need,
    prefer: Option<String>,
    avoids: Option<(Name, Timestamp)>,
    ttl: Option<TimeDelta>,
    runs: bool,
    lease_host: Option<String>,
}

/// What a pass knows by now.
pub(in crate::allocator) struct Pass {
    books: Books,
    /// The most GPUs that were free on one server when the pass began.
    most_free: usize,
    /// No server has room for these.
    full: HashSet<Need>,
    /// No server can ever be kept for these.
    homeless: HashSet<Need>,
    /// These found no room but what is kept for others; a grant can change that.
    stuck: HashSet<Class>,
}

/// The names of all tasks, and what each user holds.
struct Books {
    names: HashSet<Name>,
    held: HashMap<String, Held>,
}

impl Need {
    pub(in crate::allocator) fn of(request: &Request) -> Self {
        Self {
            demand: request.demand.clone(),
            host: request.host.clone(),
        }
    }
}

impl Class {
    pub(in crate::allocator) fn of(request: &Request, lease: Option<&Lease>) -> Self {
        Self {
            need: Need::of(request),
            prefer: request.prefer.clone(),
            avoids: request.avoids.clone(),
            ttl: request.ttl,
            runs: lease.is_some_and(|lease| lease.tie == LeaseKind::Run),
            lease_host: lease.map(|lease| lease.process.host.clone()),
        }
    }
}

impl Pass {
    pub(in crate::allocator) fn over(cluster: &Cluster) -> Self {
        let free = cluster
            .servers()
            .iter()
            .map(|server| server.free_gpus.len());
        Self {
            books: Books::of(cluster),
            most_free: free.max().unwrap_or(0),
            full: HashSet::new(),
            homeless: HashSet::new(),
            stuck: HashSet::new(),
        }
    }

    /// Whether only room, and who was there before, can keep this request waiting. What else does is no
    /// matter of room, so nothing is kept for it meanwhile.
    pub(in crate::allocator) fn may_start(&self, request: &Request, limits: &Limits) -> bool {
        !self.is_named(&request.task) && self.over_cap(request, limits).is_none()
    }

    /// Whether a task has that name.
    pub(in crate::allocator) fn is_named(&self, task: &Name) -> bool {
        self.books.names.contains(task)
    }

    /// The cap that keeps the request from being granted now.
    pub(in crate::allocator) fn over_cap(
        &self,
        request: &Request,
        limits: &Limits,
    ) -> Option<QuotaExceeded> {
        let owner = request.owner.as_deref()?;
        let held = self.books.held.get(owner).copied().unwrap_or_default();
        let asked = request.demand.gpus.count();
        limits.caps.exceeded_by(held, request.automatic, asked)
    }

    /// As [`choose`].
    pub(in crate::allocator) fn choose(
        &mut self,
        cluster: &Cluster,
        request: &Request,
        lease: &Lease,
        kept: &[Reservation],
        now: Timestamp,
        limits: &Limits,
    ) -> Option<usize> {
        if request.demand.gpus.count() as usize > self.most_free {
            return None;
        }
        let class = Class::of(request, Some(lease));
        if self.full.contains(&class.need) || self.stuck.contains(&class) {
            return None;
        }
        let server = choose(cluster, request, Some(lease), kept, now, limits);
        if server.is_none() {
            let mut servers = cluster.servers().iter();
            if servers.any(|server| request.has_room_on(server)) {
                self.stuck.insert(class);
            } else {
                self.full.insert(class.need);
            }
        }
        server
    }

    /// Notes a grant: the room that it took may have been all that would have delayed others.
    pub(in crate::allocator) fn note_grant(&mut self, task: &Task) {
        self.stuck.clear();
        self.books.add(task);
    }

    /// Whether no server can ever be kept for the request.
    pub(in crate::allocator) fn is_homeless(&self, request: &Request) -> bool {
        !self.homeless.is_empty() && self.homeless.contains(&Need::of(request))
    }

    pub(in crate::allocator) fn note_homeless(&mut self, request: &Request) {
        self.homeless.insert(Need::of(request));
    }
}

impl Books {
    fn of(cluster: &Cluster) -> Self {
        let mut books = Self {
            names: HashSet::new(),
            held: HashMap::new(),
        };
        for (_, task) in cluster.tasks() {
            books.add(task);
        }
        books
    }

    fn add(&mut self, task: &Task) {
        self.names.insert(task.id.clone());
        let Some(owner) = &task.owner else {
            return;
        };
        match self.held.get_mut(owner) {
            Some(held) => held.add(task),
            None => {
                let mut held = Held::default();
                held.add(task);
                self.held.insert(owner.clone(), held);
            }
        }
    }
}
