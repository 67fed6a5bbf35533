//! Writing the log: a line in one piece, and putting a large one aside.

use super::{Event, Journal};
use crate::store::try_lock;
use crate::system;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for others who write. After that the line is written all the same: it is one
/// piece, only nobody puts the log aside.
const PATIENCE: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(1);

impl Journal {
    /// Adds these lines.
    ///
    /// # Errors
    /// The system refused; nothing or a part of the lines was written.
    pub(crate) fn write(&self, events: &[Event]) -> io::Result<()> {
        let mut text = Vec::new();
        for event in events {
            serde_json::to_writer(&mut text, event)?;
            text.push(b'\n');
        }
        let give_up = Instant::now() + PATIENCE;
        loop {
            let file = self.open()?;
            match try_lock(&file) {
                Ok(true) if !system::names_this_file(&self.path, &file)? => {}
                Ok(true) if self.is_full(&file, text.len())? => self.put_aside()?,
                Ok(false) if Instant::now() < give_up => thread::sleep(TRY_AGAIN),
                _ => return add(file, &text),
            }
        }
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        let made = match File::create_new(&self.path) {
            Ok(file) => {
                let folder = self.path.parent().unwrap_or(&self.path);
                system::share_as_folder(&file, &fs::metadata(folder)?)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        };
        made?;
        let file = system::open_no_link(&self.path, &mut options)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn is_full(&self, file: &File, more: usize) -> io::Result<bool> {
        let size = file.metadata()?.len();
        Ok(size > 0 && size + more as u64 > self.rotation.size.as_u64())
    }

    /// Whoever does it holds the log's lock, so that nobody else does.
    fn put_aside(&self) -> io::Result<()> {
        for times in (1..self.rotation.count).rev() {
            match fs::rename(self.aside(times), self.aside(times + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, self.aside(1))
    }
}

/// After what a full disk cut off a new line begins.
fn add(mut file: File, text: &[u8]) -> io::Result<()> {
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] {
        file.write_all(text)
    } else {
        file.write_all(&[b"\n", text].concat())
    }
}
