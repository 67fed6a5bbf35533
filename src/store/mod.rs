//! The state file: the only module that knows files.
//!
//! [`FileStore::load`] reads without a lock; [`FileStore::update`] runs one pure function under
//! it: lock, load, function, check, save, unlock. A save replaces the file whole or not at all.

mod codec;
mod error;
mod lease;
mod lock;
mod monitor;
mod place;
mod read;
mod room;
mod save;
mod seen;
mod waiters;
mod wake;
mod word;

pub use error::{Action, Damage, StoreError};
pub(crate) use lease::{HeldLease, LeaseSeen, Notes, new_id};
pub(crate) use lock::make_shared;
pub use lock::{LockWait, WaitNotice};
pub use place::Place;
pub(crate) use place::{LOG_FILE, REFUSED_FILE};
pub use room::Large;
pub use seen::Seen;
pub(crate) use seen::Stamp;
pub(crate) use word::Word;

use crate::allocator::{Cluster, ClusterSpec, Timestamp};
use crate::steps::{self, Step};
use crate::system::{self, Folder, LocalLocks, OpenToOthers};
use error::NotAState;
use lock::Guard;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One state file, with the lock beside it.
#[derive(Clone)]
pub struct FileStore {
    place: Place,
    wait: LockWait,
}

/// What to do where there is no state file yet.
#[derive(Clone, Debug)]
pub enum IfAbsent {
    /// Begin with this cluster, nothing running.
    Create(ClusterSpec),
    /// Fail with [`StoreError::Missing`], making nothing.
    Fail,
}

/// What came of a transaction.
#[derive(Clone, Debug)]
pub struct Saved<T> {
    /// What the function returned.
    pub value: T,
    /// The state file was made by this.
    pub created: bool,
    /// Where the replaced file was kept.
    pub kept: Option<PathBuf>,
}

impl FileStore {
    /// The state file at this path; nothing is opened yet.
    ///
    /// # Errors
    /// The path leads nowhere: a loop of links, or no current folder.
    pub fn new(state: &Path, lock_timeout: Duration) -> Result<Self, StoreError> {
        Ok(Self {
            place: Place::of(state)?,
            wait: LockWait::new(lock_timeout),
        })
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

    /// The file system that the state is on, if its locks may hold on this machine only.
    pub fn local_locks(&self) -> Option<LocalLocks> {
        system::local_locks(&self.place.open().ok()?).ok()?
    }

    /// Whether users who are neither the owner nor in the group can open the state's folder or a file
    /// in it, and so keep its locks.
    pub fn open_to_others(&self) -> Option<OpenToOthers> {
        self.place.open().ok()?.open_to_others().ok()?
    }

    /// Opens the folder to make a file in it.
    fn open_to_make(&self, action: Action) -> Result<Folder, StoreError> {
        let failed = |error| StoreError::io(action, &self.place.folder, error);
        let folder = self.place.open().map_err(failed)?;
        self.wait.check(&self.place, &folder)?;
        Ok(folder)
    }

    /// Where the file and its lock really are.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The state now, waiting for nobody; none where there is no file yet.
    ///
    /// # Errors
    /// The file cannot be read, or is not a state this version knows.
    pub fn load(&self) -> Result<Option<Cluster>, StoreError> {
        read::patiently(&self.place)
    }

    /// Runs the function on the state under the lock, and saves what it changed. A refusal, or
    /// a function that changes nothing, leaves the file untouched.
    ///
    /// What was seen of it before only saves time.
    ///
    /// The function must have no effect but on the cluster it is given: a store may run it again, on what
    /// another change left. It may run on another thread: the one that got the lock.
    ///
    /// # Errors
    /// The function's own, or why the state cannot be locked, loaded or saved.
    pub fn update<T, E, F>(
        &self,
        if_absent: IfAbsent,
        now: Timestamp,
        seen: Option<Seen>,
        function: F,
    ) -> Result<Saved<T>, E>
    where
        F: Fn(&mut Cluster) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.transact(
            if_absent,
            move || now,
            seen,
            move |cluster, _| function(cluster),
            |_, _| {},
        )
    }

