//! What all changes have in common: facts are gathered, the state becomes what it ought to be by
//! now, the change is made, and who waits gets what that left.

use crate::allocator::{
    Advanced, Cluster, Expired, Facts, Refusal, Timestamp, advance, apply_sample,
};
use crate::error::Error;
use crate::facts::Judged;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::StateFile;
use crate::store::{self, IfAbsent, Snapshot, StoreError};
use crate::system;
use std::sync::Arc;

/// Whether a change is to grant something, for which it must be known what is free in fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grants {
    /// It is.
    Some,
    /// It is not, but those who wait get what it leaves.
    None,
}

/// A change that was made.
pub(super) struct Changed<T> {
    /// What came of it.
    pub(super) value: T,
    /// The state file.
    pub(super) state: StateFile,
}

impl Manager {
    /// Makes a change of the state as it ought to be by now. What comes of it by itself is noted.
    pub(super) fn change<T: Send + 'static>(
        &self,
        if_absent: IfAbsent,
        grants: Grants,
        act: impl Fn(&mut Cluster, &Facts) -> Result<T, Refusal> + Send + Sync + 'static,
    ) -> Result<Changed<T>, Error> {
        self.change_and_note(if_absent, grants, act, |_, _| Vec::new())
    }

    /// The same, with what there is to note of the change itself, as of a moment.
    pub(super) fn change_and_note<T: Send + 'static>(
        &self,
        if_absent: IfAbsent,
        grants: Grants,
        act: impl Fn(&mut Cluster, &Facts) -> Result<T, Refusal> + Send + Sync + 'static,
        events: impl Fn(&T, Timestamp) -> Vec<Event> + Send + Sync + 'static,
    ) -> Result<Changed<T>, Error> {
        let limits = self.config.limits;
        let act = move |cluster: &mut Cluster, facts: &Facts| {
            let before = advance(cluster, facts, &limits);
            let value = act(cluster, facts)?;
            let own = events(&value, facts.now);
            let after = advance(cluster, facts, &limits);
            Ok(Made {
                value,
                before,
                own,
                after,
            })
        };
        self.transact(if_absent, grants, act)
    }

    /// Makes a change of the state as it is written: what is over can still be given back.
    pub(super) fn change_first<T: Send + 'static>(
        &self,
        act: impl Fn(&mut Cluster, &Facts) -> Result<T, Refusal> + Send + Sync + 'static,
        events: impl Fn(&T, Timestamp) -> Vec<Event> + Send + Sync + 'static,
    ) -> Result<Changed<T>, Error> {
        let limits = self.config.limits;
        let act = move |cluster: &mut Cluster, facts: &Facts| {
            let value = act(cluster, facts)?;
            let own = events(&value, facts.now);
            let after = advance(cluster, facts, &limits);
            let before = Advanced::default();
            Ok(Made {
                value,
                before,
                own,
                after,
            })
        };
        self.transact(IfAbsent::Fail, Grants::None, act)
    }

    fn transact<T: Send + 'static>(
        &self,
        if_absent: IfAbsent,
        grants: Grants,
        act: impl Fn(&mut Cluster, &Facts) -> Result<Made<T>, Refusal> + Send + Sync + 'static,
    ) -> Result<Changed<T>, Error> {
        let act = Arc::new(act);
        let mut driver = Driver::Unknown;
        let mut known = None;
        // What the state holds is what the config describes, most of the time.
        if grants == Grants::Some && self.config.cluster.is_measured_on(|| system::here().host) {
            match self.find_driver() {
                Ok(()) => known = Some(self.look_around(&if_absent, grants)),
                Err(_) => driver = Driver::None,
            }
        }
        loop {
            let seen = known.as_ref().map(|(_, facts)| facts.clone());
            match self.attempt(if_absent.clone(), known, (grants, driver), Arc::clone(&act)) {
                Ok(changed) => return Ok(changed),
                Err(Stopped::ByError(error)) => {
                    if let (Error::Refused(_), Some(facts)) = (&error, seen) {
                        self.note_idle(&facts);
                    }
                    return Err(error);
                }
                Err(Stopped::NeedsFacts) => {
                    known = Some(self.look_around(&if_absent, grants));
                }
            }
        }
    }

    /// Does what is due by itself, if anything is: frees what ended, and grants those who wait.
    ///
    /// # Errors
    /// It cannot be saved; the next round may try again.
    pub(super) fn settle_if_due(
        &self,
        cluster: &Cluster,
        facts: &Facts,
    ) -> Result<Option<StateFile>, Error> {
        let mut due = cluster.clone();
        advance(&mut due, facts, &self.config.limits);
        if !due.is_edited() {
            return Ok(None);
        }
        let changed = self.change(IfAbsent::Fail, Grants::Some, |_, _| Ok(()))?;
        Ok(Some(changed.state))
    }

    /// Who is refused has seen all the same which tasks do not use what they hold. Whatever keeps it
    /// from being noted, the next one tries again.
    fn note_idle(&self, facts: &Facts) {
        let Some(seen) = self.store.snapshot().filter(|_| facts.sample.is_some()) else {
            return;
        };
        let mut cluster = seen.cluster().clone();
        apply_sample(&mut cluster, facts);
        if cluster.is_edited() {
            let facts = facts.clone();
            let note = move |cluster: &mut Cluster, _| {
                apply_sample(cluster, &facts);
                Ok::<_, StoreError>(())
            };
            let (store, absent) = (&*self.store, IfAbsent::Fail);
            let noted = store::update(store, absent, Arc::new(now), Some(seen), note, |_, _| {});
            drop(noted);
        }
    }

    /// What is known about the leases of the state as it is now, and this machine's GPUs, found out
    /// without the lock.
    fn look_around(&self, if_absent: &IfAbsent, grants: Grants) -> (Option<Snapshot>, Facts) {
        let now = now();
        let seen = self.store.snapshot();
        let facts = match (seen.as_ref().map(Snapshot::cluster), if_absent) {
            (Some(cluster), _) => {
                self.end_overdue(cluster, now);
                if grants == Grants::Some || !cluster.queue().is_empty() {
                    self.all_facts_of(cluster, Judged::First, now)
                } else {
                    self.facts_of(cluster, Judged::First, now)
                }
            }
            (None, IfAbsent::Create(spec)) => self.all_facts(&Cluster::fresh(spec), now),
            (None, IfAbsent::Fail) => Facts::at(now),
        };
        (seen, facts)
    }

    /// Whether something may have ended that nobody gave back, or be granted that is not free in
    /// fact.
    fn needs_facts(&self, cluster: &Cluster, grants: Grants, driver: Driver) -> bool {
        let may_grant = grants == Grants::Some || !cluster.queue().is_empty();
        cluster.leases().next().is_some()
            || driver == Driver::Unknown && may_grant && self.is_measured(cluster)
    }

    /// Most states have no leases, and nothing to be found out.
    fn attempt<T, F>(
        &self,
        if_absent: IfAbsent,
        known: Option<(Option<Snapshot>, Facts)>,
        (grants, driver): (Grants, Driver),
        act: Arc<F>,
    ) -> Result<Changed<T>, Stopped>
    where
        T: Send + 'static,
        F: Fn(&mut Cluster, &Facts) -> Result<Made<T>, Refusal> + Send + Sync + 'static,
    {
        let (manager, scribe) = (self.clone(), self.scribe());
        let (seen, facts) = known.map_or((None, None), |(seen, facts)| (seen, Some(facts)));
        let function = move |cluster: &mut Cluster, now| {
            let facts = match &facts {
                Some(facts) => Facts {
                    now,
                    ..facts.clone()
                },
                None if !manager.needs_facts(cluster, grants, driver) => Facts::at(now),
                None => return Err(Stopped::NeedsFacts),
            };
            let made = act(cluster, &facts).map_err(Error::from)?;
            let found = (manager.differs(cluster), manager.is_detected(cluster));
            Ok((made, found, now))
        };
        let note = move |(made, _, now): &(Made<T>, (bool, bool), Timestamp), created| {
            scribe.note_under_lock(made.events(created, *now));
        };
        let saved = store::update(&*self.store, if_absent, Arc::new(now), seen, function, note)?;
        let (differs, detected) = saved.value.1;
        let state = StateFile {
            detected,
            ..self.changed_state(&saved, differs)
        };
        let Made {
            value,
            before,
            after,
            ..
        } = saved.value.0;
        for settled in [&before, &after] {
            let granted = settled.granted.iter().map(|(whose, _)| whose);
            for whose in granted.chain(&settled.steps) {
                self.leases.wake(whose);
            }
        }
        let freed: Vec<Expired> = before.freed.iter().chain(&after.freed).cloned().collect();
        let state = StateFile { freed, ..state };
        Ok(Changed { value, state })
    }
}

