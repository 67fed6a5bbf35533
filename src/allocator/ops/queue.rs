//! Joining and leaving the queue, and taking a grant.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::{Lease, LeaseId, LeaseKind};
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::ops::schedule::decide;
use crate::allocator::policy::admission::admit;
use crate::allocator::policy::ownership::Actor;

/// The place in the order of a request that joins now: behind the whole queue, even if the clock was
/// set back or is behind the clocks of other machines.
pub fn next_order(cluster: &Cluster, now: Timestamp) -> i64 {
    let numbers = cluster.queue().iter().map(Waiter::number);
    let behind = numbers.max().map(|last| last.saturating_add(1));
    now.timestamp_micros().max(behind.unwrap_or(i64::MIN))
}

/// Grants the request if nobody earlier has to wait longer for it, and else lets it wait.
///
/// # Errors
/// Why it can never be granted; the cluster is as it was.
pub fn enqueue(
    cluster: &mut Cluster,
    mut waiter: Waiter,
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<Grant>, Refusal> {
    admit(cluster, &mut waiter.request, limits)?;
    let id = waiter.lease.id.clone();
    cluster.edit_queue().push(waiter);
    let granted = decide(cluster, now, limits).into_iter();
    Ok(granted
        .filter(|(whose, _)| *whose == id)
        .map(|(_, grant)| grant)
        .next())
}

/// Takes a waiter out of the queue; none if it is not there.
pub fn leave(cluster: &mut Cluster, id: &LeaseId) -> Option<Waiter> {
    let position = cluster
        .queue()
        .iter()
        .position(|waiter| waiter.lease.id == *id)?;
    Some(cluster.edit_queue().remove(position))
}

/// Tells a waiter to go.
///
/// # Errors
/// Nobody waits under that name, or somebody else does.
pub fn cancel(cluster: &mut Cluster, task: &Name, actor: &Actor) -> Result<Waiter, Refusal> {
    let waits = |waiter: &Waiter| waiter.request.task == *task && !waiter.cancelled;
    let Some(position) = cluster.queue().iter().position(waits) else {
        return Err(Refusal::NotWaiting { task: task.clone() });
    };
    let waiter = &cluster.queue()[position];
    actor.may_touch(&waiter.request.task, waiter.request.owner.as_ref())?;
    let waiter = &mut cluster.edit_queue()[position];
    waiter.cancelled = true;
    waiter.reserved = None;
    Ok(waiter.clone())
}

/// Takes what was granted to a run that waited, from now on: a grant that is taken late is not withdrawn
/// by whoever saw it untaken before.
///
/// # Errors
/// Nothing is granted under this lease, or no longer.
pub fn confirm(cluster: &mut Cluster, id: &LeaseId, now: Timestamp) -> Result<(), Refusal> {
    let granted = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    let Some((index, position)) = cluster.place_of(granted) else {
        return Err(Refusal::GrantLost);
    };
    cluster.edit(index).tasks[position].start = now;
    Ok(())
}

/// Takes what was granted to a waiter: from now on the task is tied to what its request said, or
/// to nothing.
///
/// # Errors
/// Nothing is granted under this lease, or no longer.
pub fn take_grant(cluster: &mut Cluster, id: &LeaseId, tie: Option<Lease>) -> Result<(), Refusal> {
    let granted = |lease: &Lease| lease.id == *id && lease.tie != LeaseKind::Process;
    let place = cluster.place_of(|task| task.lease.as_deref().is_some_and(granted));
    let Some((index, position)) = place else {
        return Err(Refusal::GrantLost);
    };
    cluster.edit(index).tasks[position].lease = tie.map(Box::new);
    Ok(())
}
