//! What all changes have in common: facts are gathered, the state becomes what it ought to be by
//! now, the change is made, and who waits gets what that left.

use crate::allocator::{Cluster, Facts, Freed, Refusal, Settled, settle};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::StateFile;
use crate::store::{IfAbsent, Seen, StoreError};

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
        mut act: impl FnOnce(&mut Cluster, &Facts) -> Result<(T, Settled, Settled), Refusal>
        + Send
        + 'static,
    ) -> Result<Changed<T>, Error> {
        let mut known = None;
        loop {
            match self.attempt(if_absent.clone(), known, act) {
                Ok(changed) => return Ok(changed),
                Err(Stopped::ByError(error)) => return Err(error),
                Err(Stopped::ForFacts(again)) => {
                    act = again;
                    known = Some(self.look_around());
                }
            }
        }
    }

    /// What is known about the leases of the state as it is now, found out without the lock.
    fn look_around(&self) -> (Option<Seen>, Facts) {
        let now = now();
        let seen = self.store.look();
        let facts = match seen.as_ref().map(Seen::cluster) {
            Some(cluster) => {
                self.end_overdue(cluster, now);
                self.facts(cluster, now)
            }
            None => Facts::at(now),
        };
        (seen, facts)
    }

    /// Most states have no leases, and nothing to be found out.
    fn attempt<T, F>(
        &self,
        if_absent: IfAbsent,
        known: Option<(Option<Seen>, Facts)>,
        act: F,
    ) -> Result<Changed<T>, Stopped<F>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Cluster, &Facts) -> Result<(T, Settled, Settled), Refusal> + Send + 'static,
    {
        let now = now();
        let manager = self.clone();
        let (seen, facts) = known.map_or((None, None), |(seen, facts)| (seen, Some(facts)));
        let saved = self.store.update(if_absent, now, seen, move |cluster| {
            let facts = match facts {
                Some(facts) => facts,
                None if cluster.leases().next().is_none() => Facts::at(now),
                None => return Err(Stopped::ForFacts(act)),
            };
            let (value, before, after) = act(cluster, &facts).map_err(Error::from)?;
            Ok((value, before, after, manager.differs(cluster)))
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

/// Why an attempt changed nothing.
enum Stopped<F> {
    /// There are leases, of which nothing is known yet.
    ForFacts(F),
    ByError(Error),
}

impl<F> From<Error> for Stopped<F> {
    fn from(error: Error) -> Self {
        Self::ByError(error)
    }
}

impl<F> From<StoreError> for Stopped<F> {
    fn from(error: StoreError) -> Self {
        Self::ByError(error.into())
    }
}