    /// The same, for a function that is told the time under the lock, and with what is to be done once the
    /// change is in place, before the lock is given back: so all is in one order.
    pub(crate) fn transact<T, E, F>(
        &self,
        if_absent: IfAbsent,
        clock: impl FnOnce() -> Timestamp + Send + 'static,
        seen: Option<Seen>,
        function: F,
        done: impl FnOnce(&T, bool) + Send + 'static,
    ) -> Result<Saved<T>, E>
    where
        F: Fn(&mut Cluster, Timestamp) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        // Before a lock file is made beside what is no state, or where there is nothing to change.
        let is_there = read::is_there(&self.place)?;
        if !is_there && matches!(if_absent, IfAbsent::Fail) {
            return Err(self.place.missing().into());
        }
        let place = self.place.clone();
        lock::with(&self.place, &self.wait, move |guard| {
            update(&place, guard, if_absent, clock(), seen, function, done)
        })?
    }

    /// Lays the state anew under the lock, whatever the file holds, which is kept beside it under
    /// a dated name. The function gets the present state: none where there is no file or it is
    /// not a state this version knows.
    ///
    /// # Errors
    /// The function's own, or why the state cannot be locked, read or saved.
    pub fn replace<T, E, F>(&self, now: Timestamp, function: F) -> Result<Saved<T>, E>
    where
        F: Fn(Option<Cluster>) -> Result<(Cluster, T), E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lay_anew(move || now, move |present, _| function(present), |_, _| {})
    }

    /// The same, told the time and followed up as [`FileStore::transact`] does. What follows is told where
    /// the replaced file was kept.
    pub(crate) fn lay_anew<T, E, F>(
        &self,
        clock: impl FnOnce() -> Timestamp + Send + 'static,
        function: F,
        done: impl FnOnce(&T, Option<&Path>) + Send + 'static,
    ) -> Result<Saved<T>, E>
    where
        F: Fn(Option<Cluster>, Timestamp) -> Result<(Cluster, T), E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        // Before a lock file is made beside what is no state.
        read::is_there(&self.place)?;
        let place = self.place.clone();
        lock::with(&self.place, &self.wait, move |guard| {
            replace(&place, guard, clock(), function, done)
        })?
    }
}

fn update<T, E: From<StoreError>>(
    place: &Place,
    guard: Guard,
    if_absent: IfAbsent,
    now: Timestamp,
    seen: Option<Seen>,
    function: impl Fn(&mut Cluster, Timestamp) -> Result<T, E>,
    done: impl FnOnce(&T, bool),
) -> Result<Saved<T>, E> {
    steps::reached(Step::Locked);
    let at_state = |damage: Damage| NotAState::from(damage).at(&place.state);
    let old = read::to_change(place, guard.folder())?;
    let (mut cluster, places) = match (&old, if_absent) {
        (Some(old), _) => {
            let seen = seen.and_then(|seen| seen.if_still(old.text()));
            let (cluster, places) = match seen {
                Some(seen) => seen,
                None => codec::decode(old.text()).map_err(|error| error.at(&place.state))?,
            };
            (cluster, Some(places))
        }
        (None, IfAbsent::Create(spec)) => (Cluster::fresh(&spec), None),
        (None, IfAbsent::Fail) => {
            return Err(place.missing().into());
        }
    };
    steps::reached(Step::Loaded);
    let value = function(&mut cluster, now)?;
    let created = old.is_none();
    if cluster.is_edited() {
        cluster
            .check_edited()
            .map_err(|wrong| at_state(wrong.into()))?;
        let text = old.as_ref().map(read::Opened::text).zip(places.as_ref());
        let text = codec::encode(text, &cluster, now).map_err(at_state)?;
        save::save(
            place,
            guard,
            old.as_ref().map(read::Opened::metadata),
            &text,
            &cluster,
            || done(&value, created),
        )?;
    } else {
        done(&value, created);
    }
    Ok(Saved {
        value,
        created,
        kept: None,
    })
}

fn replace<T, E: From<StoreError>>(
    place: &Place,
    guard: Guard,
    now: Timestamp,
    function: impl Fn(Option<Cluster>, Timestamp) -> Result<(Cluster, T), E>,
    done: impl FnOnce(&T, Option<&Path>),
) -> Result<Saved<T>, E> {
    steps::reached(Step::Locked);
    let old = read::to_replace(place, guard.folder())?;
    let present = match read::in_folder(place, guard.folder()) {
        Ok(present) => present,
        Err(StoreError::Io {
            action,
            path,
            source,
        }) => {
            return Err(StoreError::Io {
                action,
                path,
                source,
            }
            .into());
        }
        Err(_not_a_state) => None,
    };
    steps::reached(Step::Loaded);
    let (cluster, value) = function(present, now)?;
    let text = codec::encode(None, &cluster, now)
        .map_err(|damage| NotAState::from(damage).at(&place.state))?;
    let kept = old
        .is_some()
        .then(|| save::keep_old(place, guard.folder(), now))
        .transpose()?;
    save::save(place, guard, old.as_ref(), &text, &cluster, || {
        done(&value, kept.as_deref());
    })?;
    Ok(Saved {
        value,
        created: old.is_none(),
        kept,
    })
}
