//! A request that waits in the queue.

use crate::allocator::model::facts::Facts;
use crate::allocator::model::lease::{Lease, LeaseId};
use crate::allocator::model::name::Name;
use crate::allocator::model::request::Request;
use crate::allocator::model::time::Timestamp;

/// A request that waits for its turn. It holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// The waiting gpumgr. A grant carries this lease.
    pub lease: Lease,
    /// The request. The task gets the lease of the request once the grant is taken.
    pub request: Request,
    /// Since when.
    pub since: Timestamp,
    /// Its place in the order of the queue; `None` if gpumgr 0.2.0 wrote it.
    pub order: Option<i64>,
    /// Until when it waits at most.
    pub until: Option<Timestamp>,
    /// The server that is kept for it, while it is the first in line.
    pub reserved: Option<Name>,
    /// A user cancelled it. It is out of the queue, and its gpumgr is about to see that.
    pub cancelled: bool,
}

impl Waiter {
    /// First come, first served. A waiter without a number counts as joined at its time; the time and
    /// the ID only tell equal numbers apart.
    pub(crate) fn turn(&self) -> (i64, Timestamp, &LeaseId) {
        (self.number(), self.since, &self.lease.id)
    }

    pub(in crate::allocator) fn number(&self) -> i64 {
        self.order.unwrap_or(self.since.timestamp_micros())
    }

    pub(in crate::allocator) fn is_over(&self, facts: &Facts) -> bool {
        facts.dead.contains(&self.lease.id) || self.until.is_some_and(|until| until <= facts.now)
    }
}
