//! `flock`: advisory, as v0.1 takes it, and gone with the last who has the file open.

use fs4::{FileExt, TryLockError};
use std::fs::File;
use std::io;

/// Waits until it is locked.
pub(crate) fn lock(file: &File) -> io::Result<()> {
    loop {
        match FileExt::lock(file) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}

/// False if somebody else holds it.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    tried(|| FileExt::try_lock(file))
}

/// The same, beside others who only read.
pub(crate) fn try_lock_shared(file: &File) -> io::Result<bool> {
    tried(|| FileExt::try_lock_shared(file))
}

/// Gives the lock back before the file is closed.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    FileExt::unlock(file)
}

fn tried(try_lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<bool> {
    loop {
        return match try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                continue;
            }
            Err(TryLockError::Error(error)) => Err(error),
        };
    }
}
