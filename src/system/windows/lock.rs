//! Locks. Here they keep others from reading and writing what is locked, so what is locked is a byte
//! where no file has any: whoever does not ask for the lock is not disturbed by it.

use super::done;
use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle;
use windows_sys::Win32::Foundation::ERROR_LOCK_VIOLATION;
use windows_sys::Win32::Storage::FileSystem::{
    LOCK_FILE_FLAGS, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};

/// The last byte that a file could have.
const FAR: u64 = i64::MAX as u64 - 1;

/// Waits until it is locked.
pub(crate) fn lock(file: &File) -> io::Result<()> {
    take(file, LOCKFILE_EXCLUSIVE_LOCK)
}

/// False if somebody else holds it.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    is_locked(take(
        file,
        LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY,
    ))
}

/// The same, beside others who only read.
pub(crate) fn try_lock_shared(file: &File) -> io::Result<bool> {
    is_locked(take(file, LOCKFILE_FAIL_IMMEDIATELY))
}

/// Gives the lock back before the file is closed.
#[allow(unsafe_code, reason = "the standard library locks whole files only")]
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    let mut far = far();
    // SAFETY: the handle is open, and waits for what it is told.
    done(unsafe { UnlockFileEx(file.as_raw_handle(), 0, 1, 0, &raw mut far) })
}

#[allow(unsafe_code, reason = "the standard library locks whole files only")]
fn take(file: &File, how: LOCK_FILE_FLAGS) -> io::Result<()> {
    let mut far = far();
    // SAFETY: the handle is open, and waits for what it is told.
    done(unsafe { LockFileEx(file.as_raw_handle(), how, 0, 1, 0, &raw mut far) })
}

fn far() -> OVERLAPPED {
    OVERLAPPED {
        Anonymous: OVERLAPPED_0 {
            Anonymous: OVERLAPPED_0_0 {
                Offset: FAR as u32,
                OffsetHigh: (FAR >> 32) as u32,
            },
        },
        ..Default::default()
    }
}

fn is_locked(taken: io::Result<()>) -> io::Result<bool> {
    match taken {
        Err(error) if error.raw_os_error() == Some(ERROR_LOCK_VIOLATION as i32) => Ok(false),
        taken => taken.map(|()| true),
    }
}
