//! Lease files: a lock that lives exactly as long as somebody holds it open.
//!
//! A gpumgr that runs a command or waits has such a file, locked; the command inherits it, and
//! notes its process there. The kernel drops the lock with its last holder, so nobody has to clean
//! up for it to tell the truth. The file is swept once no lease of the state has its name.

use super::Leases;
use super::format::{NOTED_BYTES, WORD_BYTES, is_of, write_at, write_id};
use crate::allocator::{LeaseId, Timestamp};
use crate::store::{Action, StoreError};
use crate::system::{self, Access, Folder, NOTE_BYTES};
use chrono::DateTime;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where a gpumgr notes that it sleeps, in the part of the note that its command overwrites.
const SLEEPS_AT: std::ops::Range<usize> = NOTE_BYTES - 16..NOTE_BYTES - 8;

/// A lease that this process holds.
pub(crate) struct HeldLease {
    pub(crate) id: LeaseId,
    pub(crate) path: PathBuf,
    /// Where others wake this process, once it listens.
    pub(super) wake: OsString,
    pub(crate) file: File,
}

/// The state of a lease file, as seen by another process.
#[derive(Debug)]
pub(crate) enum LeaseSeen {
    /// A process holds it, or that cannot be found out.
    Held(Notes),
    /// No process holds it.
    Free(Notes),
    /// There is no such file.
    Missing,
}

/// The notes in a lease file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The command's process ID and start.
    pub(crate) command: Option<(u32, u64)>,
    /// Whether that was seen to keep the lock when it ran.
    pub(crate) keeps: bool,
    /// Whether its gpumgr sleeps until it is granted something.
    pub(crate) sleeps: bool,
    /// When it was told to end.
    pub(crate) told: Option<Timestamp>,
}

/// Returns an ID that no other lease has.
pub(crate) fn new_id() -> Result<LeaseId, StoreError> {
    let id = format!("{:016x}", system::random());
    id.parse().map_err(|_| {
        let source = io::Error::other("no lease ID could be made");
        StoreError::io(Action::Lease, Path::new(&id), source)
    })
}

impl Leases {
    /// Makes a lease file, and holds it.
    pub(crate) fn hold(&self) -> Result<HeldLease, StoreError> {
        self.hold_named(|new| new)
    }

    /// The same for what goes on under another one, whose command is noted there.
    pub(crate) fn hold_after(
        &self,
        lease: &LeaseId,
        (pid, started): (u32, u64),
    ) -> Result<HeldLease, StoreError> {
        let held = self.hold_named(|new| lease.continued(&new))?;
        let noted = held.note_command(pid, started);
        noted.map_err(|error| StoreError::io(Action::Lease, &held.path, error))?;
        Ok(held)
    }

    fn hold_named(&self, name: impl Fn(LeaseId) -> LeaseId) -> Result<HeldLease, StoreError> {
        let folder = self.open_to_make(Action::Lease)?;
        loop {
            let id = name(new_id()?);
            let name = self.paths.lease(&id);
            let path = self.paths.folder.join(&name);
            let failed = |error| StoreError::io(Action::Lease, &path, error);
            let file = match folder.create(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(failed)?,
            };
            folder.share_for_reading(&file).map_err(failed)?;
            // Somebody who sweeps may be quicker.
            if system::try_lock(&file).map_err(failed)?
                && folder.leads_to(&name, &file).map_err(failed)?
            {
                let blank = (&file).write_all(&[b' '; NOTED_BYTES + WORD_BYTES]);
                blank
                    .and_then(|()| write_id(&file, &id))
                    .inspect_err(|_| drop(folder.remove(&name)))
                    .map_err(failed)?;
                let wake = self.paths.wake(&id);
                return Ok(HeldLease {
                    id,
                    path,
                    wake,
                    file,
                });
            }
        }
    }

    /// The lease that whoever started this process holds for it.
    pub(crate) fn inherit(&self, id: LeaseId, number: i64) -> Result<HeldLease, StoreError> {
        let path = self.paths.folder.join(self.paths.lease(&id));
        match system::inherit_lease(&path, number) {
            Ok(file) => Ok(HeldLease {
                wake: self.paths.wake(&id),
                id,
                path,
                file,
            }),
            Err(error) => Err(StoreError::io(Action::Lease, &path, error)),
        }
    }

