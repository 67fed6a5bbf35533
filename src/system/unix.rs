//! Unix: users from the system's database, `flock`, modes and groups.

mod boottime;
mod cgroup;
mod child;
mod detached;
mod folder;
mod lock;
mod members;
mod mounts;
mod path;
mod pipe;
mod process;
mod wake;

pub(crate) use child::{
    Child, asks_to_end, asks_to_reload, find_command, is_interrupt, listen, listen_for_stops,
    reap_left, terminates,
};
pub(crate) use detached::{inherit_lease, lease_number, spawn_detached};
pub(crate) use folder::Folder;
pub(crate) use lock::{lock, try_lock, try_lock_shared, unlock};
pub(crate) use members::{CAN_ASK, Processes, end, pass_on};
pub(crate) use mounts::local_locks;
pub(crate) use path::real_path;
pub(crate) use pipe::{
    claim_input, is_at_end, is_claimed, keep_open, open_pipe, pipe_number, spawn_alone,
};
pub(crate) use process::{
    age, fate, has_open, here, holder, host, is_of_user, is_stopped, lineage, namespace_of,
    own_process, process, variable,
};
pub(crate) use wake::{hear_wakes, is_slept_on, wake};

use super::{Holder, KeepError};
use crate::quoting;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid, User, dup2_stdout, getpgrp, tcgetpgrp};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The config of the whole machine, which only root can write.
pub(crate) const SYSTEM_CONFIG: Option<&str> = Some("/etc/gpumgr/config.toml");

/// The driver's library.
pub(crate) const NVML: &str = "libnvidia-ml.so.1";

/// The variable that names where the system's linker looks for libraries first.
pub(crate) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Whether the system tells that a process is stopped.
pub(crate) const SEES_STOPPED: bool = cfg!(target_os = "linux");

const STICKY: u32 = 0o1000;
const READ_WRITE: u32 = 0o666;
const OWNER_READ_WRITE: u32 = 0o600;
/// A file of gpumgr's runs as nobody, and is no program.
const PERMISSIONS: u32 = 0o777;

/// The real user's name from the system's database, never `$USER`; where it has none (a
/// container with any user ID), the number.
///
/// # Errors
/// The database does not answer. The number in the name's place would be another user.
pub(crate) fn user() -> io::Result<Option<String>> {
    let uid = Uid::current();
    loop {
        let known = match User::from_uid(uid) {
            Err(Errno::EINTR) => continue,
            // No such user, or no such database.
            Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => None,
            answered => answered?,
        };
        return Ok(Some(name_of(uid, known)));
    }
}

/// The same of anybody, for whoever reads it.
fn user_name(uid: Uid) -> String {
    name_of(uid, User::from_uid(uid).ok().flatten())
}

fn name_of(uid: Uid, known: Option<User>) -> String {
    known.map_or_else(|| uid.to_string(), |user| user.name)
}

/// Whether the driver's library may be there: where the system's linker looks first, what it has
/// listed, and its usual folders. It is not loaded, for that would run it.
pub(crate) fn may_have_driver(library_path: Option<&OsStr>) -> bool {
    let named = library_path.map(|path| path.as_bytes().split(|byte| b":;".contains(byte)));
    let mut named = named
        .into_iter()
        .flatten()
        .map(|folder| PathBuf::from(OsStr::from_bytes(folder)));
    if let Some(first) = named.find_map(|folder| fs::metadata(folder.join(NVML)).ok()) {
        // The linker tries this one alone. An empty file hides the driver.
        return first.len() > 0;
    }
    let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let usual = ["/usr/lib64", "/usr/lib", &multiarch].map(Path::new);
    usual.iter().any(|folder| folder.join(NVML).exists()) || is_listed(NVML)
}

/// Whether the linker's own list has a library of that name.
fn is_listed(name: &str) -> bool {
    let list = fs::read("/etc/ld.so.cache").unwrap_or_default();
    list.windows(name.len())
        .any(|bytes| bytes == name.as_bytes())
}

/// Standard output, for this program alone: what else is written there from now on is lost.
pub(crate) fn take_output() -> io::Result<File> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    dup2_stdout(OpenOptions::new().write(true).open("/dev/null")?)?;
    Ok(output.into())
}

