//! Putting a file in another's place, which whoever has that open may forbid for as long.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE,
};

/// Nobody who only reads a file takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
const TRY_AGAIN: Duration = Duration::from_millis(1);
const AT_MOST: Duration = Duration::from_millis(50);

/// Renames it over the other. A reader that shares the file with nobody who deletes it (an editor, a
/// backup, a search for viruses) is waited for.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let give_up = Instant::now() + PATIENCE;
    let mut pause = TRY_AGAIN;
    loop {
        match fs::rename(from, to) {
            Err(error) if is_in_use(&error) && to.exists() && Instant::now() < give_up => {}
            renamed => return renamed,
        }
        thread::sleep(pause);
        pause = (pause * 2).min(AT_MOST);
    }
}

fn is_in_use(error: &io::Error) -> bool {
    let in_use = [
        ERROR_ACCESS_DENIED,
        ERROR_SHARING_VIOLATION,
        ERROR_USER_MAPPED_FILE,
    ];
    let number = error
        .raw_os_error()
        .and_then(|number| u32::try_from(number).ok());
    number.is_some_and(|number| in_use.contains(&number))
}
