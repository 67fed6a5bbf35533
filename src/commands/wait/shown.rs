//! What one who waits is told: its place, why it still waits, and what of a grant is not free in fact.

use super::Line;
use super::standing::granted;
use crate::allocator::{Stand, Unavailable, Why, apply_sample, explain_one};
use crate::manager::now;
use crate::progress::Progress;
use std::time::{Duration, Instant};

/// How long what was measured is good enough to explain a wait by.
const STILL_TRUE: Duration = Duration::from_secs(5);

impl Line<'_> {
    /// Its place, and why it still has to wait.
    pub(super) fn show_place(&mut self) {
        let Some(stand) = self.explained(STILL_TRUE) else {
            return;
        };
        self.manager.tell(&Progress::Waiting {
            waiting: &stand.explained,
            now: now(),
            place: stand.place,
            of: stand.of,
        });
        self.why = Some(stand.explained.why);
    }

    /// Finds out anew why it still has to wait.
    pub(super) fn explain_anew(&mut self) {
        self.stamp = None;
        self.seen = self.manager.store.snapshot();
        if let Some(stand) = self.explained(Duration::ZERO) {
            self.why = Some(stand.explained.why);
        }
    }

    /// Its place, and why it waits, by a measurement no older than that where one may matter.
    fn explained(&mut self, old: Duration) -> Option<Stand> {
        let seen = self.seen.as_ref()?;
        let now = now();
        let limits = &self.manager.config.limits;
        let id = &self.lease.id;
        let stand = explain_one(seen.cluster(), id, now, limits)?;
        let is_ready = stand.explained.why == Why::Ready;
        let matters = is_ready || self.sleep.is_near() || old.is_zero();
        if !matters || !self.manager.is_measured(seen.cluster()) {
            return Some(stand);
        }
        let known = self.measured.take();
        let known = known.filter(|(when, _)| when.elapsed() < old);
        let measure = || (Instant::now(), self.manager.all_facts(seen.cluster(), now));
        let (when, facts) = known.unwrap_or_else(measure);
        let mut cluster = seen.cluster().clone();
        apply_sample(&mut cluster, &facts);
        self.measured = Some((when, facts));
        explain_one(&cluster, id, now, limits)
    }

    /// What of its grant is not free in fact. Whoever granted it may have measured a while ago, or on
    /// another machine.
    pub(super) fn withheld(&self) -> Option<Unavailable> {
        let seen = self.seen.as_ref()?;
        let grant = granted(seen.cluster(), &self.lease.id)?;
        let (server, sample) = self.manager.measure(seen.cluster().servers()).ok()?;
        let server = &seen.cluster().servers()[server];
        if server.name != grant.server_name {
            return None;
        }
        Unavailable::of(server, &sample, &grant.gpus)
    }
}
