//! Reading the log, what was put aside included.

use super::{Event, Journal, aside};
use crate::store::LOG_FILE;
use crate::system::{self, Access};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for whoever puts the log aside.
const PATIENCE: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(1);
/// No line is longer that gpumgr wrote.
const MAX_LINE: u64 = 64 * 1024;

impl Journal {
    /// Those that are wanted of all that is written, the oldest first; none where nothing was written
    /// yet. Lines that are no events, or are of another state, are passed over.
    ///
    /// # Errors
    /// The system refused.
    pub(crate) fn read(&self, wanted: impl Fn(&Event) -> bool) -> io::Result<Option<Vec<Event>>> {
        let files = self.files()?;
        if files.is_empty() {
            return Ok(None);
        }
        let mut events = Vec::new();
        for (file, size) in files.into_iter().rev() {
            for_each_line(BufReader::new(file.take(size)), |line| {
                events.extend(self.event(line).filter(&wanted));
            })?;
        }
        Ok(Some(events))
    }

    /// The newest first, opened while nobody puts the log aside; and how large they were then.
    fn files(&self) -> io::Result<Vec<(File, u64)>> {
        let name = OsStr::new(LOG_FILE);
        let folder = match self.open_folder() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let open = |name: &OsStr| folder.open_file(name, Access::Read);
        let give_up = Instant::now() + PATIENCE;
        let newest = loop {
            let newest = match open(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => Some(opened?),
            };
            match &newest {
                Some(file) if Instant::now() < give_up => match system::try_lock_shared(file) {
                    Ok(true) if folder.leads_to(name, file)? => break newest,
                    Ok(_) => thread::sleep(TRY_AGAIN),
                    Err(_) => break newest,
                },
                _ => break newest,
            }
        };
        let aside = (1..=self.rotation.count).filter_map(|times| open(&aside(times)).ok());
        let files: Vec<_> = newest.into_iter().chain(aside).collect();
        let sized = files.into_iter().map(|file| {
            let size = file.metadata()?.len();
            Ok((file, size))
        });
        let sized: io::Result<Vec<_>> = sized.collect();
        if let Ok([(newest, _), ..]) = sized.as_deref() {
            // Whoever reads slowly keeps nobody from writing.
            let _ = system::unlock(newest);
        }
        sized
    }

    /// The event that the line tells, if it is one of this state.
    pub(super) fn event(&self, line: &[u8]) -> Option<Event> {
        let event: Event = serde_json::from_slice(line).ok()?;
        (event.state.as_deref() == self.state()).then_some(event)
    }
}

/// What is longer than any line is passed over without being held.
fn for_each_line(mut reader: impl BufRead, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    let mut is_rest = false;
    while (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)? > 0 {
        let is_whole = line.last() == Some(&b'\n');
        if !is_rest {
            each(&line);
        }
        is_rest = !is_whole;
        line.clear();
    }
    Ok(())
}
