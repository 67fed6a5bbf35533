//! Where the state is kept.
//!
//! A [`StateStore`] loads a cluster and changes it by transactions. [`FileStore`] keeps it in one JSON file,
//! [`MemoryStore`] in this process.

mod error;
mod file;
mod memory;
mod typed;

pub use error::{Action, Damage, Large, StoreError};
pub use file::{FileStore, LockWait, StatePaths, WaitNotice};
pub(crate) use file::{LOG_FILE, REFUSED_FILE, check_locks, make_shared};
pub use memory::MemoryStore;
pub use typed::{Clock, replace, update};

use crate::allocator::{Cluster, ClusterSpec, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place that keeps one state.
pub trait StateStore: Send + Sync {
    /// The state now, without waiting for a change that is under way; `None` if there is none yet.
    ///
    /// # Errors
    /// The state cannot be read, or is of a version that this gpumgr does not know.
    fn load(&self) -> Result<Option<Cluster>, StoreError>;

    /// The state now, to decide on before a transaction; `None` if it cannot be read.
    fn snapshot(&self) -> Option<Snapshot>;

    /// The revision of the state now; `None` if there is no state.
    fn revision(&self) -> Option<Revision>;

    /// Changes the state, or leaves it as it is if the transaction refuses or changes nothing.
    ///
    /// # Errors
    /// The state cannot be locked, loaded or saved. It is as it was.
    fn transact(&self, change: Change) -> Result<Committed, StoreError>;

    /// Lays the state anew, whatever the store holds. A store that can keeps what was there.
    ///
    /// # Errors
    /// The state cannot be locked, read or saved.
    fn replace(&self, replacement: Arc<dyn Replacement>) -> Result<Committed, StoreError>;
}

/// One change of the state.
pub struct Change {
    /// The action if there is no state yet.
    pub if_absent: IfAbsent,
    /// A snapshot that saves time if the state is still the same.
    pub known: Option<Snapshot>,
    /// The change itself.
    pub transaction: Arc<dyn Transaction>,
}

/// The action if there is no state yet.
#[derive(Clone, Debug)]
pub enum IfAbsent {
    /// Begin with this cluster, nothing running.
    Create(ClusterSpec),
    /// Fail with [`StoreError::Missing`], making nothing.
    Fail,
}

/// A change as a store runs it.
pub trait Transaction: Send + Sync {
    /// Changes the cluster; returns the time of the change, or `None` to leave the state as it is.
    ///
    /// It must have no other effect: a store calls it again if another change came first.
    fn apply(&self, cluster: &mut Cluster) -> Option<Timestamp>;

    /// The state has what `apply` last made of it; no other change has come since. `created` if it was the
    /// first state of all.
    fn committed(&self, created: bool);
}

/// A replacement of the whole state as a store runs it.
pub trait Replacement: Send + Sync {
    /// Makes a new cluster of the present one, which is `None` if there is no state, or none that can be read.
    /// Returns it with the time, or `None` to leave the state as it is.
    fn apply(&self, present: Option<Cluster>) -> Option<(Cluster, Timestamp)>;

    /// The state is replaced; the old one was kept there.
    fn committed(&self, kept: Option<&Path>);
}

/// The result of a transaction, as a store tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// This made the first state of all.
    pub created: bool,
    /// Where the replaced state was kept.
    pub kept: Option<PathBuf>,
}

impl Committed {
    fn nothing() -> Self {
        Self {
            created: false,
            kept: None,
        }
    }
}

/// The result of a transaction, with the value of its function.
#[derive(Clone, Debug)]
pub struct Saved<T> {
    /// The value that the function returned.
    pub value: T,
    /// This made the first state of all.
    pub created: bool,
    /// Where the replaced state was kept.
    pub kept: Option<PathBuf>,
}

/// The state at one moment.
pub struct Snapshot {
    cluster: Cluster,
    /// The text and its places, by which the file store uses the snapshot again.
    text: Option<file::Text>,
}

impl Snapshot {
    /// The cluster at that moment.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

/// A mark that differs after each change, as far as the store can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    number: i128,
    bytes: u64,
    file: Option<u64>,
}
