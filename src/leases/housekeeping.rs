//! Waiters of one machine take turns at housekeeping: they notice what no other process would.

use super::Leases;
use crate::system::{self, Entry, Folder};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

/// After that long, whoever has its turn is stopped, or the file's lock is held by somebody else.
const STUCK: Duration = Duration::from_secs(2);

impl Leases {
    /// Does the work if it is due and nobody else on this machine does it. The lock is held for one
    /// round only, and one who is stopped in its round keeps nobody from it for long.
    ///
    /// True if it was this one's turn.
    pub(crate) fn in_turn(&self, host: &str, every: Duration, work: impl FnOnce()) -> bool {
        let name = self.paths.waiters(host);
        let Ok(folder) = self.paths.open() else {
            // Better twice than never.
            work();
            return true;
        };
        let is_due = || {
            let Ok(file) = folder.look(&name) else {
                return true;
            };
            // One that was just made is of no round yet.
            file.bytes == 0 || age(&file) >= every
        };
        if !is_due() {
            return false;
        }
        let Ok(file) = open_waiters_file(&folder, &name) else {
            work();
            return true;
        };
        let is_stuck = || folder.look(&name).is_ok_and(|file| age(&file) >= STUCK);
        let is_mine = (system::try_lock(&file).unwrap_or(false) && is_due()) || is_stuck();
        if is_mine {
            // Changes the file's time for all.
            let _ = file.set_len(0).and_then(|()| (&file).write_all(b"\n"));
            work();
        }
        is_mine
    }
}

fn open_waiters_file(folder: &Folder, name: &OsStr) -> io::Result<File> {
    match folder.create(name) {
        Ok(file) => {
            folder.share(&file)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => folder.open_lock_file(name),
        Err(error) => Err(error),
    }
}

/// Since its last change; for ever where clocks disagree.
fn age(file: &Entry) -> Duration {
    file.modified.elapsed().unwrap_or(Duration::MAX)
}
