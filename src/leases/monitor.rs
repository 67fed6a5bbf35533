//! One monitor for one state: a lock that lives as long as it does.

use super::Leases;
use crate::store::{Action, StoreError, make_shared};
use crate::system::{self, Folder};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// How long one that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(10);
/// No note is longer.
const MOST: u64 = 512;

impl Leases {
    /// Makes this process the only monitor, until the file is closed; who is, if another is. The note
    /// tells others who this is.
    ///
    /// # Errors
    /// The system refused.
    pub(crate) fn hold_monitor(&self, note: &str) -> Result<Result<File, String>, StoreError> {
        let name = self.paths.monitor();
        let path = self.paths.folder.join(&name);
        let failed = |error| StoreError::io(Action::Lock, &path, error);
        let folder = self.open_to_make(Action::Lock)?;
        let mut file = open(&folder, &name).map_err(failed)?;
        let give_up = Instant::now() + PATIENCE;
        while !system::try_lock(&file).map_err(failed)? {
            if Instant::now() >= give_up {
                let mut by = String::new();
                let _ = file.take(MOST).read_to_string(&mut by);
                return Ok(Err(by.trim().to_owned()));
            }
            std::thread::sleep(TRY_AGAIN);
        }
        // Without a note only its name is not told.
        let _ = file
            .set_len(0)
            .and_then(|()| file.write_all(note.as_bytes()));
        Ok(Ok(file))
    }
}

/// Opens the file, made where it was not there. A change may sweep a new file before it has its name;
/// then it is made again.
fn open(folder: &Folder, name: &OsStr) -> io::Result<File> {
    loop {
        match folder.open_lock_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_shared(folder, name)?,
            opened => return opened,
        }
    }
}
