//! Housekeeping: what none of those who wait would notice alone.
//!
//! The housekeeper frees what ended, and wakes those who must look: because they are no longer in the
//! queue, or because they are among the first of their machine by now.

use super::Line;
use super::sleep::STANDING_BY;
use crate::allocator::{Cluster, Facts, LeaseId, Waiter, queue_order};
use crate::facts::Judged;
use crate::manager::now;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// When the next round is due: a little sooner than it comes, or the last one's housekeeper would miss
/// it.
const DUE: Duration = Duration::from_millis(400);
/// After that long without a round any waiter steps in.
const ABANDONED: Duration = Duration::from_secs(2);
/// How often the housekeeper notes who idles: a load that comes and goes must not rewrite the state all
/// the time.
const NOTES_IDLE: Duration = Duration::from_secs(30);
/// How often it looks whether those far behind in the queue live.
const ROLL_CALL: Duration = Duration::from_secs(5);

/// What a housekeeper remembers.
pub(super) struct Duties {
    /// When it last noted who idles.
    noted_idle: Instant,
    /// When it last looked at all who wait.
    called: Option<Instant>,
    /// Who waited on this machine at the last round.
    waiting: HashSet<LeaseId>,
    /// The first of them.
    first: Vec<LeaseId>,
}

impl Duties {
    pub(super) fn new() -> Self {
        Self {
            noted_idle: Instant::now(),
            called: None,
            waiting: HashSet::new(),
            first: Vec::new(),
        }
    }

    /// Of whom to find out whether they live, this time.
    fn judged(&mut self) -> Judged {
        if self.called.is_some_and(|when| when.elapsed() < ROLL_CALL) {
            return Judged::First;
        }
        self.called = Some(Instant::now());
        Judged::All
    }

    /// Whom to wake: a wake-up may have got lost, or v0.1 or another machine granted or dropped them.
    fn find_sleepers_to_wake(&mut self, cluster: &Cluster, host: &str) -> Vec<LeaseId> {
        let is_here = |waiter: &&Waiter| waiter.lease.process.host == host;
        let here = queue_order(cluster).filter(is_here);
        let here: Vec<_> = here.map(|waiter| waiter.lease.id.clone()).collect();
        let first: Vec<_> = here.iter().take(STANDING_BY).cloned().collect();
        let waiting: HashSet<_> = here.into_iter().collect();
        let gone = self.waiting.difference(&waiting);
        let new = first.iter().filter(|id| !self.first.contains(id));
        let to_wake = gone.chain(new).cloned().collect();
        (self.waiting, self.first) = (waiting, first);
        to_wake
    }
}

impl Line<'_> {
    /// Keeps house for one round, if that is due and this waiter is to.
    pub(super) fn keep_house(&mut self) {
        let due = if self.sleep.is_near() { DUE } else { ABANDONED };
        // What is this user's to end is perhaps not for the housekeeper.
        if let Some(seen) = &self.seen {
            self.manager.end_overdue(seen.cluster(), now());
        }
        let (leases, host) = (&self.manager.leases, self.host.clone());
        let keeps_house = leases.in_turn(&host, due, || self.round());
        self.sleep.keeps_house = keeps_house;
        if !keeps_house {
            // It may have missed rounds before its next one.
            self.duties.waiting.clear();
        }
        self.manager.keep_measuring(keeps_house);
    }

    fn round(&mut self) {
        if self.seen.is_none() {
            self.seen = self.manager.store.snapshot();
        }
        let Some(seen) = &self.seen else {
            return;
        };
        let notes_idle = self.duties.noted_idle.elapsed() >= NOTES_IDLE;
        if notes_idle {
            self.duties.noted_idle = Instant::now();
        }
        let (cluster, now) = (seen.cluster(), now());
        let judged = self.duties.judged();
        let facts = Facts {
            notes_idle,
            ..self.manager.all_facts_of(cluster, judged, now)
        };
        // Whatever keeps it from being saved, the next round tries again.
        if let Ok(Some(state)) = self.manager.settle_if_due(cluster, &facts) {
            self.tell_changed(state);
        }
        for id in self.duties.find_sleepers_to_wake(cluster, &self.host) {
            if id != self.lease.id {
                self.manager.leases.wake(&id);
            }
        }
    }
}
