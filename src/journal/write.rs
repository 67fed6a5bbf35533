//! Writing the log: a line in one piece, and putting a large one aside.

use super::{Event, Journal, aside};
use crate::store::{LOG_FILE, make_shared};
use crate::system::{self, Access, Folder};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for others who write. After that the line is written all the same: it is one
/// piece, only nobody puts the log aside.
const PATIENCE: Duration = Duration::from_millis(200);
/// The same under the state's lock, for which others wait: there only who writes by the way is at it.
const SHORT_PATIENCE: Duration = Duration::from_millis(20);
const TRY_AGAIN: Duration = Duration::from_millis(1);

impl Journal {
    /// Adds these lines.
    ///
    /// # Errors
    /// The system refused; nothing or a part of the lines was written.
    pub(crate) fn write(&self, events: &[Event]) -> io::Result<()> {
        self.write_within(events, PATIENCE)
    }

    /// The same, by whoever holds the state's lock.
    ///
    /// # Errors
    /// The system refused; nothing or a part of the lines was written.
    pub(crate) fn write_under_lock(&self, events: &[Event]) -> io::Result<()> {
        self.write_within(events, SHORT_PATIENCE)
    }

    fn write_within(&self, events: &[Event], patience: Duration) -> io::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for event in events {
            serde_json::to_writer(&mut text, event)?;
            text.push(b'\n');
        }
        let folder = self.open_folder()?;
        let give_up = Instant::now() + patience;
        loop {
            let file = open(&folder, LOG_FILE.as_ref())?;
            match system::try_lock(&file) {
                Ok(false) if Instant::now() < give_up => thread::sleep(TRY_AGAIN),
                Ok(true) if !folder.leads_to(LOG_FILE.as_ref(), &file)? => {}
                // What cannot be put aside grows on.
                Ok(true) if self.is_full(&file, text.len())? && self.put_aside(&folder).is_ok() => {
                }
                _ => return add(file, &text),
            }
        }
    }

    fn is_full(&self, file: &File, more: usize) -> io::Result<bool> {
        let size = file.metadata()?.len();
        let most = self.rotation.size.as_u64().min(system::file_size_limit());
        Ok(size > 0 && size.saturating_add(more as u64) > most)
    }

    /// Whoever does it holds the log's lock, so that nobody else does. Somebody who has one of them
    /// open may forbid it, which is not waited for: the next line will try again.
    fn put_aside(&self, folder: &Folder) -> io::Result<()> {
        let count = self.rotation.count;
        let is_free = |times: &u32| folder.look(&aside(*times)).is_err();
        let room = (1..count).find(is_free).unwrap_or(count);
        for times in (1..room).rev() {
            folder.rename(&aside(times), &aside(times + 1))?;
        }
        folder.rename(LOG_FILE.as_ref(), &aside(1))?;
        // More may have been kept before.
        for times in count + 1.. {
            if folder.remove(&aside(times)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Opens a log of that name to add to it, made where it is not there yet.
pub(super) fn open(folder: &Folder, name: &OsStr) -> io::Result<File> {
    loop {
        match folder.open_file(name, Access::Append) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_shared(folder, name)?,
            opened => return opened,
        }
    }
}

/// After what a full disk cut off a new line begins.
fn add(mut file: File, text: &[u8]) -> io::Result<()> {
    let size = file.metadata()?.len();
    if size.saturating_add(text.len() as u64) >= system::file_size_limit() {
        // More than a refusal would come of it: a signal.
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut last = [b'\n'];
    if size > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] {
        file.write_all(text)
    } else {
        file.write_all(&[b"\n", text].concat())
    }
}
