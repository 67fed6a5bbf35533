//! Reading the log, what was put aside included.

use super::{Event, Journal};
use crate::store::try_lock_shared;
use crate::system;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for whoever puts the log aside.
const PATIENCE: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(1);

impl Journal {
    /// All that is written, the oldest first. Lines that are no events are passed over.
    ///
    /// # Errors
    /// The system refused. Where nothing was written yet there is nothing, and no error.
    pub(crate) fn read(&self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        for file in self.files()?.iter().rev() {
            for line in BufReader::new(file).split(b'\n') {
                events.extend(event(&line?));
            }
        }
        Ok(events)
    }

    /// The newest first, opened while nobody puts the log aside.
    fn files(&self) -> io::Result<Vec<File>> {
        let give_up = Instant::now() + PATIENCE;
        let newest = loop {
            let newest = match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => Some(opened?),
            };
            match &newest {
                Some(file) if Instant::now() < give_up => match try_lock_shared(file) {
                    Ok(true) if system::names_this_file(&self.path, file)? => break newest,
                    Ok(_) => thread::sleep(TRY_AGAIN),
                    Err(_) => break newest,
                },
                _ => break newest,
            }
        };
        let aside = (1..=self.rotation.count).map_while(|times| File::open(self.aside(times)).ok());
        Ok(newest.into_iter().chain(aside).collect())
    }

    /// What is written from now on.
    pub(crate) fn tail(&self) -> Tail {
        let mut tail = Tail {
            journal: self.clone(),
            file: File::open(&self.path).ok(),
            rest: Vec::new(),
        };
        if let Some(file) = &mut tail.file
            && file.seek(SeekFrom::End(0)).is_err()
        {
            tail.file = None;
        }
        tail
    }
}

/// The log as it grows.
#[derive(Debug)]
pub(crate) struct Tail {
    journal: Journal,
    file: Option<File>,
    /// What is no whole line yet.
    rest: Vec<u8>,
}

impl Tail {
    /// What was written since it was last asked.
    pub(crate) fn news(&mut self) -> Vec<Event> {
        let mut events = self.read_on();
        let path = self.journal.path();
        let is_current =
            |file: &File| system::names_this_file(path, file).is_ok_and(|current| current);
        if !self.file.as_ref().is_some_and(is_current) {
            self.file = File::open(path).ok();
            events.extend(self.read_on());
        }
        events
    }

    fn read_on(&mut self) -> Vec<Event> {
        if let Some(file) = &mut self.file {
            // What cannot be read now is read the next time.
            let _ = file.read_to_end(&mut self.rest);
        }
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n');
        let lines: Vec<u8> = self.rest.drain(..whole.map_or(0, |end| end + 1)).collect();
        lines
            .split(|byte| *byte == b'\n')
            .filter_map(event)
            .collect()
    }
}

fn event(line: impl AsRef<[u8]>) -> Option<Event> {
    serde_json::from_slice(line.as_ref()).ok()
}