/// What came of a change, and what became of others before and after it.
struct Made<T> {
    value: T,
    before: Advanced,
    own: Vec<Event>,
    after: Advanced,
}

impl<T> Made<T> {
    /// All that is to be logged of it, in order.
    fn events(&self, created: bool, now: Timestamp) -> Vec<Event> {
        let made = created.then(|| Event::new(Deed::Init, now).because("created"));
        made.into_iter()
            .chain(by_itself(&self.before, now))
            .chain(self.own.iter().cloned())
            .chain(by_itself(&self.after, now))
            .collect()
    }
}

/// What became of others.
fn by_itself(settled: &Advanced, now: Timestamp) -> impl Iterator<Item = Event> {
    let event = move |deed| Event::new(deed, now);
    let freed = settled.freed.iter();
    let freed = freed.map(move |freed| event(Deed::Free).freeing(freed));
    let left = settled.left.iter();
    let left = left.map(move |waiter| {
        let is_late = waiter.until.is_some_and(|until| until <= now);
        let why = if is_late { "waited out" } else { "ended" };
        event(Deed::Leave).leaving(waiter).because(why)
    });
    let granted = settled.granted.iter();
    let granted = granted.map(move |(_, grant)| event(Deed::Grant).granting(grant));
    freed.chain(left).chain(granted)
}

/// Whether there is anything that measures GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// There is not.
    None,
    /// Nobody has looked.
    Unknown,
}

/// Why an attempt changed nothing.
enum Stopped {
    /// The state has leases, and no facts about them were gathered yet.
    NeedsFacts,
    ByError(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::ByError(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::ByError(error.into())
    }
}
