//! The pipe between a program and the writer of its log.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask, signal};
use nix::unistd::setsid;
use std::fs::{self, File, OpenOptions};
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

/// Signals that must not end a writer before its program.
const UNHEARD: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// The number by which the pipe is found again.
pub(crate) fn pipe_number(reader: &PipeReader) -> Option<u64> {
    let pipe = reader.as_fd().try_clone_to_owned().map(File::from).ok()?;
    Some(pipe.metadata().ok()?.ino())
}

/// A reading end of the pipe with that number, which that process has open.
pub(crate) fn open_pipe(pid: u32, number: u64) -> io::Result<PipeReader> {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
    let mut paths = open.map(|entry| entry.path());
    let is_it = |path: &std::path::PathBuf| {
        let there = fs::metadata(path);
        there.is_ok_and(|there| there.file_type().is_fifo() && there.ino() == number)
    };
    let path = paths.find(is_it).ok_or(io::ErrorKind::NotFound)?;
    let pipe = reopen(&path)?;
    match pipe.metadata()?.ino() == number {
        true => Ok(OwnedFd::from(pipe).into()),
        // The process has exchanged it meanwhile.
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Opens a pipe once more, for reading. A pipe without a writer keeps no one waiting here.
fn reopen(path: &Path) -> io::Result<File> {
    let pipe = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)?;
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(pipe)
}

/// The same pipe with a lock of its own, which all that share a descriptor have in common.
fn anew(pipe: impl AsFd) -> io::Result<File> {
    reopen(Path::new(&format!(
        "/proc/self/fd/{}",
        pipe.as_fd().as_raw_fd()
    )))
}

/// Lets a command keep this end open.
#[allow(unsafe_code, reason = "only the command itself can keep it")]
pub(crate) fn keep_open(command: &mut Command, reader: &PipeReader) {
    let reader = reader.as_raw_fd();
    // SAFETY: the closure makes a system call only.
    unsafe {
        command.pre_exec(move || {
            let reader = BorrowedFd::borrow_raw(reader);
            fcntl(reader, FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok(())
        });
    }
}

/// Standard input, once no other process claims to read it.
pub(crate) fn claim_input() -> io::Result<File> {
    match anew(io::stdin()) {
        Ok(input) => {
            super::lock(&input)?;
            Ok(input)
        }
        // Only Linux opens a pipe anew.
        Err(_) => Ok(io::stdin().as_fd().try_clone_to_owned()?.into()),
    }
}

/// Whether a process claims to read it.
pub(crate) fn is_claimed(reader: &PipeReader) -> bool {
    anew(reader).is_ok_and(|reader| matches!(super::try_lock(&reader), Ok(false)))
}

/// Whether all of it is read, and no process has it open for writing.
pub(crate) fn is_at_end(reader: &PipeReader) -> bool {
    let mut polled = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    loop {
        return match poll(&mut polled, PollTimeout::ZERO) {
            Err(Errno::EINTR) => continue,
            Err(_) => false,
            Ok(_) => polled[0].revents().is_some_and(|events| {
                events.contains(PollFlags::POLLHUP) && !events.contains(PollFlags::POLLIN)
            }),
        };
    }
}

/// Starts a process that no terminal and no shutdown ends before what it works for.
#[allow(
    unsafe_code,
    reason = "only between fork and exec can it leave the session"
)]
pub(crate) fn spawn_alone(command: &mut Command) -> io::Result<Child> {
    // SAFETY: the closure makes system calls only, and allocates nothing.
    unsafe {
        command.pre_exec(|| {
            setsid()?;
            for unheard in UNHEARD {
                signal(unheard, SigHandler::SigIgn)?;
            }
            pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
            Ok(())
        });
    }
    command.arg0("gpumgr").spawn()
}
