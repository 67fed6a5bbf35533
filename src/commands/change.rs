//! What all changes have in common: facts are gathered, the state becomes what it ought to be by
//! now, the change is made, and who waits gets what that left.

use crate::allocator::{Cluster, Facts, Freed, Refusal, Settled, settle};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::StateFile;
use crate::store::{IfAbsent, Seen};

/// A change that was made.
pub(super) struct Changed<T> {
    /// What came of it.
    pub(super) value: T,
    /// The state file.
    pub(super) state: StateFile,
}

impl Manager {
    /// Makes a change of the state as it ought to be by now.
    pub(super) fn change<T: Send + 'static>(
        &self,
        if_absent: IfAbsent,
        act: impl FnOnce(&mut Cluster, &Facts) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Changed<T>, Error> {
        let limits = self.config.limits;
        self.transact(if_absent, move |cluster, facts| {
            let before = settle(cluster, facts, &limits);
            let value = act(cluster, facts)?;
            Ok((value, before, settle(cluster, facts, &limits)))
        })
    }

    /// Makes a change of the state as it is written: what is over can still be given back.
    pub(super) fn change_first<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Cluster, &Facts) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Changed<T>, Error> {
        let limits = self.config.limits;
        self.transact(IfAbsent::Fail, move |cluster, facts| {
            let value = act(cluster, facts)?;
            Ok((value, Settled::default(), settle(cluster, facts, &limits)))
        })
    }

    fn transact<T: Send + 'static>(
        &self,
        if_absent: IfAbsent,
        act: impl FnOnce(&mut Cluster, &Facts) -> Result<(T, Settled, Settled), Refusal>
        + Send
        + 'static,
    ) -> Result<Changed<T>, Error> {
        let now = now();
        let seen = self.store.look();
        let facts = match seen.as_ref().map(Seen::cluster) {
            Some(cluster) => {
                self.end_overdue(cluster, now);
                self.facts(cluster, now)
            }
            None => Facts::at(now),
        };
        let manager = self.clone();
        let saved = self.store.update(if_absent, now, seen, move |cluster| {
            let (value, before, after) = act(cluster, &facts)?;
            Ok::<_, Error>((value, before, after, manager.differs(cluster)))
        })?;
        let state = self.changed_state(&saved, saved.value.3);
        let (value, before, after, _) = saved.value;
        for (whose, _) in before.granted.iter().chain(&after.granted) {
            self.store.wake(whose);
        }
        let freed: Vec<Freed> = before.freed.into_iter().chain(after.freed).collect();
        Ok(Changed {
            value,
            state: StateFile { freed, ..state },
        })
    }
}
