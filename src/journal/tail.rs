//! Following the log.

use super::{Event, Journal, aside};
use crate::store::LOG_FILE;
use crate::system::{Access, Folder};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

impl Journal {
    /// What is written from now on.
    pub(crate) fn tail(&self) -> Tail {
        let mut tail = Tail {
            journal: self.clone(),
            file: self
                .open_folder()
                .ok()
                .and_then(|folder| open(&folder, LOG_FILE.as_ref())),
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
        let newer = self.newer();
        if !newer.is_empty() {
            // What was written before it was put aside, but after it was read.
            events.extend(self.read_on());
        }
        for file in newer {
            self.file = Some(file);
            self.rest.clear();
            events.extend(self.read_on());
        }
        events
    }

    /// The files that were begun since, the oldest first: the log may have been put aside more than
    /// once.
    fn newer(&self) -> Vec<File> {
        let Ok(folder) = self.journal.open_folder() else {
            return Vec::new();
        };
        let is_ours = |name: &OsStr| {
            let ours = self.file.as_ref();
            ours.is_some_and(|file| folder.leads_to(name, file).unwrap_or(false))
        };
        let name = LOG_FILE.as_ref();
        if is_ours(name) {
            return Vec::new();
        }
        let mut all = 1..=self.journal.rotation.count;
        let times = all.find(|times| is_ours(&aside(*times)));
        let missed = (1..times.unwrap_or(1)).rev();
        let missed = missed.filter_map(|times| open(&folder, &aside(times)));
        missed.chain(open(&folder, name)).collect()
    }

    fn read_on(&mut self) -> Vec<Event> {
        if let Some(file) = &mut self.file {
            let size = file.metadata().map(|metadata| metadata.len());
            if let (Ok(size), Ok(position)) = (size, file.stream_position())
                && size < position
            {
                // Somebody emptied it.
                let _ = file.rewind();
            }
            // What cannot be read now is read the next time.
            let _ = file.read_to_end(&mut self.rest);
        }
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n');
        let lines: Vec<u8> = self.rest.drain(..whole.map_or(0, |end| end + 1)).collect();
        lines
            .split(|byte| *byte == b'\n')
            .filter_map(|line| self.journal.event(line))
            .collect()
    }
}

fn open(folder: &Folder, name: &OsStr) -> Option<File> {
    folder.open_file(name, Access::Read).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rotation;
    use crate::journal::Deed;
    use crate::store::FileStore;
    use bytesize::ByteSize;
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::path::Path;
    use std::time::Duration;

    /// With room for a few lines a file.
    fn journal(folder: &Path) -> Journal {
        let store = FileStore::new(&folder.join("resource_status.json"), Duration::ZERO).unwrap();
        let rotation = Rotation {
            size: ByteSize::b(200),
            count: 9,
        };
        Journal::beside(store.paths(), rotation)
    }

    fn write(journal: &Journal, task: &str) {
        let time = "2025-11-04T10:00:00+00:00".parse().unwrap();
        let event = Event::new(Deed::Run, time).about(&task.parse().unwrap());
        journal.write(&[event]).unwrap();
    }

    fn news(tail: &mut Tail) -> Vec<String> {
        let tasks = tail.news().into_iter().map(|event| event.task.unwrap());
        tasks.collect()
    }

    #[test]
    fn who_follows_the_log_misses_nothing_that_is_put_aside_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(folder.path());
        write(&journal, "before");
        let mut tail = journal.tail();
        assert_eq!(news(&mut tail), Vec::<String>::new());
        for rounds in [1, 2, 5, 12] {
            let tasks: Vec<_> = (0..rounds).map(|task| format!("t{task}")).collect();
            for task in &tasks {
                write(&journal, task);
            }
            assert_eq!(news(&mut tail), tasks);
        }
        assert!(folder.path().join(aside(3)).exists());
        assert_eq!(news(&mut tail), Vec::<String>::new());
    }

    #[test]
    fn who_follows_is_there_before_the_log_is() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(folder.path());
        let mut tail = journal.tail();
        assert_eq!(news(&mut tail), Vec::<String>::new());
        write(&journal, "first");
        assert_eq!(news(&mut tail), ["first"]);
    }

    #[test]
    fn half_a_line_is_told_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(folder.path());
        write(&journal, "first");
        let mut tail = journal.tail();
        let line =
            "{\"time\":\"2025-11-04T10:00:00+00:00\",\"action\":\"run\",\"task\":\"half\"}\n";
        let mut file = OpenOptions::new().append(true).open(&journal.path).unwrap();
        file.write_all(&line.as_bytes()[..20]).unwrap();
        assert_eq!(news(&mut tail), Vec::<String>::new());
        file.write_all(&line.as_bytes()[20..]).unwrap();
        assert_eq!(news(&mut tail), ["half"]);
        // Emptied by somebody.
        file.set_len(0).unwrap();
        write(&journal, "next");
        assert_eq!(news(&mut tail), ["next"]);
    }
}
