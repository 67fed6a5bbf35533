//! Requests that were refused or failed: counted in a small file of their own.
//!
//! A script that asks again and again would push all true events out of the log. So what is refused is one
//! line for each user, machine, action, task and reason, with the first time, the last, and how often.

use super::write::open;
use super::{Event, Journal};
use crate::store::REFUSED_FILE;
use crate::system::{self, Access};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::thread;
use std::time::{Duration, Instant};

/// How many lines are kept: those that were refused last.
const MOST: usize = 100;
/// No such file is larger.
const MAX_BYTES: u64 = 1 << 20;
/// How long to wait for others who count.
const PATIENCE: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(1);

impl Journal {
    /// Counts this refusal.
    ///
    /// # Errors
    /// The system refused, or another process kept the file locked; it is not counted.
    pub(crate) fn count_refusal(&self, event: &Event) -> io::Result<()> {
        let folder = self.open_folder()?;
        let name = OsStr::new(REFUSED_FILE);
        let give_up = Instant::now() + PATIENCE;
        loop {
            let file = open(&folder, name)?;
            if system::try_lock(&file)? {
                if folder.leads_to(name, &file)? {
                    return count(&file, event);
                }
            } else if Instant::now() >= give_up {
                return Err(io::ErrorKind::TimedOut.into());
            } else {
                thread::sleep(TRY_AGAIN);
            }
        }
    }

    /// The refusals that are wanted, by their last time; `None` if there never was one.
    ///
    /// # Errors
    /// The system refused.
    pub(crate) fn refusals(
        &self,
        wanted: impl Fn(&Event) -> bool,
    ) -> io::Result<Option<Vec<Event>>> {
        let name = OsStr::new(REFUSED_FILE);
        let opened = self.open_folder();
        let file = match opened.and_then(|folder| folder.open_file(name, Access::Read)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        // Where it cannot be locked soon, a line may be torn, and is passed over.
        let give_up = Instant::now() + PATIENCE;
        while matches!(system::try_lock_shared(&file), Ok(false)) && Instant::now() < give_up {
            thread::sleep(TRY_AGAIN);
        }
        let is_ours = |event: &Event| event.state.as_deref() == self.state();
        let mut refused = lines(&file)?;
        refused.retain(|event| is_ours(event) && wanted(event));
        refused.sort_by_key(|event| event.time);
        Ok(Some(refused))
    }
}

/// By whoever holds its lock.
fn count(mut file: &File, event: &Event) -> io::Result<()> {
    let mut refused = lines(file)?;
    match refused.iter_mut().find(|known| is_same(known, event)) {
        Some(known) => {
            let count = known.count.unwrap_or(1).saturating_add(1);
            let first = known.first.unwrap_or(known.time);
            *known = Event {
                count: Some(count),
                first: Some(first),
                ..event.clone()
            };
        }
        None => refused.push(event.clone()),
    }
    if refused.len() > MOST {
        refused.sort_by_key(|event| event.time);
        refused.drain(..refused.len() - MOST);
    }
    let mut text = Vec::new();
    for event in &refused {
        serde_json::to_writer(&mut text, event)?;
        text.push(b'\n');
    }
    // Writing appends.
    file.set_len(0)?;
    file.write_all(&text)
}

fn lines(mut file: &File) -> io::Result<Vec<Event>> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(MAX_BYTES).read_to_end(&mut text)?;
    let lines = text.split(|byte| *byte == b'\n');
    Ok(lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

/// Whether it is the same request of the same user, refused for the same reason.
fn is_same(one: &Event, other: &Event) -> bool {
    one.user == other.user
        && one.host == other.host
        && one.state == other.state
        && one.action == other.action
        && one.task == other.task
        && one.error == other.error
        && one.why == other.why
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rotation;
    use crate::exit_code::Kind;
    use crate::journal::Deed;
    use crate::store::FileStore;

    #[test]
    fn two_thousand_of_one_kind_are_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("resource_status.json");
        let store = FileStore::new(&state, Duration::ZERO).unwrap();
        let journal = Journal::beside(store.paths(), Rotation::default());
        let time = chrono::DateTime::UNIX_EPOCH.fixed_offset();
        for second in 0..2000 {
            let time = time + chrono::TimeDelta::seconds(second);
            let event = Event::new(Deed::Allocate, time).failing(Kind::Insufficient, "full");
            journal.count_refusal(&event).unwrap();
        }
        let refused = journal.refusals(|_| true).unwrap().unwrap();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].count, Some(2000));
        assert_eq!(refused[0].first, Some(time));
        assert_eq!(refused[0].time, time + chrono::TimeDelta::seconds(1999));
        assert!(journal.read(|_| true).unwrap().is_none());
    }
}