/// Closes all that whoever started this program left open, but the standard streams and that file.
#[allow(unsafe_code, reason = "these are nobody's here")]
pub(crate) fn close_inherited(kept: Option<&File>) {
    let open = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let open: Vec<RawFd> = open
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let kept = kept.map(File::as_raw_fd);
    let is_nobodys = |descriptor: &RawFd| *descriptor > 2 && Some(*descriptor) != kept;
    for descriptor in open.into_iter().filter(is_nobodys) {
        // SAFETY: nothing else has been opened here yet, so nobody else closes it. The one that read
        // the list is closed already.
        let _ = unsafe { nix::libc::close(descriptor) };
    }
}

/// Whether what this program writes to the terminal on standard output is for whoever sits there, and
/// not in between what another program writes.
pub(crate) fn is_in_foreground() -> bool {
    tcgetpgrp(io::stdout()).is_ok_and(|group| group == getpgrp())
}

/// This very program, whatever became of its file.
pub(crate) fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}

/// Keeps what the terminal sends from reaching a command.
pub(crate) fn set_apart(command: &mut Command) {
    lead_group(command);
    command.arg0("gpumgr");
}

/// Lets a command lead a process group of its own, so that it can be ended with all it starts.
pub(crate) fn lead_group(command: &mut Command) {
    command.process_group(0);
}

