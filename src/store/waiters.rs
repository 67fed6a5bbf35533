//! Those who wait take turns at looking after what nobody else would notice.

use super::FileStore;
use super::lock::try_lock;
use crate::system;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Those of one machine share this file.
const PREFIX: &str = ".resource.waiters-";

impl FileStore {
    /// Does the work if it is due and nobody else on this machine does it. The lock is held for one
    /// round only, so that a stopped process keeps nobody from it for long.
    ///
    /// True if it was this one's turn.
    pub(crate) fn in_turn(&self, host: &str, every: Duration, work: impl FnOnce()) -> bool {
        let path = self.waiters_file(host);
        let is_due = || {
            let Ok(file) = fs::metadata(&path) else {
                return true;
            };
            let last = file.modified().ok().and_then(|last| last.elapsed().ok());
            // One that was just made is of no round yet.
            file.len() == 0 || last.is_none_or(|since| since >= every)
        };
        if !is_due() {
            return false;
        }
        let Ok(file) = self.open_waiters_file(&path) else {
            // Better twice than never.
            work();
            return true;
        };
        let is_mine = try_lock(&file).unwrap_or(false) && is_due();
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

    fn waiters_file(&self, host: &str) -> PathBuf {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let host: String = host.chars().map(plain).take(64).collect();
        self.place.folder.join(format!("{PREFIX}{host}"))
    }
}
