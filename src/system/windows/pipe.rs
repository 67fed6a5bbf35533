//! The pipe between a program and the writer of its log. The program ends with its supervisor, so the pipe
//! has one supervisor and one writer.

use std::fs::File;
use std::io::{self, PipeReader};
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::ptr;
use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, GetLastError};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;
use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

/// Pipes have no number here.
pub(crate) fn pipe_number(_reader: &PipeReader) -> Option<u64> {
    None
}

/// A program never outlives its supervisor here.
pub(crate) fn open_pipe(_pid: u32, _number: u64) -> io::Result<PipeReader> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A program never outlives its supervisor here, which keeps the pipe open.
pub(crate) fn keep_open(_command: &mut Command, _reader: &PipeReader) {}

/// Standard input: no other process reads it.
pub(crate) fn claim_input() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Only the supervisor's own writer reads it.
pub(crate) fn is_claimed(_reader: &PipeReader) -> bool {
    false
}

/// Whether all of it is read, and no process has it open for writing.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
pub(crate) fn is_at_end(reader: &PipeReader) -> bool {
    let (none, mut left) = (ptr::null_mut(), 0);
    // SAFETY: the handle is open, and only the number of bytes is filled in.
    unsafe {
        PeekNamedPipe(
            reader.as_raw_handle(),
            none,
            0,
            ptr::null_mut(),
            &raw mut left,
            ptr::null_mut(),
        ) == 0
            && GetLastError() == ERROR_BROKEN_PIPE
    }
}

/// Starts a process that no console ends before what it works for. It is in no job.
pub(crate) fn spawn_alone(command: &mut Command) -> io::Result<Child> {
    command
        .creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP)
        .spawn()
}