/// Has the kernel kill a command when the thread that starts it is gone, however that ends. Only Linux can,
/// and not what changes its user.
#[allow(unsafe_code, reason = "only the command itself can ask for that")]
pub(crate) fn end_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: the closure makes a system call only.
    unsafe {
        command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Ends a command that leads its group, or has just ended, and all that it has started. While any of
/// them lives, nobody else gets its ID.
pub(crate) fn kill_group(leader: &mut std::process::Child) -> io::Result<()> {
    let group = i32::try_from(leader.id()).map_err(|_| Errno::ESRCH)?;
    Ok(killpg(Pid::from_raw(group), Signal::SIGKILL)?)
}

/// Where a process works, of one's own processes.
pub(crate) fn working_folder(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// Whether files in this folder can be replaced by their owners alone.
pub(crate) fn sticky(folder: &Metadata) -> bool {
    folder.mode() & STICKY != 0
}

/// Opens without waiting at a pipe.
pub(crate) fn open_at_once(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.custom_flags(nix::libc::O_NONBLOCK).open(path)
}

fn read_only(error: &io::Error) -> bool {
    matches!(errno(error), Errno::EACCES | Errno::EPERM | Errno::EROFS)
}

/// Whether a lock failed because the file system has none of that kind, as on NFS, where `flock`
/// wants a descriptor open for writing, which a folder never is.
pub(crate) fn cannot_lock(error: &io::Error) -> bool {
    let errno = errno(error);
    matches!(
        errno,
        Errno::EBADF | Errno::EINVAL | Errno::ENOLCK | Errno::ENOSYS | Errno::EISDIR
    ) || errno == Errno::EOPNOTSUPP
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(0))
}

/// Lets those use a new file who may use its folder: it gets the folder's own read and write
/// permissions and its group, whatever this user's umask, and made by root its owner. In a sticky
/// folder nobody else can replace the file, so nobody else may write it.
fn share_as_folder(file: &File, folder: &Metadata) -> io::Result<()> {
    let shared = if sticky(folder) { 0o644 } else { READ_WRITE };
    // Only root may.
    let _ = fchown(file, Some(folder.uid()), None);
    let mode = mode_as_folder(file, folder, shared)?;
    file.set_permissions(Permissions::from_mode(mode))
}

/// Lets those read a new file who may use its folder. It stays this user's, who alone may write it; made
/// by root, the folder's owner may read it too, who may have no group here.
fn share_for_reading(file: &File, folder: &Metadata) -> io::Result<()> {
    let mode = mode_as_folder(file, folder, 0o644)?;
    let by_root = is_root() && folder.uid() != 0;
    let mode = if by_root { mode | 0o044 } else { mode };
    file.set_permissions(Permissions::from_mode(mode))
}

/// Gives a new file its folder's group, and returns the permissions for it that are the folder's and among
/// these.
fn mode_as_folder(file: &File, folder: &Metadata, shared: u32) -> io::Result<u32> {
    let group_kept =
        file.metadata()?.gid() == folder.gid() || fchown(file, None, Some(folder.gid())).is_ok();
    let mode = folder.mode() & shared;
    // Without the folder's group, the file's is of other people, who get what all others get.
    let mode = if group_kept {
        mode
    } else {
        folder::without_group(mode)
    };
    Ok(mode | OWNER_READ_WRITE)
}

/// Whether this process may do all that the system lets anyone do.
pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Whether only this user, or for root only the file's user, could have written it.
pub(crate) fn is_own_word(file: &Metadata) -> bool {
    (is_root() || file.uid() == Uid::effective().as_raw()) && file.mode() & 0o022 == 0
}

/// Gives a file the mode and group of the one it is to replace, and the owner where that is
/// allowed (to root).
pub(crate) fn keep_access(file: &File, old: &Metadata) -> Result<(), KeepError> {
    let no_mode = |source| KeepError {
        group: None,
        source,
    };
    let new = file.metadata().map_err(no_mode)?;
    if new.uid() != old.uid() {
        // Only root may; anybody else becomes the owner, as with any editor that saves by renaming.
        let _ = fchown(file, Some(old.uid()), None);
    }
    if new.gid() != old.gid() {
        let group = Some(old.gid());
        fchown(file, None, group).map_err(|source| KeepError { group, source })?;
    }
    file.set_permissions(Permissions::from_mode(old.mode() & PERMISSIONS))
        .map_err(no_mode)
}

/// The processes that hold a `flock` on this file, as far as `/proc` tells.
#[cfg(target_os = "linux")]
pub(crate) fn find_lock_holders(path: &Path) -> Vec<Holder> {
    let (Ok(file), Ok(locks)) = (fs::metadata(path), fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let (major, minor) = (nix::libc::major(file.dev()), nix::libc::minor(file.dev()));
    let inode = format!("{major:02x}:{minor:02x}:{}", file.ino());
    locks
        .lines()
        .filter_map(|line| holder_of(line, &inode))
        .collect()
}

/// The system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn find_lock_holders(_path: &Path) -> Vec<Holder> {
    Vec::new()
}

/// A line such as `1: FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF`; one who waits has `->` after
/// the number.
#[cfg(target_os = "linux")]
fn holder_of(line: &str, inode: &str) -> Option<Holder> {
    let mut words = line.split_whitespace().skip(1);
    words.next().filter(|kind| *kind == "FLOCK")?;
    let pid: u32 = words.nth(2)?.parse().ok()?;
    words.next().filter(|locked| *locked == inode)?;
    process::holder(pid)
}

/// The number that tells a file from the one it replaced.
pub(crate) fn file_number(file: &Metadata) -> Option<u64> {
    Some(file.ino())
}

/// Whether it belongs to this user or root.
pub(crate) fn is_ours(file: &Metadata) -> bool {
    let owner = file.uid();
    owner == Uid::current().as_raw() || owner == 0
}

/// Whether nobody but this user and root may write the file.
pub(crate) fn only_ours_to_write(file: &Metadata) -> bool {
    is_ours(file) && file.mode() & 0o022 == 0
}

/// How large this process may make a file; more would kill it.
pub(crate) fn file_size_limit() -> u64 {
    getrlimit(Resource::RLIMIT_FSIZE).map_or(u64::MAX, |(soft, _hard)| soft)
}

/// Lets this process have no more memory than that, and leave none of it behind in a file, where the
/// system can.
pub(crate) fn confine(memory: u64) {
    let set = |resource, at_most: u64| {
        let hard = getrlimit(resource).map_or(at_most, |(_soft, hard)| hard.min(at_most));
        setrlimit(resource, hard, hard)
    };
    let _ = set(Resource::RLIMIT_AS, memory);
    let _ = set(Resource::RLIMIT_CORE, 0);
}

/// A name or path as one would type it at a prompt. There is nothing that sh cannot be told.
pub(crate) fn at_prompt(text: &str) -> Option<String> {
    let is_plain = !text.is_empty() && text.chars().all(quoting::is_plain_for_sh);
    Some(if is_plain {
        text.to_owned()
    } else {
        quoting::sh(text)
    })
}

/// Gives memory that is not used any longer back to the system, where the allocator would keep it.
#[allow(
    unsafe_code,
    reason = "the standard library does not tell the allocator"
)]
pub(crate) fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes its own locks, and moves nothing that is in use.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}

/// Stops this process until somebody continues or kills it.
pub(crate) fn stop_here() {
    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP);
}
