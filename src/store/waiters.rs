//! Those who wait take turns at looking after what nobody else would notice.

use super::FileStore;
use crate::system;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// After that long, whoever has its turn is stopped, or the file's lock is held by somebody else.
const STUCK: Duration = Duration::from_secs(2);

impl FileStore {
    /// Does the work if it is due and nobody else on this machine does it. The lock is held for one
    /// round only, and one who is stopped in its round keeps nobody from it for long.
    ///
    /// True if it was this one's turn.
    pub(crate) fn in_turn(&self, host: &str, every: Duration, work: impl FnOnce()) -> bool {
        let path = self.place.waiters(host);
        let is_due = || {
            let Ok(file) = fs::metadata(&path) else {
                return true;
            };
            // One that was just made is of no round yet.
            file.len() == 0 || age(&file) >= every
        };
        if !is_due() {
            return false;
        }
        let Ok(file) = self.open_waiters_file(&path) else {
            // Better twice than never.
            work();
            return true;
        };
        let is_stuck = || fs::metadata(&path).is_ok_and(|file| age(&file) >= STUCK);
        let is_mine = (system::try_lock(&file).unwrap_or(false) && is_due()) || is_stuck();
        if is_mine {
            // Changes the file's time for all.
            let _ = file.set_len(0).and_then(|()| (&file).write_all(b"\n"));
            work();
        }
        is_mine
    }

    fn open_waiters_file(&self, path: &PathBuf) -> io::Result<File> {
        match File::create_new(path) {
            Ok(file) => {
                let folder = fs::metadata(&self.place.folder)?;
                system::share_as_folder(&file, &folder)?;
                Ok(file)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                system::open_lock_file(path)
            }
            Err(error) => Err(error),
        }
    }
}

/// Since its last change; for ever where clocks disagree.
fn age(file: &Metadata) -> Duration {
    let since = file.modified().ok().and_then(|last| last.elapsed().ok());
    since.unwrap_or(Duration::MAX)
}
