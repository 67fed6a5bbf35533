//! Bringing a cluster up to date before each change.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::facts::Facts;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::ops::expire::{Expired, expire};
use crate::allocator::ops::observe::apply_sample;
use crate::allocator::ops::schedule::decide;
use crate::allocator::ops::steps::advance_steps;

/// What a change brought about besides what it was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advanced {
    /// Tasks that were over.
    pub freed: Vec<Expired>,
    /// Who waited, but waits no longer: its process is gone, or its time to wait is over.
    pub left: Vec<Waiter>,
    /// Who waited, and is granted now.
    pub granted: Vec<(LeaseId, Grant)>,
    /// Steps that waited, and run now.
    pub steps: Vec<LeaseId>,
}

/// Makes the cluster what it ought to be at this moment: frees what is over, drops who waits no
/// longer, and grants those who wait in order. Every change of a state does this.
pub fn advance(cluster: &mut Cluster, facts: &Facts, limits: &Limits) -> Advanced {
    apply_sample(cluster, facts);
    let freed = expire(cluster, facts);
    let is_over = |waiter: &Waiter| waiter.is_over(facts);
    let left = match cluster.queue().iter().any(is_over) {
        true => {
            let over = cluster
                .edit_queue()
                .extract_if(.., |waiter| is_over(waiter));
            over.collect()
        }
        false => Vec::new(),
    };
    let granted = decide(cluster, facts.now, limits);
    let steps = advance_steps(cluster, facts.now);
    Advanced {
        freed,
        left,
        granted,
        steps,
    }
}
