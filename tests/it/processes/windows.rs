//! By the threads: a process whose threads are suspended stands still, and each of them counts how
//! often it is.
#![allow(
    unsafe_code,
    reason = "the standard library ends only its own children"
)]

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::process::ExitStatus;
use windows_sys::Win32::Foundation::{INVALID_HANDLE_VALUE, WAIT_OBJECT_0};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, OpenThread, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, ResumeThread, SuspendThread,
    THREAD_SUSPEND_RESUME, TerminateProcess, WaitForSingleObject,
};

/// The exit code of what is ended here, which nothing ends with by itself.
const ENDED: u32 = 128 + 9;

pub(crate) fn stop(pid: u32) {
    for thread in threads(pid) {
        assert_ne!(suspend(&thread), u32::MAX);
    }
}

pub(crate) fn go_on(pid: u32) {
    for thread in threads(pid) {
        // One that stopped itself is alone in that; the others do not mind.
        assert_ne!(resume(&thread), u32::MAX);
    }
}

/// Nothing is asked of it; it may be gone already.
pub(crate) fn end(pid: u32) {
    if let Some(process) = open(pid, PROCESS_TERMINATE) {
        // SAFETY: the handle is open, and allows this.
        unsafe { TerminateProcess(process.as_raw_handle(), ENDED) };
    }
}

/// Whether that is the end of one that was ended.
pub(crate) fn was_ended(status: ExitStatus) -> bool {
    status.code() == Some(ENDED as i32)
}

/// Whether any of its threads stands still. They are told by doing it once more, and undoing that.
pub(crate) fn is_stopped(pid: u32) -> bool {
    threads(pid).iter().any(|thread| {
        let before = suspend(thread);
        if before == u32::MAX {
            return false;
        }
        resume(thread);
        before > 0
    })
}

/// What is left of it while somebody has it open is gone, too.
pub(crate) fn is_gone(pid: u32) -> bool {
    open(pid, PROCESS_SYNCHRONIZE).is_none_or(|process| {
        // SAFETY: the handle is open.
        unsafe { WaitForSingleObject(process.as_raw_handle(), 0) == WAIT_OBJECT_0 }
    })
}

fn open(pid: u32, access: u32) -> Option<OwnedHandle> {
    // SAFETY: a handle that is not null is new, and nobody else's.
    unsafe {
        let handle = OpenProcess(access, 0, pid);
        (!handle.is_null()).then(|| OwnedHandle::from_raw_handle(handle))
    }
}

fn suspend(thread: &OwnedHandle) -> u32 {
    // SAFETY: the handle is open, and allows this.
    unsafe { SuspendThread(thread.as_raw_handle()) }
}

fn resume(thread: &OwnedHandle) -> u32 {
    // SAFETY: the handle is open, and allows this.
    unsafe { ResumeThread(thread.as_raw_handle()) }
}

/// Those that live.
fn threads(pid: u32) -> Vec<OwnedHandle> {
    let mut thread = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..Default::default()
    };
    let mut threads = Vec::new();
    // SAFETY: a handle that is valid is new, and nobody else's; the entry says how large it is.
    unsafe {
        let handle = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        assert_ne!(handle, INVALID_HANDLE_VALUE);
        let snapshot = OwnedHandle::from_raw_handle(handle);
        let mut is_one = Thread32First(snapshot.as_raw_handle(), &raw mut thread);
        while is_one != 0 {
            if thread.th32OwnerProcessID == pid {
                let handle = OpenThread(THREAD_SUSPEND_RESUME, 0, thread.th32ThreadID);
                if !handle.is_null() {
                    threads.push(OwnedHandle::from_raw_handle(handle));
                }
            }
            is_one = Thread32Next(snapshot.as_raw_handle(), &raw mut thread);
        }
    }
    threads
}
