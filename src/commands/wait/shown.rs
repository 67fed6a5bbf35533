//! What one who waits is told: its place, why it still waits, and what of a grant is not free in fact.

use super::Line;
use super::standing::granted;
use crate::allocator::{Explained, LeaseId, Why, Withheld, explain, observe};
use crate::manager::now;
use crate::progress::Progress;
use std::time::{Duration, Instant};

/// How long what was measured is good enough to explain a wait by.
const STILL_TRUE: Duration = Duration::from_secs(5);

impl Line<'_> {
    /// Its place, and why it still has to wait.
    pub(super) fn show_place(&mut self) {
        let Some((_, seen)) = &self.seen else {
            return;
        };
        let now = now();
        let limits = &self.manager.config.limits;
        let id = &self.lease.id;
        let mut queue = explain(seen.cluster(), now, limits);
        let Some(mut position) = place_of(id, &queue) else {
            return;
        };
        if queue[position].why == Why::Ready && self.manager.is_measured(seen.cluster()) {
            let old = self.measured.take();
            let old = old.filter(|(when, _)| when.elapsed() < STILL_TRUE);
            let measure = || (Instant::now(), self.manager.all_facts(seen.cluster(), now));
            let (when, facts) = old.unwrap_or_else(measure);
            let mut cluster = seen.cluster().clone();
            observe(&mut cluster, &facts);
            queue = explain(&cluster, now, limits);
            position = place_of(id, &queue).unwrap_or(position);
            self.measured = Some((when, facts));
        }
        let waiting = &queue[position];
        self.why = Some(waiting.why.clone());
        self.manager.tell(&Progress::Waiting {
            waiting,
            now,
            place: position + 1,
            of: queue.len(),
        });
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
