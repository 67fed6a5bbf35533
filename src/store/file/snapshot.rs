//! The state as it was before the lock was taken.

use super::codec::{self, Places};
use super::{FileStore, read};
use crate::allocator::Cluster;
use crate::store::{Revision, Snapshot};
use crate::system;
use std::fs;
use std::time::UNIX_EPOCH;

/// The text of a snapshot, and the places in it. Under the lock the snapshot is used if the file still has
/// this text.
pub(in crate::store) struct Text {
    text: String,
    places: Places,
}

impl FileStore {
    pub(super) fn read_snapshot(&self) -> Option<Snapshot> {
        let text = read::text(&self.paths)?;
        let (cluster, places) = codec::decode(&text).ok()?;
        Some(Snapshot {
            cluster,
            text: Some(Text { text, places }),
        })
    }

    /// Changes with the file's number, size and time of change.
    pub(super) fn read_revision(&self) -> Option<Revision> {
        // By path, because nothing is opened, and each waiter asks at each change.
        let file = fs::symlink_metadata(&self.paths.state).ok()?;
        let modified = file.modified().ok()?;
        let nanos = match modified.duration_since(UNIX_EPOCH) {
            Ok(since) => i128::try_from(since.as_nanos()).ok()?,
            Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
        };
        Some(Revision {
            number: nanos,
            bytes: file.len(),
            file: system::file_number(&file),
        })
    }
}

/// The cluster of the snapshot with its places, if the file still has its text.
pub(super) fn if_still(snapshot: Snapshot, now: &str) -> Option<(Cluster, Places)> {
    let Text { text, places } = snapshot.text?;
    (text == now).then_some((snapshot.cluster, places))
}
