//! A state as it was before the lock was had.

use super::codec::{self, Places};
use super::{FileStore, read};
use crate::allocator::Cluster;
use crate::system;
use std::fs;
use std::time::SystemTime;

/// What was read without the lock. It is used under it only where the file still says the same.
pub struct Seen {
    text: String,
    cluster: Cluster,
    places: Places,
}

impl Seen {
    /// What there was.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(super) fn if_still(self, text: &str) -> Option<(Cluster, Places)> {
        (self.text == text).then_some((self.cluster, self.places))
    }
}

/// Tells whether a file may have been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: SystemTime,
    bytes: u64,
    file: Option<u64>,
}

impl FileStore {
    /// The state now, if it can be read: a look before the lock, for what must be found out
    /// without it.
    pub fn look(&self) -> Option<Seen> {
        let text = read::text(&self.place)?;
        let (cluster, places) = codec::decode(&text).ok()?;
        Some(Seen {
            text,
            cluster,
            places,
        })
    }

    /// Another one after each change, as far as the file system tells.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        // By path, because nothing is opened, and each who waits asks at each change.
        let file = fs::symlink_metadata(&self.place.state).ok()?;
        Some(Stamp {
            modified: file.modified().ok()?,
            bytes: file.len(),
            file: system::file_number(&file),
        })
    }
}
