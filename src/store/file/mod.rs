//! The state in one JSON file.
//!
//! A transaction locks, loads, calls the function, checks, saves and unlocks. A save replaces the file whole
//! or not at all. Reading takes no lock.

mod codec;
mod lock;
mod paths;
mod read;
mod room;
mod save;
mod snapshot;
mod sweep;

pub use lock::{LockWait, WaitNotice};
pub(crate) use lock::{check_locks, make_shared};
pub use paths::StatePaths;
pub(crate) use paths::{LOG_FILE, REFUSED_FILE};
pub(in crate::store) use snapshot::Text;

use super::error::{Damage, NotAState, StoreError};
use super::{
    Change, Committed, IfAbsent, Replacement, Revision, Saved, Snapshot, StateStore, typed,
};
use crate::allocator::{Cluster, Timestamp};
use crate::steps::{self, Step};
use lock::Guard;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One state file, with the lock beside it.
#[derive(Clone)]
pub struct FileStore {
    paths: StatePaths,
    wait: LockWait,
}

impl FileStore {
    /// The state file at this path; nothing is opened yet.
    ///
    /// # Errors
    /// The path leads nowhere: a loop of links, or no current folder.
    pub fn new(state: &Path, lock_timeout: Duration) -> Result<Self, StoreError> {
        Ok(Self::at(StatePaths::of(state)?, lock_timeout))
    }

    /// The state file with these paths; nothing is opened yet.
    pub(crate) fn at(paths: StatePaths, lock_timeout: Duration) -> Self {
        Self {
            paths,
            wait: LockWait::new(lock_timeout),
        }
    }

    /// Calls this once if the lock is not free within a second.
    #[must_use]
    pub fn on_wait(mut self, notice: WaitNotice) -> Self {
        self.wait.notice = Some(notice);
        self
    }

    /// Trusts locks also where they may hold on this machine only.
    #[must_use]
    pub fn allow_local_locks(mut self, allow: bool) -> Self {
        self.wait.allow_local = allow;
        self
    }

    /// Where the file and its lock are.
    pub fn paths(&self) -> &StatePaths {
        &self.paths
    }

    /// Runs the function on the state under the lock, as [`typed::update`] says.
    ///
    /// # Errors
    /// The function's own, or why the state cannot be locked, loaded or saved.
    pub fn update<T, E, F>(
        &self,
        if_absent: IfAbsent,
        now: Timestamp,
        function: F,
    ) -> Result<Saved<T>, E>
    where
        F: Fn(&mut Cluster) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let clock = Arc::new(move || now);
        let function = move |cluster: &mut Cluster, _| function(cluster);
        typed::update(self, if_absent, clock, None, function, |_, _| {})
    }
}

impl StateStore for FileStore {
    fn load(&self) -> Result<Option<Cluster>, StoreError> {
        read::patiently(&self.paths)
    }

    fn snapshot(&self) -> Option<Snapshot> {
        self.read_snapshot()
    }

    fn revision(&self) -> Option<Revision> {
        self.read_revision()
    }

    fn transact(&self, change: Change) -> Result<Committed, StoreError> {
        // Before a lock file is made beside what is no state, or where there is nothing to change.
        let is_there = read::is_there(&self.paths)?;
        if !is_there && matches!(change.if_absent, IfAbsent::Fail) {
            return Err(self.paths.missing());
        }
        let paths = self.paths.clone();
        lock::with(&self.paths, &self.wait, move |guard| {
            update(&paths, guard, change)
        })?
    }

    fn replace(&self, replacement: Arc<dyn Replacement>) -> Result<Committed, StoreError> {
        // Before a lock file is made beside what is no state.
        read::is_there(&self.paths)?;
        let paths = self.paths.clone();
        lock::with(&self.paths, &self.wait, move |guard| {
            replace(&paths, guard, &*replacement)
        })?
    }
}

fn update(paths: &StatePaths, guard: Guard, change: Change) -> Result<Committed, StoreError> {
    let Change {
        if_absent,
        known,
        transaction,
    } = change;
    steps::reached(Step::Locked);
    let at_state = |damage: Damage| NotAState::from(damage).at(&paths.state);
    let old = read::to_change(paths, guard.folder())?;
    let (mut cluster, places) = match (&old, if_absent) {
        (Some(old), _) => {
            let known = known.and_then(|known| snapshot::if_still(known, old.text()));
            let (cluster, places) = match known {
                Some(known) => known,
                None => codec::decode(old.text()).map_err(|error| error.at(&paths.state))?,
            };
            (cluster, Some(places))
        }
        (None, IfAbsent::Create(spec)) => (Cluster::fresh(&spec), None),
        (None, IfAbsent::Fail) => return Err(paths.missing()),
    };
    steps::reached(Step::Loaded);
    let Some(now) = transaction.apply(&mut cluster) else {
        return Ok(Committed::nothing());
    };
    let created = old.is_none();
    if cluster.is_edited() {
        cluster
            .check_edited()
            .map_err(|wrong| at_state(wrong.into()))?;
        let text = old.as_ref().map(read::Opened::text).zip(places.as_ref());
        let text = codec::encode(text, &cluster, now).map_err(at_state)?;
        let metadata = old.as_ref().map(read::Opened::metadata);
        save::save(paths, guard, metadata, &text, &cluster, || {
            transaction.committed(created);
        })?;
    } else {
        transaction.committed(created);
    }
    Ok(Committed {
        created,
        kept: None,
    })
}

fn replace(
    paths: &StatePaths,
    guard: Guard,
    replacement: &dyn Replacement,
) -> Result<Committed, StoreError> {
    steps::reached(Step::Locked);
    let old = read::to_replace(paths, guard.folder())?;
    let present = match read::in_folder(paths, guard.folder()) {
        Ok(present) => present,
        Err(error @ StoreError::Io { .. }) => return Err(error),
        Err(_not_a_state) => None,
    };
    steps::reached(Step::Loaded);
    let Some((cluster, now)) = replacement.apply(present) else {
        return Ok(Committed::nothing());
    };
    let text = codec::encode(None, &cluster, now)
        .map_err(|damage| NotAState::from(damage).at(&paths.state))?;
    let kept = old
        .is_some()
        .then(|| save::keep_old(paths, guard.folder(), now))
        .transpose()?;
    save::save(paths, guard, old.as_ref(), &text, &cluster, || {
        replacement.committed(kept.as_deref());
    })?;
    Ok(Committed {
        created: old.is_none(),
        kept,
    })
}