    /// Looks at a lease file.
    pub(crate) fn look_at(&self, id: &LeaseId) -> LeaseSeen {
        let mut file = match self.open_file(id, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return LeaseSeen::Missing,
            Err(_) => return LeaseSeen::Held(Notes::default()),
            Ok(file) => file,
        };
        // Shared, so that those who look do not see each other.
        let is_free = system::try_lock_shared(&file).unwrap_or(false);
        match (is_free, notes(&mut file)) {
            (true, Some(notes)) => LeaseSeen::Free(notes),
            (_, notes) => LeaseSeen::Held(notes.unwrap_or_default()),
        }
    }

    /// Notes that the command under that lease was told to end.
    pub(crate) fn note_told(&self, id: &LeaseId, now: Timestamp) -> io::Result<()> {
        let file = self.open_to_write(id)?;
        match is_of(&file, id)? {
            true => write_at(&file, &now.timestamp().to_string(), NOTE_BYTES),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    pub(crate) fn error(&self, id: &LeaseId, error: io::Error) -> StoreError {
        StoreError::io(
            Action::Lease,
            &self.paths.folder.join(self.paths.lease(id)),
            error,
        )
    }

    /// The open file of a lease, to see who holds it.
    pub(crate) fn open(&self, id: &LeaseId) -> Option<File> {
        self.open_file(id, Access::Read).ok()
    }

    fn open_file(&self, id: &LeaseId, access: Access) -> io::Result<File> {
        self.paths.open()?.open_file(&self.paths.lease(id), access)
    }

    pub(super) fn open_to_write(&self, id: &LeaseId) -> io::Result<File> {
        self.open_file(id, Access::ReadWrite)
    }
}

impl HeldLease {
    /// Its name, and its open file.
    pub(crate) fn lease(&self) -> (&LeaseId, &File) {
        (&self.id, &self.file)
    }

    /// Notes the process whose end is the end of the lease.
    pub(crate) fn note_command(&self, pid: u32, started: u64) -> io::Result<()> {
        let note = format!("{:<1$}", format!("{pid} {started}"), SLEEPS_AT.start);
        write_at(&self.file, &note, 0)
    }

    /// Notes that the command keeps the lock open.
    pub(crate) fn note_kept(&self) -> io::Result<()> {
        write_at(&self.file, "kept", NOTE_BYTES - 8)
    }

    /// Notes whether this gpumgr sleeps until it is granted something. A grant is withdrawn only from one
    /// that is stopped in its sleep: it looks at the state before it acts on a grant.
    pub(crate) fn note_sleep(&self, sleeps: bool) -> io::Result<()> {
        // On Windows, where stopped processes are not seen, a change of this file is a wake-up.
        if !system::SEES_STOPPED {
            return Ok(());
        }
        let text = if sleeps { "sleeps  " } else { "        " };
        write_at(&self.file, text, SLEEPS_AT.start)
    }

    /// Gives it up for good.
    pub(crate) fn end(self) {
        // What cannot be removed now is swept by the next change.
        let _ = self.remove();
        // Closed, not unlocked: that would take the lock from the others, too.
        drop(self.file);
    }

    fn remove(&self) -> io::Result<()> {
        let parts = self.path.parent().zip(self.path.file_name());
        let (folder, name) = parts.ok_or(io::ErrorKind::NotFound)?;
        let folder = Folder::open(folder)?;
        let removed = folder.remove(name);
        folder.remove(&self.wake).and(removed)
    }
}

/// None if there is less than every lease file has from its beginning: somebody damaged it.
fn notes(file: &mut File) -> Option<Notes> {
    let mut text = [0; NOTED_BYTES];
    file.read_exact(&mut text).ok()?;
    let (note, told) = text.split_at(NOTE_BYTES);
    let words = |bytes| {
        std::str::from_utf8(bytes)
            .unwrap_or_default()
            .split_whitespace()
    };
    let mut note = words(note);
    let command = || Some((note.next()?.parse().ok()?, note.next()?.parse().ok()?));
    let told = words(told).next().and_then(|seconds| seconds.parse().ok());
    let sleeps = text[SLEEPS_AT].starts_with(b"sleeps");
    Some(Notes {
        sleeps,
        command: { command }(),
        keeps: note.next() == Some("kept"),
        told: told
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|time| time.fixed_offset()),
    })
}
