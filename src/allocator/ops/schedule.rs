//! Granting the requests that wait.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::time::Timestamp;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::ops::allocate::grant;
use crate::allocator::policy::backfill::{KEPT, reserve_after, turns};
use crate::allocator::policy::pass::Pass;
use crate::allocator::policy::reservation::Reservation;
use std::collections::HashSet;

/// Grants those who wait, in order, as far as there is room; returns who was granted what.
pub(in crate::allocator) fn decide(
    cluster: &mut Cluster,
    now: Timestamp,
    limits: &Limits,
) -> Vec<(LeaseId, Grant)> {
    let mut granted = Vec::new();
    if cluster.queue().is_empty() {
        return granted;
    }
    loop {
        let (more, is_settled) = go_through(cluster, now, limits);
        granted.extend(more);
        if is_settled {
            return granted;
        }
    }
}

/// Goes through the line once. It is not settled if somebody for whom a server is kept is over a cap by
/// now, since another of their own requests was granted behind it: then others may have it.
fn go_through(
    cluster: &mut Cluster,
    now: Timestamp,
    limits: &Limits,
) -> (Vec<(LeaseId, Grant)>, bool) {
    let mut granted = Vec::new();
    let mut whose: Vec<LeaseId> = Vec::new();
    let mut kept: Vec<Reservation> = Vec::new();
    let mut keeps = true;
    let mut pass = Pass::over(cluster);
    for position in turns(cluster) {
        let waiter = &cluster.queue()[position];
        let (request, lease) = (&waiter.request, &waiter.lease);
        let server = pass.choose(cluster, request, lease, &kept, now, limits);
        // Most of a long queue ends here; the rest is only looked at for those who get something.
        if server.is_none() && !keeps {
            continue;
        }
        if !pass.may_start(request, limits) {
            continue;
        }
        if let Some(server) = server {
            let id = lease.id.clone();
            let request = request.clone().tied_to(Some(lease.clone()));
            granted.push((id, grant(cluster, server, &request, now)));
            if let Some(task) = cluster.servers()[server].tasks.last() {
                pass.note_grant(task);
            }
        } else if let Some(reservation) =
            reserve_after(&mut pass, cluster, waiter, &kept, now, limits)
        {
            whose.push(lease.id.clone());
            kept.push(reservation);
            keeps = kept.len() < KEPT;
        } else {
            keeps = kept.is_empty();
        }
    }
    let is_settled = granted.is_empty()
        || cluster
            .queue()
            .iter()
            .filter(|waiter| whose.contains(&waiter.lease.id))
            .all(|waiter| pass.may_start(&waiter.request, limits));
    let first = whose.into_iter().next().zip(kept.first());
    let reserved = first.map(|(id, kept)| (id, cluster.servers()[kept.server].name.clone()));
    record(cluster, &granted, reserved.as_ref());
    (granted, is_settled)
}

/// Takes the granted out of the queue, and notes whose the reservation is.
fn record(cluster: &mut Cluster, granted: &[(LeaseId, Grant)], reserved: Option<&(LeaseId, Name)>) {
    let kept_for = |waiter: &Waiter| {
        reserved
            .filter(|(id, _)| *id == waiter.lease.id)
            .map(|(_, server)| server.clone())
    };
    let granted: HashSet<_> = granted.iter().map(|(id, _)| id).collect();
    let is_granted = |waiter: &Waiter| granted.contains(&waiter.lease.id);
    let outdated = |waiter: &Waiter| waiter.reserved != kept_for(waiter) || is_granted(waiter);
    if cluster.queue().iter().any(outdated) {
        let queue = cluster.edit_queue();
        queue.retain(|waiter| !is_granted(waiter));
        for waiter in queue {
            waiter.reserved = kept_for(waiter);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
