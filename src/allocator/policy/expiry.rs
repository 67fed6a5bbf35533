//! When a task is over.

use crate::allocator::model::facts::Facts;
use crate::allocator::model::lease::{Lease, LeaseKind};
use crate::allocator::model::task::Task;

/// Why a task is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryReason {
    /// The process it lived with is gone.
    Ended,
    /// Its term is.
    Lapsed,
    /// The waiter that it was granted to is stopped, and did not take it.
    Untaken,
}

impl Task {
    /// Whether it is over, and why. A term alone never ends what a command runs on.
    pub fn over(&self, facts: &Facts) -> Option<ExpiryReason> {
        let lease = self.lease.as_deref();
        if lease.is_some_and(|lease| facts.dead.contains(&lease.id)) {
            return Some(ExpiryReason::Ended);
        }
        let untaken = lease.and_then(|lease| facts.untaken.get(&lease.id));
        if untaken == Some(&self.start) {
            return Some(ExpiryReason::Untaken);
        }
        let runs =
            |lease: &Lease| lease.tie == LeaseKind::Run && !facts.given_up.contains(&lease.id);
        let lapsed = self.term.is_some_and(|term| term.end <= facts.now);
        (lapsed && !lease.is_some_and(runs)).then_some(ExpiryReason::Lapsed)
    }
}
