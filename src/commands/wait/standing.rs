//! How one who waits finds itself in the state.

use crate::allocator::{Cluster, Grant, LeaseId, Task, Waiter};

/// Where one who waits stands.
pub(super) enum Standing {
    Waits,
    Granted,
    Cancelled,
    /// v0.1 wrote the file without it, or somebody began anew.
    Vanished,
}

pub(super) fn standing(cluster: &Cluster, id: &LeaseId) -> Standing {
    if granted(cluster, id).is_some() {
        return Standing::Granted;
    }
    match cluster.queue().iter().find(|waiter| waiter.lease.id == *id) {
        Some(waiter) if waiter.cancelled => Standing::Cancelled,
        Some(_) => Standing::Waits,
        None => Standing::Vanished,
    }
}

/// How many wait on this machine before this one.
pub(super) fn rank(cluster: &Cluster, id: &LeaseId, host: &str) -> usize {
    let queue = cluster.queue();
    let Some(own) = queue.iter().find(|waiter| waiter.lease.id == *id) else {
        return 0;
    };
    let here = |waiter: &&Waiter| waiter.lease.process.host == host;
    let earlier = |waiter: &&Waiter| waiter.turn() < own.turn();
    queue.iter().filter(here).filter(earlier).count()
}

pub(super) fn granted(cluster: &Cluster, id: &LeaseId) -> Option<Grant> {
    let is_it = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    let (server_id, task) = cluster.tasks().find(|(_, task)| is_it(task))?;
    Some(Grant::of(task, server_id, &cluster.servers()[server_id]))
}
