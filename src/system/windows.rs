//! Windows: a lock file that nobody can delete while it is open, and inherited permissions.

use super::{Holder, KeepError};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

/// There is no place that only administrators can write and everybody would look at.
pub(crate) const SYSTEM_CONFIG: Option<&str> = None;

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;
const ERROR_NOT_SUPPORTED: i32 = 50;
const ERROR_INVALID_FUNCTION: i32 = 1;

/// The name of the account this process runs as.
pub(crate) fn user() -> Option<String> {
    whoami::username().ok()
}

/// Folders have no sticky bit here.
pub(crate) fn sticky(_folder: &Metadata) -> bool {
    false
}

/// Folders cannot be locked here: the lock file, which cannot be deleted, is enough.
pub(crate) fn open_folder(_folder: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Folders are never opened here, so there is none to flush.
pub(crate) fn flush_folder(_folder: &File) -> io::Result<()> {
    Ok(())
}

/// Opens the lock file so that it cannot be deleted meanwhile; read-only where no more is allowed.
pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE);
    match options.clone().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options.open(path),
        opened => opened,
    }
}

/// It does: an open lock file can be neither deleted nor renamed.
pub(crate) fn names_this_file(_path: &Path, _file: &File) -> io::Result<bool> {
    Ok(true)
}

/// Whether a lock failed because the file system has none.
pub(crate) fn cannot_lock(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(ERROR_NOT_SUPPORTED | ERROR_INVALID_FUNCTION)
    )
}

/// A new file inherits its folder's access list.
pub(crate) fn share_as_folder(_file: &File, _folder: &Metadata) -> io::Result<()> {
    Ok(())
}

/// A new file inherits its folder's access list, as the one it replaces did.
pub(crate) fn keep_access(file: &File, old: &Metadata) -> Result<(), KeepError> {
    file.set_permissions(old.permissions())
        .map_err(|source| KeepError {
            group: None,
            source,
        })
}

/// The system does not tell.
pub(crate) fn find_lock_holders(_path: &Path) -> Vec<Holder> {
    Vec::new()
}

/// A process cannot stop itself here.
#[cfg(debug_assertions)]
pub(crate) fn stop_here() {}
