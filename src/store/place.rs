//! Where a state file really is.

use super::error::{Action, StoreError};
use crate::system;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many links may lead to a state file that does not exist yet.
const MAX_LINKS: usize = 40;
/// The name that v0.1 locks, too.
const LOCK_FILE: &str = ".resource.lock";
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
        let state = resolve(path).map_err(|source| StoreError::io(Action::Read, path, source))?;
        let name = state.file_name().unwrap_or_default().as_encoded_bytes();
        if name == LOCK_FILE.as_bytes() || name.starts_with(TEMP_PREFIX.as_bytes()) {
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

/// The absolute path without links. The file may be absent, and so may its folder: then there is
/// no link in the way, and whoever writes there says what is missing.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..MAX_LINKS {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            resolved => return resolved,
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(path);
        };
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let file = folder.join(name);
        match fs::read_link(&file) {
            Ok(target) => path = folder.join(target),
            Err(_not_a_link) => return Ok(file),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}
