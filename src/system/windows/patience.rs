//! Files that somebody else has open, which they may forbid others for as long: an editor, a backup, a
//! search for viruses, or who is just deleting it.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE,
};

/// Longer than a reader has a file open, also one that was killed and is still being ended by the system.
const PATIENCE: Duration = Duration::from_secs(10);
const TRY_AGAIN: Duration = Duration::from_millis(1);
const AT_MOST: Duration = Duration::from_millis(50);

/// Renames it over the other, whoever has that open. For those who have just made the new file in its
/// folder, so that what looks like a lack of rights is hardly one, but somebody who has the other open.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let in_use = [
        ERROR_ACCESS_DENIED,
        ERROR_SHARING_VIOLATION,
        ERROR_USER_MAPPED_FILE,
    ];
    again_while(&in_use, || fs::rename(from, to))
}

/// Tries it until it is not for one of these reasons that it fails, or for too long.
pub(super) fn again_while<T>(
    reasons: &[u32],
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let give_up = Instant::now() + PATIENCE;
    let mut pause = TRY_AGAIN;
    loop {
        match attempt() {
            Err(error) if is_one(&error, reasons) && Instant::now() < give_up => {}
            tried => return tried,
        }
        thread::sleep(pause);
        pause = (pause * 2).min(AT_MOST);
    }
}

fn is_one(error: &io::Error, reasons: &[u32]) -> bool {
    let number = error
        .raw_os_error()
        .and_then(|number| u32::try_from(number).ok());
    number.is_some_and(|number| reasons.contains(&number))
}
