//! The order: who is granted what, and when.
//!
//! First come, first served, with a reservation for the first in line: the server where it can
//! start earliest. A later request starts before it only where that cannot delay it: on another
//! server, in what the reserved one has to spare, or if it ends before.
//!
//! The next in line have a server kept for them likewise, each another one, down to the first for
//! whom no server is certain to be ready: one that nobody knows the end of would stand idle.
//! Theirs is chosen anew each time, and never in the way of whoever is before them.
//!
//! The first reservation stays with its server until another one is certain to be ready earlier, or
//! something else than tasks is in the way there. Nobody is kept a server whose cards in working order
//! are too few for them. So
//! whoever is first in line starts at the latest when all that ran there at the moment of the
//! reservation has ended or was due to; and with `k` requests before it, nobody waits longer than
//! `k + 1` times the longest that any task is for: its term, or what it takes if it has none. A
//! command that outlives its term can double a turn; and one who gets before others only later (its
//! name was taken, its user was over a cap, its servers were draining, v0.1 dropped it) adds its own
//! turn. Whoever is over a cap waits for tasks of their own: nothing is kept for them, nobody waits for
//! them, and what they ask for later may be granted first if it is under the cap.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::time::Timestamp;
use crate::allocator::model::waiter::Waiter;
use crate::allocator::policy::pass::Pass;
use crate::allocator::policy::reservation::{Reservation, reserve, reserve_another};

/// For how many in line a server is kept at most.
pub(in crate::allocator) const KEPT: usize = 4;

/// Those who wait, the first in line first, in whatever order they are written down.
pub fn queue_order(cluster: &Cluster) -> impl Iterator<Item = &Waiter> {
    let queue = cluster.queue();
    turns(cluster).into_iter().map(|position| &queue[position])
}

/// Whether somebody waits for room.
pub fn has_waiters(cluster: &Cluster, limits: &Limits) -> bool {
    let pass = Pass::over(cluster);
    queue_order(cluster).any(|waiter| pass.may_start(&waiter.request, limits))
}

/// Where they are written down.
pub(in crate::allocator) fn turns(cluster: &Cluster) -> Vec<usize> {
    let queue = cluster.queue();
    let waits = |&position: &usize| !queue[position].cancelled;
    let mut positions: Vec<_> = (0..queue.len()).filter(waits).collect();
    positions.sort_by_key(|&position| queue[position].turn());
    positions
}

/// The reservation of the first in line, if somebody waits whom one helps.
pub fn reservation(
    cluster: &Cluster,
    now: Timestamp,
    limits: &Limits,
) -> Option<(Waiter, Reservation)> {
    let (mut whose, mut kept) = reservations(cluster, 1, now, limits);
    whose.pop().zip(kept.pop())
}

/// All that is kept and for whom, the first in line first, for that many at most.
pub(in crate::allocator) fn reservations(
    cluster: &Cluster,
    at_most: usize,
    now: Timestamp,
    limits: &Limits,
) -> (Vec<Waiter>, Vec<Reservation>) {
    let (mut whose, mut kept) = (Vec::new(), Vec::new());
    if cluster.queue().is_empty() {
        return (whose, kept);
    }
    let mut pass = Pass::over(cluster);
    for waiter in queue_order(cluster) {
        if kept.len() == at_most {
            break;
        }
        if !pass.may_start(&waiter.request, limits) {
            continue;
        }
        if let Some(reservation) = reserve_after(&mut pass, cluster, waiter, &kept, now, limits) {
            whose.push(waiter.clone());
            kept.push(reservation);
        } else if !kept.is_empty() {
            break;
        }
    }
    (whose, kept)
}

/// What is kept for this waiter besides what is kept for those before. Whoever is not the first in
/// line gets a server only where it is certain when that is ready.
pub(in crate::allocator) fn reserve_after(
    pass: &mut Pass,
    cluster: &Cluster,
    waiter: &Waiter,
    kept: &[Reservation],
    now: Timestamp,
    limits: &Limits,
) -> Option<Reservation> {
    if !kept.is_empty() {
        return reserve_another(cluster, &waiter.request, kept, now, limits);
    }
    if pass.is_homeless(&waiter.request) {
        return None;
    }
    let reservation = reserve(cluster, waiter, now, limits);
    if reservation.is_none() {
        pass.note_homeless(&waiter.request);
    }
    reservation
}
