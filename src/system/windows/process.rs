//! Processes: which one it is, and whether it is gone.
//!
//! The moment of a process's creation is absolute, so it tells processes of one ID apart across
//! restarts of the machine, too.

use super::done;
use crate::allocator::{Ancestor, Process};
use crate::system::{Fate, Here, Holder};
use chrono::TimeDelta;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, WAIT_OBJECT_0};
use windows_sys::Win32::System::SystemInformation::GetSystemTimeAsFileTime;
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_ACCESS_RIGHTS, PROCESS_NAME_WIN32,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE,
    QueryFullProcessImageNameW, TerminateProcess, WaitForSingleObject,
};

/// The exit code of what is ended by force: what a shell elsewhere makes of KILL.
const KILLED: u32 = 128 + 9;

const TO_LOOK_AT: PROCESS_ACCESS_RIGHTS = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
/// The longest path there is.
const PATH_UNITS: usize = 32_768;

/// This machine's own name.
pub(crate) fn host() -> String {
    whoami::hostname().unwrap_or_default()
}

/// This machine. Process IDs are one space, and need no restart to be told apart.
pub(crate) fn here() -> Here {
    Here {
        host: host(),
        boot: None,
        namespace: None,
    }
}

/// The process that has this ID now; none if there is none, or only what is left of one, or it may
/// not be looked at.
pub(crate) fn process(pid: u32, here: &Here) -> Option<Process> {
    let process = open(pid, TO_LOOK_AT).ok()?;
    if has_ended(&process) {
        return None;
    }
    Some(here.process(pid, started(&process).ok()?))
}

/// This process.
///
/// # Errors
/// The system does not tell at this moment.
pub(crate) fn own_process(here: &Here) -> io::Result<Process> {
    let pid = std::process::id();
    let own = open(pid, TO_LOOK_AT)?;
    Ok(here.process(pid, started(&own)?))
}

/// The system does not tell.
pub(crate) fn is_stopped(_process: &Process, _here: &Here) -> bool {
    false
}

/// What became of a process of this machine.
pub(crate) fn fate(process: &Process, _here: &Here) -> Fate {
    match open(process.pid, TO_LOOK_AT) {
        Ok(open) if has_ended(&open) => Fate::Gone,
        Ok(open) if started(&open).is_ok_and(|started| started != process.started) => Fate::Gone,
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_PARAMETER as i32) => Fate::Gone,
        // It is there, though perhaps not to be looked at.
        _ => Fate::Alive,
    }
}

#[allow(unsafe_code, reason = "a process is looked at through a handle")]
fn open(pid: u32, access: PROCESS_ACCESS_RIGHTS) -> io::Result<OwnedHandle> {
    // SAFETY: a handle that is not null is new, and nobody else's.
    unsafe {
        let handle = OpenProcess(access, 0, pid);
        match handle.is_null() {
            true => Err(io::Error::last_os_error()),
            false => Ok(OwnedHandle::from_raw_handle(handle)),
        }
    }
}

/// Somebody's open handle keeps what is left of a process.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn has_ended(process: &OwnedHandle) -> bool {
    // SAFETY: the handle is open.
    unsafe { WaitForSingleObject(process.as_raw_handle(), 0) == WAIT_OBJECT_0 }
}

/// When a process was created, in steps of 100 ns.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
pub(super) fn started(process: &impl AsHandle) -> io::Result<u64> {
    let process = process.as_handle().as_raw_handle();
    let [mut created, mut exited, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the handle is open, and each of the four is filled in.
    done(unsafe {
        GetProcessTimes(
            process,
            &raw mut created,
            &raw mut exited,
            &raw mut kernel,
            &raw mut user,
        )
    })?;
    Ok(u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))
}

/// What is to be said of a process. Whose it is takes more rights than gpumgr has.
pub(crate) fn holder(pid: u32) -> Option<Holder> {
    Some(Holder {
        pid,
        command: image(pid),
        user: None,
    })
}

/// The name of the program that a process runs.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn image(pid: u32) -> Option<String> {
    let process = open(pid, TO_LOOK_AT).ok()?;
    let mut path = vec![0; PATH_UNITS];
    let mut length = PATH_UNITS as u32;
    // SAFETY: the handle is open, and the path has room for as much as the system is told.
    done(unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &raw mut length,
        )
    })
    .ok()?;
    let path = PathBuf::from(OsString::from_wide(path.get(..length as usize)?));
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// Whether a process has this file open: never, for what gpumgr opens is not inherited here, and
/// the command lives no longer than gpumgr itself.
pub(crate) fn has_open(_pid: u32, _file: &File) -> bool {
    false
}

/// Makes a process end. There is nothing to ask it with, so without `at_once` this only says
/// whether it could be made to, and leaves it the time.
#[allow(
    unsafe_code,
    reason = "the standard library ends only its own children"
)]
pub(crate) fn end(pid: u32, at_once: bool) -> io::Result<()> {
    let process = open(pid, PROCESS_TERMINATE)?;
    if !at_once {
        return Ok(());
    }
    // SAFETY: the handle is open, and allows this.
    done(unsafe { TerminateProcess(process.as_raw_handle(), KILLED) })
}

/// What another process was started with is not told here. Nothing of a run outlives its gpumgr.
pub(crate) fn variable(_pid: u32, _name: &str) -> Option<Option<String>> {
    None
}

/// There is one space of process IDs.
pub(crate) fn namespace_of(_pid: u32) -> Option<u64> {
    None
}

/// The process itself; whose child it is, its parent's ID would not tell for certain.
pub(crate) fn lineage(pid: u32) -> Vec<Ancestor> {
    let kin = process(pid, &here()).map(|process| Ancestor {
        pid,
        inner: pid,
        started: process.started,
    });
    kin.into_iter().collect()
}

/// For how long a process has run.
pub(crate) fn age(pid: u32) -> Option<TimeDelta> {
    let process = open(pid, TO_LOOK_AT).ok()?;
    let now = system_time();
    let ticks = now.checked_sub(started(&process).ok()?)?;
    Some(TimeDelta::milliseconds(i64::try_from(ticks / 10_000).ok()?))
}

/// This moment, in the steps of 100 ns that processes' starts are told in.
#[allow(unsafe_code, reason = "the clock that those are told by")]
fn system_time() -> u64 {
    let mut now = FILETIME::default();
    // SAFETY: it is filled in.
    unsafe { GetSystemTimeAsFileTime(&raw mut now) };
    u64::from(now.dwHighDateTime) << 32 | u64::from(now.dwLowDateTime)
}
