//! The time of a command that runs.

use super::LOOK_AGAIN;
use crate::allocator::{Cluster, Grant, LeaseId, Task, Timestamp};
use crate::leases::HeldLease;
use crate::manager::{Manager, now};
use crate::store::Revision;
use crate::system;
use std::time::Duration;

/// When a command has certainly closed what it does not want of what it was given.
const SETTLED: Duration = Duration::from_secs(1);

/// Looks after the time of a command that runs.
pub(super) struct Watch<'m> {
    manager: &'m Manager,
    held: &'m HeldLease,
    /// The end that the state says.
    end_in_state: Option<Timestamp>,
    /// The end that counts.
    end: Option<Timestamp>,
    /// Whether it was told to end because of its time.
    pub(super) told: bool,
    stamp: Option<Revision>,
    started: Timestamp,
    settled: bool,
}

impl<'m> Watch<'m> {
    pub(super) fn new(manager: &'m Manager, grant: &'m Grant, held: &'m HeldLease) -> Self {
        let end_in_state = grant.term.map(|term| term.end);
        Self {
            manager,
            held,
            end_in_state,
            end: held.word().end(end_in_state),
            told: false,
            stamp: manager.store.revision(),
            started: now(),
            settled: false,
        }
    }

    pub(super) fn next_look(&self) -> Duration {
        let next = self.end.filter(|_| !self.told);
        let left = next.map(|next| (next - now()).to_std().unwrap_or_default());
        let usual = if self.settled { LOOK_AGAIN } else { SETTLED };
        left.map_or(usual, |left| left.min(usual))
    }

    /// Whether its time is over.
    pub(super) fn look(&mut self, command: u32) -> bool {
        let now = now();
        let since = (now - self.started).to_std().unwrap_or_default();
        if since >= SETTLED && !self.settled {
            self.settled = true;
            if system::has_open(command, &self.held.file) {
                // Only those in other containers would miss it.
                let _ = self.held.note_kept();
            }
        }
        self.look_for_new_end();
        self.end.is_some_and(|end| end <= now)
    }

    /// Its owner may have renewed it, and others prolonged it.
    fn look_for_new_end(&mut self) {
        let stamp = self.manager.store.revision();
        if stamp != self.stamp {
            self.stamp = stamp;
            if let Some(seen) = self.manager.store.snapshot()
                && let Some(end) = end_of(seen.cluster(), &self.held.id)
            {
                self.end_in_state = end;
            }
        }
        self.end = self.held.word().end(self.end_in_state);
    }
}

fn end_of(cluster: &Cluster, id: &LeaseId) -> Option<Option<Timestamp>> {
    let is_it = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    let (_, task) = cluster.tasks().find(|(_, task)| is_it(task))?;
    Some(task.term.map(|term| term.end))
}
