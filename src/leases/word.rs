//! The owner's word in a lease file: until when the command may run, and whether it is to stop.
//!
//! Every member of a group may change the state, but only the user who made a lease file, and root, may
//! write it. gpumgr ends a command by this word, which a time in the state can only prolong. The file
//! names its lease, because a member may rename it to the name of another.

use super::format::{DEADLINE_BYTES, NOTED_BYTES, STOP_BYTES, is_of, words, write_at};
use super::{HeldLease, Leases};
use crate::allocator::{LeaseId, Timestamp};
use crate::store::{Action, StoreError};
use crate::system;
use chrono::DateTime;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};

/// The text of the word to stop.
const STOP: &str = "stop";

/// What the owner of a command told of its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Until when it may run; `None` if its time never ends.
    pub(crate) deadline: Option<Timestamp>,
    /// It is to end now.
    pub(crate) stop: bool,
}

impl Word {
    /// When the command's time is over, if the state says this end: a later one prolongs it, and no other
    /// changes it.
    pub(crate) fn end(&self, in_state: Option<Timestamp>) -> Option<Timestamp> {
        let deadline = self.deadline?;
        Some(in_state.map_or(deadline, |end| end.max(deadline)))
    }
}

impl HeldLease {
    /// The word, from the file that this process holds, whatever has its name now.
    pub(crate) fn word(&self) -> Word {
        read(&self.file, &self.id)
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// Writes the word at the beginning.
    pub(crate) fn note_word(&self, word: Word) -> Result<(), StoreError> {
        let noted = write_deadline(&self.file, word.deadline).and_then(|()| match word.stop {
            true => write_stop(&self.file),
            false => Ok(()),
        });
        noted.map_err(|error| StoreError::io(Action::Lease, &self.path, error))
    }
}

impl Leases {
    /// The word under that lease, and the file's user and permissions. `None` if this user could not have
    /// been told by it, because it is another user's or another could have written it.
    pub(crate) fn owners_word(&self, id: &LeaseId) -> Option<(Word, Metadata)> {
        let file = self.open(id)?;
        let about = file.metadata().ok().filter(system::is_own_word)?;
        Some((read(&file, id).ok().flatten()?, about))
    }

    /// Tells the gpumgr under that lease its new deadline. False if there is none, or one of 0.2.0.
    ///
    /// # Errors
    /// The lease is another user's, or cannot be written.
    pub(crate) fn tell_deadline(&self, id: &LeaseId, deadline: Timestamp) -> io::Result<bool> {
        self.tell(id, |file| write_deadline(file, Some(deadline)))
    }

    /// Tells it to end its program, likewise.
    ///
    /// # Errors
    /// The lease is another user's, or cannot be written.
    pub(crate) fn tell_to_stop(&self, id: &LeaseId) -> io::Result<bool> {
        self.tell(id, write_stop)
    }

    fn tell(&self, id: &LeaseId, write: impl Fn(&File) -> io::Result<()>) -> io::Result<bool> {
        // A link or something else that is no lease has nobody behind it who could be told.
        let Some(seen) = self.open(id) else {
            return Ok(false);
        };
        if !is_of(&seen, id)? {
            return Ok(false);
        }
        let file = self.open_to_write(id)?;
        // It may be another file by now.
        let is_lease = is_of(&file, id)?;
        if is_lease {
            write(&file)?;
        }
        Ok(is_lease)
    }
}

fn read(mut file: &File, id: &LeaseId) -> io::Result<Option<Word>> {
    if !is_of(file, id)? {
        return Ok(None);
    }
    let mut text = [0; DEADLINE_BYTES + STOP_BYTES];
    file.seek(SeekFrom::Start(NOTED_BYTES as u64))?;
    file.read_exact(&mut text)?;
    let (deadline, stop) = text.split_at(DEADLINE_BYTES);
    let deadline = words(deadline).parse().ok();
    let deadline = deadline.and_then(DateTime::from_timestamp_micros);
    Ok(Some(Word {
        deadline: deadline.map(|deadline| deadline.fixed_offset()),
        stop: words(stop) == STOP,
    }))
}

fn write_deadline(file: &File, deadline: Option<Timestamp>) -> io::Result<()> {
    let micros = deadline.map(|deadline| deadline.timestamp_micros().to_string());
    let text = format!("{:<DEADLINE_BYTES$}", micros.unwrap_or_default());
    write_at(file, &text, NOTED_BYTES)
}

fn write_stop(file: &File) -> io::Result<()> {
    write_at(file, STOP, NOTED_BYTES + DEADLINE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leases::format::{WORD_BYTES, write_id};

    fn at(second: i64) -> Timestamp {
        DateTime::from_timestamp(second, 0).unwrap().fixed_offset()
    }

    #[test]
    fn state_prolongs_the_owners_word_and_never_shortens_it() {
        let word = |deadline: Option<i64>| Word {
            deadline: deadline.map(at),
            stop: false,
        };
        for (told, in_state, end) in [
            (None, None, None),
            (None, Some(5), None),
            (Some(10), None, Some(10)),
            (Some(10), Some(5), Some(10)),
            (Some(10), Some(20), Some(20)),
        ] {
            assert_eq!(
                word(told).end(in_state.map(at)),
                end.map(at),
                "{told:?} {in_state:?}"
            );
        }
    }

    #[test]
    fn word_is_read_as_it_was_written() {
        let mut file = tempfile::tempfile().unwrap();
        let (id, other): (LeaseId, LeaseId) = ("a1".parse().unwrap(), "a12".parse().unwrap());
        let read = |file: &File| read(file, &id).unwrap();
        io::Write::write_all(&mut file, &[b' '; NOTED_BYTES]).unwrap();
        assert_eq!(read(&file), None, "a lease of 0.2.0");
        io::Write::write_all(&mut file, &[b' '; WORD_BYTES]).unwrap();
        assert_eq!(read(&file), None, "it names no lease");
        write_id(&file, &other).unwrap();
        assert_eq!(read(&file), None, "it was made for another lease");
        let id_at = NOTED_BYTES + DEADLINE_BYTES + STOP_BYTES;
        write_at(&file, &" ".repeat(other.as_str().len()), id_at).unwrap();
        write_id(&file, &id).unwrap();
        assert_eq!(read(&file), Some(Word::default()));
        io::Seek::seek(&mut file, SeekFrom::End(0)).unwrap();
        io::Write::write_all(&mut file, b"\n").unwrap();
        assert_eq!(read(&file), Some(Word::default()), "it was woken");
        for deadline in [Some(at(253_402_300_799)), Some(at(-1)), None] {
            write_deadline(&file, deadline).unwrap();
            let word = Word {
                deadline,
                stop: false,
            };
            assert_eq!(read(&file), Some(word));
        }
        write_stop(&file).unwrap();
        assert!(read(&file).unwrap().stop);
    }
}
