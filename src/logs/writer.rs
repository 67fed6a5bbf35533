//! The writer of a program's log: gpumgr started anew, which reads what the program writes.
//!
//! It reads from a pipe and needs no supervisor, so the program may outlive that. The log is rotated
//! before a write would make it too large: all of it never takes more than `log_size` for itself and
//! each copy. A log that cannot be written loses output, and never holds up the program.

use super::ProgramLog;
use crate::config::Rotation;
use crate::system::{self, Space};
use bytesize::ByteSize;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The first word of a writer's command line.
pub(crate) const WRITE_LOG: &str = "--write-program-log";

/// How much is read at once: as much as a pipe holds.
const PIECE: usize = 64 << 10;
/// How long nothing is written after a failure. A disk that is full stays usable for others between two
/// attempts of a program that never stops writing.
const PAUSE: Duration = Duration::from_secs(1);
/// The most that a log leaves free on its disk, so that the state can be saved beside it. On a small disk it
/// leaves an eighth.
const RESERVE: u64 = 4 << 20;
/// The most that a log without copies may take of the reserve, so that no program is without a log.
const SMALL: u64 = PIECE as u64;
/// How often a writer tries to note what was lost after the program's end.
const LAST_TRIES: u32 = 60;

/// The words of a writer's command line.
pub(crate) fn order(log: &ProgramLog, rotation: Rotation) -> [OsString; 6] {
    [
        WRITE_LOG.into(),
        log.around.clone().into(),
        log.user.clone().unwrap_or_default(),
        log.name.clone(),
        rotation.size.as_u64().to_string().into(),
        rotation.count.to_string().into(),
    ]
}

/// Writes the log that `words` name, until nothing has standard input open for writing any longer.
///
/// # Errors
/// The words make no sense, or standard input cannot be read.
pub(crate) fn serve(words: &[OsString]) -> io::Result<()> {
    system::close_inherited(None);
    let mut writer = ordered(words).ok_or(io::ErrorKind::InvalidInput)?;
    let mut input = system::claim_input()?;
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => writer.write(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    writer.finish();
    Ok(())
}

fn ordered(words: &[OsString]) -> Option<Writer> {
    let [around, user, name, size, count] = words else {
        return None;
    };
    Some(Writer {
        log: ProgramLog::named(Some(user.clone()), name.clone(), Path::new(around)),
        rotation: Rotation {
            size: ByteSize::b(size.to_str()?.parse().ok()?),
            count: count.to_str()?.parse().ok()?,
        },
        file: None,
        given_up: 0,
        lost: 0,
        paused: None,
    })
}

struct Writer {
    log: ProgramLog,
    rotation: Rotation,
    file: Option<File>,
    /// The bytes of copies that were given up for new output, and are not written yet.
    given_up: u64,
    /// How many bytes could not be written since that was last noted.
    lost: u64,
    /// When writing last failed.
    paused: Option<Instant>,
}

impl Writer {
    fn write(&mut self, text: &[u8]) {
        let pauses = self.paused.is_some_and(|since| since.elapsed() < PAUSE);
        if pauses {
            self.lost += text.len() as u64;
            return;
        }
        let mut rest = text;
        let written = self.making_room(Self::note_lost).and_then(|()| {
            while !rest.is_empty() {
                let written = self.making_room(|writer| writer.append(rest))?;
                rest = &rest[written..];
            }
            Ok(())
        });
        if written.is_err() {
            self.lost += rest.len() as u64;
            self.file = None;
            self.paused = Some(Instant::now());
        }
    }

    /// Does it again as long as the disk is full and there are copies to give up.
    fn making_room<T>(&mut self, write: impl Fn(&mut Self) -> io::Result<T>) -> io::Result<T> {
        loop {
            match write(self) {
                Err(error) if is_full(&error) && self.give_up_copy() => {}
                written => return written,
            }
        }
    }

    /// Gives up the oldest copy for new output. False if there is no copy: then the log stays as it is.
    fn give_up_copy(&mut self) -> bool {
        let given_up = self.log.remove_oldest_copy();
        self.given_up += given_up.as_ref().copied().unwrap_or(0);
        given_up.is_ok()
    }

    /// Notes in the log how much of it is missing. The note may take of the reserve.
    fn note_lost(&mut self) -> io::Result<()> {
        if self.lost > 0 {
            let note = format!("\n[gpumgr: {} bytes of output were lost here]\n", self.lost);
            self.given_up = self.given_up.max(note.len() as u64);
            self.append(note.as_bytes())?;
            self.lost = 0;
        }
        Ok(())
    }

    /// Notes what is missing at the end. No copy is given up for that.
    fn finish(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.note_lost().is_ok() {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    /// The size of each file with which the log and all its copies fit on the disk.
    fn share_of(&self, disk: Space) -> u64 {
        let files = u64::from(self.rotation.count) + 1;
        (disk.total - reserve(disk)) / files
    }

    /// Whether so many bytes may be written to a log of that size.
    fn may_write(&self, size: u64, bytes: u64, space: Option<Space>) -> bool {
        let Some(disk) = space else {
            return true;
        };
        let is_small = || size + bytes <= SMALL.min(reserve(disk) / 8) && !self.log.has_copy();
        bytes <= self.given_up || reserve(disk).saturating_add(bytes) <= disk.free || is_small()
    }

    /// Writes as much of the text as has room in one file; how much that was.
    ///
    /// Another writer may be at the same log: a program that was started again left a process behind. Both
    /// find the file by its name each time, and may exceed the limit by a piece.
    fn append(&mut self, text: &[u8]) -> io::Result<usize> {
        let space = self.log.space();
        let most = system::file_size_limit().saturating_sub(1);
        let most = self.rotation.size.as_u64().min(most);
        let most = space.map_or(most, |disk| most.min(self.share_of(disk)));
        loop {
            let file = match self.file.take() {
                Some(file) if self.log.leads_to(&file)? => file,
                _ => self.log.open()?,
            };
            let size = file.metadata()?.len();
            let fits = fitting(text, size, most);
            if fits == 0 {
                drop(file);
                self.log.put_aside(self.rotation.count)?;
                continue;
            }
            if !self.may_write(size, fits as u64, space) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let written = (&file).write(&text[..fits])?;
            self.given_up = self.given_up.saturating_sub(written as u64);
            self.file = Some(file);
            return match written {
                0 => Err(io::ErrorKind::WriteZero.into()),
                written => Ok(written),
            };
        }
    }
}

/// What a log leaves free on a disk, in bytes.
fn reserve(disk: Space) -> u64 {
    RESERVE.min(disk.total / 8)
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// How much of a text goes into a file of that size: all of it, else whole lines. A line that no file has
/// room for is cut.
fn fitting(text: &[u8], size: u64, most: u64) -> usize {
    let room = usize::try_from(most.saturating_sub(size)).unwrap_or(usize::MAX);
    if text.len() <= room {
        return text.len();
    }
    let lines = text[..room].iter().rposition(|byte| *byte == b'\n');
    match lines {
        Some(end) => end + 1,
        None if size == 0 => room.max(1),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn only_whole_lines_go_into_what_is_left_of_a_file() {
        assert_eq!(fitting(b"one\ntwo\n", 0, 8), 8);
        assert_eq!(fitting(b"one\ntwo\n", 0, 7), 4);
        assert_eq!(fitting(b"one\ntwo\n", 4, 7), 0);
        assert_eq!(fitting(b"endless", 0, 3), 3);
        assert_eq!(fitting(b"endless", 9, 3), 0);
    }
}
