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
/// What a log leaves free on its disk, so that the state can always be saved beside it. On a small disk
/// it is an eighth.
const RESERVE: u64 = 16 << 20;
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
        lost: 0,
        paused: None,
    })
}

struct Writer {
    log: ProgramLog,
    rotation: Rotation,
    file: Option<File>,
    /// How many bytes could not be written since that was last noted.
    lost: u64,
    /// When writing last failed.
    paused: Option<Instant>,
}

impl Writer {
    fn write(&mut self, text: &[u8]) {
        let pauses = self.paused.is_some_and(|since| since.elapsed() < PAUSE);
        if pauses || !self.note_lost() {
            self.lost += text.len() as u64;
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            match self.append(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) => {
                    self.lost += rest.len() as u64;
                    return self.fail(&error);
                }
            }
        }
    }

    /// Notes in the log how much of it is missing. False if that cannot be written either.
    fn note_lost(&mut self) -> bool {
        if self.lost > 0 {
            let note = format!("\n[gpumgr: {} bytes of output were lost here]\n", self.lost);
            if let Err(error) = self.append(note.as_bytes()) {
                self.fail(&error);
                return false;
            }
            self.lost = 0;
        }
        true
    }

    fn finish(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.note_lost() {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.file = None;
        self.paused = Some(Instant::now());
        match error.kind() {
            io::ErrorKind::StorageFull => self.give_way(self.log.space().map_or(0, reserve)),
            io::ErrorKind::QuotaExceeded => self.give_way(0),
            _ => {}
        }
    }

    /// Gives up the oldest copy. If there is none, puts the log aside, to be given up next. A log of up to
    /// `kept` bytes stays: the disk is full of other files.
    fn give_way(&self, kept: u64) {
        // If that fails, the next failure tries again.
        if self.log.remove_oldest_copy().is_err() && self.log.size() > kept {
            let _ = self.log.put_aside(self.rotation.count);
        }
    }

    /// Writes as much of the text as has room in one file; how much that was.
    ///
    /// Another writer may be at the same log: a program that was started again left a process behind. Both
    /// find the file by its name each time, and may exceed the limit by a piece.
    fn append(&mut self, text: &[u8]) -> io::Result<usize> {
        let most = system::file_size_limit().saturating_sub(1);
        let most = self.rotation.size.as_u64().min(most);
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
            let space = self.log.space()?;
            if space.free < reserve(space).saturating_add(fits as u64) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let written = (&file).write(&text[..fits])?;
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
