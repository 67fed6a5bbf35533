//! Where a state file really is.

use super::error::{Action, StoreError};
use crate::allocator::LeaseId;
use crate::system;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many links may lead to a state file that does not exist yet.
const MAX_LINKS: usize = 40;
/// The name that v0.1 locks, too.
const LOCK_FILE: &str = ".resource.lock";
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
pub struct Place {
    /// The state file itself, absolute.
    pub state: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// The lock file in that folder.
    pub lock: PathBuf,
}

impl Place {
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        // The name of a folder, of which a path would quietly make a file's.
        let last = path.as_os_str().as_encoded_bytes().last();
        if last.is_some_and(|byte| std::path::is_separator(char::from(*byte))) {
            return Err(StoreError::NotAFile {
                path: path.to_owned(),
            });
        }
        let state = resolve(path)?;
        let name = state.file_name().unwrap_or_default().as_encoded_bytes();
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

    /// The file of a lease.
    pub(super) fn lease(&self, id: &LeaseId) -> PathBuf {
        self.beside(LEASE, id.as_str())
    }

    /// The FIFO by which the holder of a lease is woken.
    pub(super) fn wake(&self, id: &LeaseId) -> PathBuf {
        self.beside(WAKE, id.as_str())
    }

    /// The ID of the lease whose file has this name, if it is one of this state's.
    pub(super) fn lease_named<'n>(&self, name: &'n OsStr) -> Option<&'n str> {
        self.id_in(LEASE, name)
    }

    /// The ID of the lease whose FIFO has this name, likewise.
    pub(super) fn wake_named<'n>(&self, name: &'n OsStr) -> Option<&'n str> {
        self.id_in(WAKE, name)
    }

    fn id_in<'n>(&self, kind: &str, name: &'n OsStr) -> Option<&'n str> {
        let prefix = self.beside(kind, "");
        let prefix = prefix.file_name()?.as_encoded_bytes();
        let id = name.as_encoded_bytes().strip_prefix(prefix)?;
        std::str::from_utf8(id).ok()
    }

    /// The file by which those who wait on one machine take turns.
    pub(super) fn waiters(&self, host: &str) -> PathBuf {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let host: String = host.chars().map(plain).take(64).collect();
        self.beside(WAITERS, &host)
    }

    /// The file by which a monitor is the only one.
    pub(super) fn monitor(&self) -> PathBuf {
        self.beside(MONITOR, "")
    }

    fn beside(&self, kind: &str, what: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(self.state.file_name().unwrap_or_default());
        name.push(kind);
        name.push(what);
        self.folder.join(name)
    }

    /// The error of a change that must not make the file.
    pub(super) fn missing(&self) -> StoreError {
        StoreError::Missing {
            path: self.state.clone(),
        }
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

/// The absolute path without links. The file may be absent, and so may its folder: then there is
/// no link in the way, and whoever writes there says what is missing.
///
/// In the state's own place the system follows no link that somebody else left in a folder like
/// `/tmp`; nor does this, for whoever planted it would choose which file is made or changed in this
/// user's name. The folders on the way are the caller's to choose.
fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let given = path;
    let failed = |error| StoreError::io(Action::Read, given, error);
    let mut path = std::path::absolute(given).map_err(failed)?;
    for _ in 0..MAX_LINKS {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(path);
        };
        let folder = match system::canonical(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => folder.to_owned(),
            resolved => resolved.map_err(failed)?,
        };
        let file = folder.join(name);
        let Ok(target) = fs::read_link(&file) else {
            // Where case does not count, the file has its own spelling.
            let spelt = system::canonical(&file).ok();
            let is_here = |spelt: &PathBuf| spelt.parent() == Some(&folder);
            return Ok(spelt.filter(is_here).unwrap_or(file));
        };
        let link = fs::symlink_metadata(&file).map_err(failed)?;
        let around = fs::metadata(&folder).map_err(failed)?;
        if system::may_be_planted(&link, &around) {
            return Err(StoreError::ForeignLink { path: file });
        }
        path = folder.join(target);
    }
    Err(failed(io::Error::other("too many symbolic links")))
}
