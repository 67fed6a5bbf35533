//! What one who waits is told: its place, why it still waits, and what of a grant is not free in fact.

use super::standing::granted;
use super::{Line, STANDING_BY};
use crate::allocator::{Explained, LeaseId, Why, Withheld, explain, observe};
use crate::manager::now;
use crate::progress::Progress;
use std::time::{Duration, Instant};

/// How long what was measured is good enough to explain a wait by.
const STILL_TRUE: Duration = Duration::from_secs(5);

impl Line<'_> {
    /// Its place, and why it still has to wait.
    pub(super) fn show_place(&mut self) {
        let Some((position, queue)) = self.explained(STILL_TRUE) else {
            return;
        };
        self.why = Some(queue[position].why.clone());
        self.manager.tell(&Progress::Waiting {
            waiting: &queue[position],
            now: now(),
            place: position + 1,
            of: queue.len(),
        });
    }

    /// Finds out anew why it still has to wait.
    pub(super) fn explain_anew(&mut self) {
        self.seen = self.manager.store.look().map(|seen| (None, seen));
        if let Some((position, queue)) = self.explained(Duration::ZERO) {
            self.why = Some(queue[position].why.clone());
        }
    }

    /// Its position, and why each who waits does, by a measurement no older than that where one may
    /// matter.
    fn explained(&mut self, old: Duration) -> Option<(usize, Vec<Explained>)> {
        let (_, seen) = self.seen.as_ref()?;
        let now = now();
        let limits = &self.manager.config.limits;
        let id = &self.lease.id;
        let queue = explain(seen.cluster(), now, limits);
        let position = place_of(id, &queue)?;
        let matters = queue[position].why == Why::Ready || self.rank < STANDING_BY || old.is_zero();
        if !matters || !self.manager.is_measured(seen.cluster()) {
            return Some((position, queue));
        }
        let known = self.measured.take();
        let known = known.filter(|(when, _)| when.elapsed() < old);
        let measure = || (Instant::now(), self.manager.all_facts(seen.cluster(), now));
        let (when, facts) = known.unwrap_or_else(measure);
        let mut cluster = seen.cluster().clone();
        observe(&mut cluster, &facts);
        self.measured = Some((when, facts));
        let queue = explain(&cluster, now, limits);
        Some((place_of(id, &queue)?, queue))
    }

    /// What of its grant is not free in fact. Whoever granted it may have measured a while ago, or on
    /// another machine.
    pub(super) fn withheld(&self) -> Option<Withheld> {
        let (_, seen) = self.seen.as_ref()?;
        let grant = granted(seen.cluster(), &self.lease.id)?;
        let (server, sample) = self.manager.measure(seen.cluster().servers()).ok()?;
        let server = &seen.cluster().servers()[server];
        if server.name != grant.server_name {
            return None;
        }
        Withheld::of(server, &sample, &grant.gpus)
    }
}

fn place_of(id: &LeaseId, queue: &[Explained]) -> Option<usize> {
    let mut places = queue.iter();
    places.position(|explained| explained.waiter.lease.id == *id)
}
