//! Where a state file really is.

use crate::allocator::LeaseId;
use crate::store::error::{Action, StoreError};
use crate::system::{self, Folder, LocalLocks, OpenToOthers, RealPath};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name that v0.1 locks, too.
pub(super) const LOCK_FILE: &str = ".resource.lock";
/// The log of all changes, by the manager guide's own name; what was put aside has a number behind it.
pub(crate) const LOG_FILE: &str = "gpu_manager.log";
/// What was refused, beside it: a line each, counted.
pub(crate) const REFUSED_FILE: &str = "gpu_manager.refused.log";
/// A state file's own files beside it are named after it, and then so.
const LEASE: &str = ".lease-";
const WAKE: &str = ".wake-";
const WAITERS: &str = ".waiters-";
const MONITOR: &str = ".monitor";
/// All temporary files begin so; what a crash left of them is litter, for whoever saves holds
/// the lock.
pub(super) const TEMP_PREFIX: &str = ".gpumgr-";

/// The real places behind a state path: links are resolved first, so that the lock and the
/// temporary file are beside the real file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePaths {
    /// The state file itself, absolute.
    pub state: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// The lock file in that folder.
    pub lock: PathBuf,
}

impl StatePaths {
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        // The name of a folder, of which a path would quietly make a file's.
        let last = path.as_os_str().as_encoded_bytes().last();
        if last.is_some_and(|byte| std::path::is_separator(char::from(*byte))) {
            return Err(StoreError::NotAFile {
                path: path.to_owned(),
            });
        }
        let state = resolve(path)?;
        let Some(name) = state.file_name().map(OsStr::as_encoded_bytes) else {
            return Err(StoreError::NotAFile { path: state });
        };
        if name == LOCK_FILE.as_bytes()
            || name.starts_with(TEMP_PREFIX.as_bytes())
            || contains(name, LEASE)
            || contains(name, WAKE)
            || contains(name, WAITERS)
            || name.ends_with(MONITOR.as_bytes())
            || name == REFUSED_FILE.as_bytes()
            || is_log(name)
        {
            return Err(StoreError::ReservedName { path: state });
        }
        let folder = state.parent().unwrap_or(&state).to_owned();
        let lock = folder.join(LOCK_FILE);
        Ok(Self {
            state,
            folder,
            lock,
        })
    }

    /// Opens the folder, to reach what is in it.
    pub(crate) fn open(&self) -> io::Result<Folder> {
        Folder::open(&self.folder)
    }

    /// The state file's name in its folder.
    pub(crate) fn name(&self) -> &OsStr {
        self.state.file_name().unwrap_or_default()
    }

    /// The file of a lease.
    pub(crate) fn lease(&self, id: &LeaseId) -> OsString {
        self.own(LEASE, id.as_str())
    }

    /// The FIFO by which the holder of a lease is woken.
    pub(crate) fn wake(&self, id: &LeaseId) -> OsString {
        self.own(WAKE, id.as_str())
    }

    /// The ID of the lease whose file has this name, if it is one of this state's.
    pub(crate) fn lease_named<'n>(&self, name: &'n OsStr) -> Option<&'n str> {
        self.id_in(LEASE, name)
    }

    /// The ID of the lease whose FIFO has this name, likewise.
    pub(crate) fn wake_named<'n>(&self, name: &'n OsStr) -> Option<&'n str> {
        self.id_in(WAKE, name)
    }

    fn id_in<'n>(&self, kind: &str, name: &'n OsStr) -> Option<&'n str> {
        let prefix = self.own(kind, "");
        let id = name.as_encoded_bytes();
        let id = id.strip_prefix(prefix.as_encoded_bytes())?;
        std::str::from_utf8(id).ok()
    }

    /// The file by which those who wait on one machine take turns.
    pub(crate) fn waiters(&self, host: &str) -> OsString {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let host: String = host.chars().map(plain).take(64).collect();
        self.own(WAITERS, &host)
    }

    /// The file by which a monitor is the only one.
    pub(crate) fn monitor(&self) -> OsString {
        self.own(MONITOR, "")
    }

    /// The name of a file of this state's own.
    fn own(&self, kind: &str, what: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(self.name());
        name.push(kind);
        name.push(what);
        name
    }

    /// The error of a change that must not make the file.
    pub(crate) fn missing(&self) -> StoreError {
        StoreError::Missing {
            path: self.state.clone(),
        }
    }

    /// The file system that the state is on, if its locks may hold on this machine only.
    pub fn local_locks(&self) -> Option<LocalLocks> {
        system::local_locks(&self.open().ok()?).ok()?
    }

    /// Whether users who are neither the owner nor in the group can open the state's folder or a file
    /// in it, and so keep its locks.
    pub fn open_to_others(&self) -> Option<OpenToOthers> {
        self.open().ok()?.open_to_others().ok()?
    }

    /// Whether the folder's sticky bit keeps other users from changing the file.
    pub fn is_sticky(&self) -> bool {
        fs::metadata(&self.folder).is_ok_and(|folder| system::sticky(&folder))
    }
}

/// Whether the log has that name, or what is put aside of it.
fn is_log(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(LOG_FILE.as_bytes()) else {
        return false;
    };
    let number = rest.strip_prefix(b".").unwrap_or_default();
    rest.is_empty() || !number.is_empty() && number.iter().all(u8::is_ascii_digit)
}

fn contains(name: &[u8], part: &str) -> bool {
    name.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// The absolute path without links. The file may be absent, and so may its folder: whoever writes
/// there says what is missing.
///
/// A link of another user is followed only where that user alone could have put it: its maker would
/// choose which file is made or changed in this user's name.
fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    match std::path::absolute(path).and_then(|path| system::real_path(&path)) {
        Ok(RealPath::Is(path)) => Ok(path),
        Ok(RealPath::ForeignLink(path)) => Err(StoreError::ForeignLink { path }),
        Err(error) => Err(StoreError::io(Action::Read, path, error)),
    }
}
