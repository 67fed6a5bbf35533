//! Who waits, and joining and leaving the queue.

use super::allocate::{Grant, admit};
use super::cluster::{Cluster, Task, Timestamp};
use super::gpus::observe;
use super::lease::{Facts, Lease, LeaseId, Tie};
use super::name::Name;
use super::order::decide;
use super::refusal::Refusal;
use super::release::Actor;
use super::request::{Limits, Request};
use super::steps::advance_steps;
use super::sweep::{Freed, sweep};

/// A request that waits for its turn. It holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Who waits; a grant carries this.
    pub lease: Lease,
    /// What for. Its own lease is what the task is tied to once the grant is taken.
    pub request: Request,
    /// Since when.
    pub since: Timestamp,
    /// Its place in the order, from [`next_order`]; `None` if gpumgr 0.2.0 wrote it.
    pub order: Option<i64>,
    /// Until when it waits at most.
    pub until: Option<Timestamp>,
    /// The server that is kept for it, while it is the first in line.
    pub reserved: Option<Name>,
    /// Somebody told it to go; it is out of the queue, and will see that it is.
    pub cancelled: bool,
}

impl Waiter {
    /// First come, first served. A waiter without a number counts as joined at its time; the time and
    /// the ID only tell equal numbers apart.
    pub(crate) fn turn(&self) -> (i64, Timestamp, &LeaseId) {
        (self.number(), self.since, &self.lease.id)
    }

    fn number(&self) -> i64 {
        self.order.unwrap_or(self.since.timestamp_micros())
    }

    fn is_over(&self, facts: &Facts) -> bool {
        facts.dead.contains(&self.lease.id) || self.until.is_some_and(|until| until <= facts.now)
    }
}

/// What a change brought about besides what it was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Tasks that were over.
    pub freed: Vec<Freed>,
    /// Who waited, but waits no longer: its process is gone, or its time to wait is over.
    pub left: Vec<Waiter>,
    /// Who waited, and is granted now.
    pub granted: Vec<(LeaseId, Grant)>,
    /// Steps that waited, and run now.
    pub steps: Vec<LeaseId>,
}

/// Makes the cluster what it ought to be at this moment: frees what is over, drops who waits no
/// longer, and grants those who wait in order. Every change of a state does this.
pub fn settle(cluster: &mut Cluster, facts: &Facts, limits: &Limits) -> Settled {
    observe(cluster, facts);
    let freed = sweep(cluster, facts);
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
    Settled {
        freed,
        left,
        granted,
        steps,
    }
}

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
pub fn claim(cluster: &mut Cluster, id: &LeaseId, tie: Option<Lease>) -> Result<(), Refusal> {
    let granted = |lease: &Lease| lease.id == *id && lease.tie != Tie::Process;
    let place = cluster.place_of(|task| task.lease.as_deref().is_some_and(granted));
    let Some((index, position)) = place else {
        return Err(Refusal::GrantLost);
    };
    cluster.edit(index).tasks[position].lease = tie.map(Box::new);
    Ok(())
}
