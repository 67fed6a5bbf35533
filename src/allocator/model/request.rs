//! A request for a new task.

use crate::allocator::model::cards::GpuKind;
use crate::allocator::model::demand::{Cpus, Demand, Gpus};
use crate::allocator::model::lease::Lease;
use crate::allocator::model::name::Name;
use crate::allocator::model::time::Timestamp;
use chrono::TimeDelta;

/// A request for resources, on behalf of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the task that will hold them.
    pub task: Name,
    /// The resources it needs.
    pub demand: Demand,
    /// The server to try first, by name or ID.
    pub prefer: Option<String>,
    /// The owner of the task; `None` for a task without an owner, as in v0.1.
    pub owner: Option<String>,
    /// The machine it must run on, by its own name; any, if none.
    pub host: Option<String>,
    /// After which time it lapses; until it is released, if none.
    pub ttl: Option<TimeDelta>,
    /// The process whose end frees the task; `None` if it is held until it is released.
    pub lease: Option<Lease>,
    /// A server where what it was granted was not free in fact: not again before that moment, whatever
    /// others see.
    pub avoids: Option<(Name, Timestamp)>,
    /// The monitor acquires it for a program, without a request of a user.
    pub automatic: bool,
}

impl Request {
    /// A request without an owner and without a preferred server.
    pub fn new(task: Name, gpus: Gpus, cpus: Cpus) -> Self {
        Self {
            task,
            demand: Demand::new(gpus, cpus),
            prefer: None,
            owner: None,
            host: None,
            ttl: None,
            lease: None,
            avoids: None,
            automatic: false,
        }
    }

    /// Tries this server first, then the others in order.
    #[must_use]
    pub fn prefer(mut self, server: impl Into<String>) -> Self {
        self.prefer = Some(server.into());
        self
    }

    /// On GPUs of this kind alone.
    #[must_use]
    pub fn on(mut self, kind: GpuKind) -> Self {
        self.demand.kind = kind;
        self
    }

    /// Records who the task belongs to.
    #[must_use]
    pub fn owned_by(mut self, owner: Option<String>) -> Self {
        self.owner = owner;
        self
    }

    /// Lapses by itself after that time.
    #[must_use]
    pub fn lapsing_after(mut self, ttl: Option<TimeDelta>) -> Self {
        self.ttl = ttl;
        self
    }

    /// Lives and dies with this.
    #[must_use]
    pub fn tied_to(mut self, lease: Option<Lease>) -> Self {
        self.lease = lease;
        self
    }
}
