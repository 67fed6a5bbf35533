//! Programs that outlive whoever started them, and whoever looks after them.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use nix::unistd::setsid;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

/// What tells a supervisor which of its descriptors the lease is.
pub(crate) fn lease_number(lease: &File) -> i64 {
    i64::from(lease.as_raw_fd())
}

/// Starts a supervisor: in a session of its own, so that no terminal ends it, with the lock of this
/// lease.
#[allow(
    unsafe_code,
    reason = "only between fork and exec can it leave the session"
)]
pub(crate) fn spawn_detached(command: &mut Command, lease: &File) -> io::Result<Child> {
    let lease = lease.as_raw_fd();
    // SAFETY: the closure makes system calls only, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            setsid()?;
            pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
            let lease = BorrowedFd::borrow_raw(lease);
            fcntl(lease, FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok(())
        });
    }
    command.arg0("gpumgr").spawn()
}

/// The lease that this supervisor was started with, for it alone from now on.
#[allow(unsafe_code, reason = "the descriptor is this process's by the start")]
pub(crate) fn inherit_lease(_path: &Path, number: i64) -> io::Result<File> {
    let number = RawFd::try_from(number).map_err(|_| Errno::EBADF)?;
    if number <= 2 {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: whoever started this process left it open for it, and nobody else here has it.
    let lease = unsafe { File::from_raw_fd(number) };
    fcntl(&lease, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(lease)
}
