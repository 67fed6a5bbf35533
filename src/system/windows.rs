//! Windows: a lock file that nobody can delete while it is open, inherited permissions, and a job
//! that ends with gpumgr.

mod child;
mod detached;
mod folder;
mod job;
mod lock;
mod patience;
mod pipe;
mod process;
mod prompt;
mod wake;

pub(crate) use child::{
    Child, asks_to_end, asks_to_reload, find_command, is_interrupt, listen, listen_for_stops,
    reap_left, terminates,
};
pub(crate) use detached::{
    CAN_ASK, Processes, inherit_lease, lease_number, pass_on, spawn_detached,
};
pub(crate) use folder::{Folder, local_locks, real_path};
pub(crate) use job::confine;
pub(crate) use lock::{lock, try_lock, try_lock_shared, unlock};
pub(crate) use pipe::{
    claim_input, is_at_end, is_claimed, keep_open, open_pipe, pipe_number, spawn_alone,
};
pub(crate) use process::{
    age, end, fate, has_open, here, holder, host, is_stopped, lineage, namespace_of, own_process,
    process, variable,
};
pub(crate) use prompt::at_prompt;
pub(crate) use wake::{hear_wakes, is_slept_on, wake};

use super::{Holder, KeepError};
use patience::again_while;
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use windows_sys::Win32::Foundation::ERROR_SHARING_VIOLATION;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_STANDARD_INFO, FileStandardInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;
#[cfg(debug_assertions)]
use windows_sys::Win32::System::Threading::{GetCurrentThread, SuspendThread};
use windows_sys::core::BOOL;

/// There is no place that only administrators can write and everybody would look at.
pub(crate) const SYSTEM_CONFIG: Option<&str> = None;

/// The driver's library.
pub(crate) const NVML: &str = "nvml.dll";

/// The variable that names where libraries are looked for.
pub(crate) const LIBRARY_PATH: &str = "PATH";

/// Whether the system tells that a process is stopped.
pub(crate) const SEES_STOPPED: bool = false;

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;
const ERROR_NOT_SUPPORTED: i32 = 50;
const ERROR_INVALID_FUNCTION: i32 = 1;

/// The name of the account this process runs as.
pub(crate) fn user() -> io::Result<Option<String>> {
    whoami::username().map(Some).map_err(io::Error::other)
}

/// Whether the driver's library may be there: where the driver puts it, or where programs are looked
/// for. It is not loaded, for that would run it.
pub(crate) fn may_have_driver(search: Option<&OsStr>) -> bool {
    let system = std::env::var_os("SystemRoot").map(|root| PathBuf::from(root).join("System32"));
    let named = search.map(std::env::split_paths).into_iter().flatten();
    let mut folders = system.into_iter().chain(named);
    folders.any(|folder| folder.join(NVML).exists())
}

/// Standard output.
pub(crate) fn take_output() -> io::Result<File> {
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Handles are not inherited here unless they are meant to be.
pub(crate) fn close_inherited(_kept: Option<&File>) {}

/// A console knows no foreground.
pub(crate) fn is_in_foreground() -> bool {
    true
}

/// This very program.
pub(crate) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Keeps what the terminal sends from reaching a command.
pub(crate) fn set_apart(command: &mut Command) {
    lead_group(command);
}

/// Lets a command lead a process group of its own.
pub(crate) fn lead_group(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// A command outlives whoever started it here, unless that ends it.
pub(crate) fn end_with_parent(_command: &mut Command) {}

/// The system does not tell where a process works.
pub(crate) fn working_folder(_pid: u32) -> Option<PathBuf> {
    None
}

/// Ends a command. What it has started is not known here.
pub(crate) fn kill_group(leader: &mut std::process::Child) -> io::Result<()> {
    leader.kill()
}

/// Folders have no sticky bit here.
pub(crate) fn sticky(_folder: &Metadata) -> bool {
    false
}

/// The absolute path without links of what is there, as users write it: the system's own form, with
/// `\\?\` before it, only where a path is too long for the other.
fn canonical(path: &Path) -> io::Result<PathBuf> {
    dunce::canonicalize(path)
}

/// The file's path as it is spelt, where it is there: case does not count.
fn own_spelling(file: PathBuf) -> PathBuf {
    let spelt = canonical(&file).ok();
    let is_here = |spelt: &PathBuf| spelt.parent() == file.parent();
    spelt.filter(is_here).unwrap_or(file)
}

/// Files are not numbered where this is asked.
pub(crate) fn file_number(_file: &Metadata) -> Option<u64> {
    None
}

/// Opens the lock file so that it cannot be deleted meanwhile; read-only where no more is allowed.
fn open_lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE);
    // Whoever tries to delete it has it open meanwhile, and alone.
    again_while(&[ERROR_SHARING_VIOLATION], || {
        match options.clone().write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options.open(path),
            opened => opened,
        }
    })
}

/// Whether the path still leads to this very file.
fn names_this_file(path: &Path, file: &File) -> io::Result<bool> {
    if is_deleted(file)? {
        return Ok(false);
    }
    // Who asks for no access gets in whoever has it open, and however.
    match OpenOptions::new().access_mode(0).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        there => Ok(number(&there?)? == number(file)?),
    }
}

/// Whether the file is about to go.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn is_deleted(file: &File) -> io::Result<bool> {
    let mut seen = FILE_STANDARD_INFO::default();
    let size = size_of_val(&seen) as u32;
    // SAFETY: the handle is open, and the system fills in what is as large as it is told.
    done(unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileStandardInfo,
            (&raw mut seen).cast(),
            size,
        )
    })?;
    Ok(seen.DeletePending || seen.NumberOfLinks == 0)
}

/// The volume and the numbers there that no other file has.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn number(file: &File) -> io::Result<(u32, u32, u32)> {
    let mut seen = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the system fills in what it is given.
    done(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut seen) })?;
    Ok((
        seen.dwVolumeSerialNumber,
        seen.nFileIndexHigh,
        seen.nFileIndexLow,
    ))
}

/// Whether a lock failed because the file system has none.
pub(crate) fn cannot_lock(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(ERROR_NOT_SUPPORTED | ERROR_INVALID_FUNCTION)
    )
}

/// An administrator is a user among others.
pub(crate) fn is_root() -> bool {
    false
}

/// Who could have written a file is for its folder's access list to say.
pub(crate) fn is_own_word(_file: &Metadata) -> bool {
    true
}

/// Whose a process is is not looked at: the system lets each user end only their own.
pub(crate) fn is_of_user(_pid: u32, _file: &Metadata) -> bool {
    true
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

/// Opens as ever: pipes have names of their own here.
pub(crate) fn open_at_once(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.open(path)
}

/// Whose a file is is not looked at here.
pub(crate) fn is_ours(_file: &Metadata) -> bool {
    true
}

/// Who may write a file is an access list's business, and says nothing without the accounts and
/// groups behind it. A profile and what is in it are its user's own unless that was changed.
pub(crate) fn only_ours_to_write(_file: &Metadata) -> bool {
    true
}

/// What a call of the system says it came to.
fn done(result: BOOL) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The system's allocator does that by itself.
pub(crate) fn give_memory_back() {}

/// Nothing here kills for that.
pub(crate) fn file_size_limit() -> u64 {
    u64::MAX
}

/// Stops this thread; whoever waits for what it does stands still with it.
#[cfg(debug_assertions)]
#[allow(unsafe_code, reason = "the standard library stops no thread")]
pub(crate) fn stop_here() {
    // SAFETY: the thread's own handle is always open, and it holds nothing that others need.
    unsafe { SuspendThread(GetCurrentThread()) };
}
