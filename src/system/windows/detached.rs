//! Programs that outlive whoever started them. What looks after one is in no job, and the program is
//! in that one's, so that it ends with it.

use super::child::note;
use super::job::Job;
use super::lock::try_lock;
use crate::system::{Heard, RunScope};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::io::AsRawHandle;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

/// How long whoever started a supervisor may take to let go of its lease.
const PATIENCE: Duration = Duration::from_secs(10);
const TRY_AGAIN: Duration = Duration::from_millis(5);

/// A lock is not inherited here, so there is nothing to number.
pub(crate) fn lease_number(_lease: &File) -> i64 {
    0
}

/// Starts a supervisor without a console. It is noted in the lease, so that the lease counts as alive
/// between this process and that one.
pub(crate) fn spawn_detached(command: &mut Command, lease: &File) -> io::Result<Child> {
    let flags = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP;
    keep_own_ends();
    let mut child = command.creation_flags(flags).spawn()?;
    if let Err(error) = note(&child, lease) {
        let _ = child.kill();
        return Err(error);
    }
    Ok(child)
}

/// Keeps a child that is not given them from having this process's own input and outputs open, too:
/// whoever reads those waits for their end.
#[allow(unsafe_code, reason = "the standard library leaves them as they are")]
fn keep_own_ends() {
    let ends = [
        io::stdin().as_raw_handle(),
        io::stdout().as_raw_handle(),
        io::stderr().as_raw_handle(),
    ];
    for end in ends {
        // SAFETY: only who inherits it is changed; where there is none this fails.
        unsafe { SetHandleInformation(end, HANDLE_FLAG_INHERIT, 0) };
    }
}

/// The lease that this supervisor was started with, as soon as whoever started it lets go of it.
pub(crate) fn inherit_lease(path: &Path, _number: i64) -> io::Result<File> {
    let lease = OpenOptions::new().read(true).write(true).open(path)?;
    let give_up = Instant::now() + PATIENCE;
    while !try_lock(&lease)? {
        if Instant::now() >= give_up {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(TRY_AGAIN);
    }
    Ok(lease)
}

/// All processes. Those of a run are in the job of the gpumgr that started it, and end with that.
pub(crate) struct Processes;

impl Processes {
    /// Those that there are now.
    pub(crate) fn look() -> Self {
        Self
    }

    /// The processes of that run that live, if this process started it.
    #[allow(
        clippy::unused_self,
        reason = "elsewhere they are looked at once for several runs"
    )]
    pub(crate) fn members(&self, run: &RunScope<'_>) -> Vec<u32> {
        let job = Job::made().filter(|_| run.is_parent);
        job.map(Job::members).unwrap_or_default()
    }
}

/// Whether a process can be asked to end.
pub(crate) const CAN_ASK: bool = false;

/// Hands all of them what was sent to gpumgr alone: nothing is, here.
pub(crate) fn pass_on(_heard: &Heard, _members: &[u32]) {}
