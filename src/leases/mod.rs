//! Leases: evidence on this machine of which processes live.
//!
//! Lease files, wake-ups, the turns of housekeeping and the monitor's lock belong to the machine that has
//! the processes. They are beside the state file, in files of its own.

mod format;
mod housekeeping;
mod lease;
mod monitor;
mod wake;
mod word;

pub(crate) use lease::{HeldLease, LeaseSeen, Notes, new_id};
pub(crate) use word::Word;

use crate::store::{Action, StatePaths, StoreError, check_locks};
use crate::system::Folder;

/// The leases of one state on this machine.
#[derive(Clone)]
pub(crate) struct Leases {
    paths: StatePaths,
    allow_local_locks: bool,
}

impl Leases {
    /// The leases beside that state file. Nothing is opened yet.
    pub(crate) fn beside(paths: &StatePaths, allow_local_locks: bool) -> Self {
        Self {
            paths: paths.clone(),
            allow_local_locks,
        }
    }

    /// Opens the folder to make a file in it.
    fn open_to_make(&self, action: Action) -> Result<Folder, StoreError> {
        let opened = self.paths.open();
        let folder = opened.map_err(|error| StoreError::io(action, &self.paths.folder, error))?;
        if !self.allow_local_locks {
            check_locks(&self.paths, &folder)?;
        }
        Ok(folder)
    }
}
