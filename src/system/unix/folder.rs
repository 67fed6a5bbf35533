//! A folder in which others may write, held open.
//!
//! Each step starts at the folder's descriptor and takes one name that is not a link, so an entry
//! that is exchanged meanwhile leads to no file elsewhere. Owner and mode change by descriptor only.

mod made;

use super::{errno, read_only, share_as_folder, share_for_reading, sticky};
use crate::system::{Access, Entry, OpenToOthers, Space};
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, renameat};
#[cfg(target_os = "linux")]
use nix::fcntl::{OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fstatat};
use nix::sys::statvfs::fstatvfs;
use nix::unistd::{Uid, UnlinkatFlags, linkat, mkfifoat, unlinkat};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Enough to look at entries, where the folder may be entered and not listed.
#[cfg(target_os = "linux")]
pub(super) const REACH: OFlag = OFlag::O_PATH;
#[cfg(not(target_os = "linux"))]
pub(super) const REACH: OFlag = OFlag::O_RDONLY;

/// One open folder, and the path by which messages name it.
#[derive(Debug)]
pub(crate) struct Folder {
    file: File,
    path: PathBuf,
    /// The system lets this user list it, and so lock and flush it.
    listed: bool,
}

impl Folder {
    /// Opens it. No step of the path may be a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (file, listed) = match open_path(path, OFlag::O_DIRECTORY) {
            Err(error) if read_only(&error) => {
                (open_path(path, OFlag::O_DIRECTORY | REACH)?, false)
            }
            opened => (opened?, true),
        };
        Ok(Self {
            file,
            path: path.to_owned(),
            listed,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Whether the path still leads to this folder.
    pub(crate) fn is_in_place(&self) -> io::Result<bool> {
        let there = fs::symlink_metadata(&self.path)?;
        let here = self.metadata()?;
        Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
    }

    /// The descriptor to lock; `None` where folders have no lock.
    pub(crate) fn to_lock(&self) -> io::Result<Option<&File>> {
        match self.listed {
            true => Ok(Some(&self.file)),
            false => Err(Errno::EACCES.into()),
        }
    }

    /// Makes the entries durable. A file system that has no such flush needs none.
    pub(crate) fn flush(&self) -> io::Result<()> {
        match self.file.sync_all() {
            Err(error) if matches!(errno(&error), Errno::EINVAL | Errno::ENOTSUP) => Ok(()),
            done => done,
        }
    }

    /// Opens a regular file that is there; follows no link and waits at no pipe.
    pub(crate) fn open_file(&self, name: &OsStr, access: Access) -> io::Result<File> {
        let file = open_at(&self.file, name, flags(access))?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(not_a_file()),
        }
    }

    /// Makes a FIFO that was not there, for this user alone as yet.
    pub(crate) fn make_fifo(&self, name: &OsStr) -> io::Result<()> {
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        again(|| mkfifoat(&self.file, name, mode))
    }

    /// Opens a FIFO that is there; follows no link, and waits for no other end.
    pub(crate) fn open_fifo(&self, name: &OsStr, access: Access) -> io::Result<File> {
        let fifo = open_at(&self.file, name, flags(access))?;
        match fifo.metadata()?.file_type().is_fifo() {
            true => Ok(fifo),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Opens a file to lock it; read-only where no more is allowed, because that suffices.
    pub(crate) fn open_lock_file(&self, name: &OsStr) -> io::Result<File> {
        match self.open_file(name, Access::ReadWrite) {
            Err(error) if read_only(&error) => self.open_file(name, Access::Read),
            opened => opened,
        }
    }

    /// Makes a file that was not there, for this user alone as yet.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
        open_at(&self.file, name, flags)
    }

    /// Lets the users of this folder use a new file in it.
    pub(crate) fn share(&self, file: &File) -> io::Result<()> {
        share_as_folder(file, &self.metadata()?)
    }

    /// Lets them read it. Only this user may write it.
    pub(crate) fn share_for_reading(&self, file: &File) -> io::Result<()> {
        share_for_reading(file, &self.metadata()?)
    }

    /// Looks at an entry, without following a link.
    pub(crate) fn look(&self, name: &OsStr) -> io::Result<Entry> {
        Ok(entry(&self.stat(name)?))
    }

    fn stat(&self, name: &OsStr) -> io::Result<FileStat> {
        again(|| fstatat(&self.file, name, AtFlags::AT_SYMLINK_NOFOLLOW))
    }

    /// Whether the name still leads to this very file.
    #[allow(clippy::unnecessary_cast, reason = "narrower on other systems")]
    pub(crate) fn leads_to(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let here = file.metadata()?;
        match self.stat(name) {
            Ok(there) => Ok((here.dev(), here.ino()) == (there.st_dev as u64, there.st_ino as u64)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Renames an entry over another, whatever that is.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        again(|| renameat(&self.file, from, &self.file, to))
    }

    /// The same. Files that are open can be renamed here.
    pub(crate) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.rename(from, to)
    }

    /// Gives a file a second name that was free. A link gets that name itself.
    pub(crate) fn hard_link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        again(|| linkat(&self.file, from, &self.file, to, AtFlags::empty()))
    }

    /// Removes the name of a file or a link.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        again(|| unlinkat(&self.file, name, UnlinkatFlags::NoRemoveDir))
    }

    /// The room on its disk.
    #[allow(clippy::unnecessary_cast, reason = "narrower on other systems")]
    pub(crate) fn space(&self) -> io::Result<Space> {
        let disk = again(|| fstatvfs(&self.file))?;
        let block = disk.fragment_size() as u64;
        Ok(Space {
            free: (disk.blocks_available() as u64).saturating_mul(block),
            total: (disk.blocks() as u64).saturating_mul(block),
        })
    }

    /// The names in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut dir = again(|| Dir::openat(&self.file, ".", flags, Mode::empty()))?;
        let mut names = Vec::new();
        for entry in dir.iter() {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    /// Opens the folder of that name in it, which must not be a link.
    pub(crate) fn subfolder(&self, name: &OsStr) -> io::Result<Self> {
        let (file, listed) = match open_at(&self.file, name, OFlag::O_DIRECTORY) {
            Err(error) if read_only(&error) => {
                let reached = open_at(&self.file, name, OFlag::O_DIRECTORY | REACH)?;
                (reached, false)
            }
            opened => (opened?, true),
        };
        Ok(Self {
            file,
            path: self.path.join(name),
            listed,
        })
    }

    /// Whether users who are neither the owner nor in the group can open the folder, or a file in it:
    /// that suffices to lock it.
    pub(crate) fn open_to_others(&self) -> io::Result<Option<OpenToOthers>> {
        let mode = self.metadata()?.mode();
        let others_enter =
            |folder: &Path| fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 != 0);
        if !self.path.ancestors().skip(1).all(others_enter) {
            return Ok(None);
        }
        let is_open = mode & 0o004 != 0 || mode & 0o001 != 0 && self.has_file_for_others()?;
        Ok(is_open.then_some(OpenToOthers {
            can_be_closed: mode & 0o002 == 0,
        }))
    }

    fn has_file_for_others(&self) -> io::Result<bool> {
        let mut names = self.names()?.into_iter();
        Ok(names.any(|name| {
            let found = self.stat(&name);
            found.is_ok_and(|found| found.st_mode & 0o006 != 0)
        }))
    }

    /// Whether it belongs to the user as whom this process acts.
    pub(crate) fn is_own(&self) -> io::Result<bool> {
        Ok(self.metadata()?.uid() == Uid::effective().as_raw())
    }

    /// Whether only an entry's owner may rename or remove it.
    pub(crate) fn is_sticky(&self) -> io::Result<bool> {
        Ok(sticky(&self.metadata()?))
    }

    /// Whether nobody but its owner and root may write in it.
    pub(crate) fn only_owner_writes(&self) -> io::Result<bool> {
        Ok(self.metadata()?.mode() & 0o022 == 0)
    }
}

/// A group that is not the folder's gets what all others get.
pub(super) fn without_group(mode: u32) -> u32 {
    mode & !0o070 | (mode & 0o007) << 3
}

/// Opens what an absolute path without links leads to, and nothing else: another user may have put a
/// link on the way since the path was resolved. Before Linux 5.6 only the last step is looked at.
#[cfg(target_os = "linux")]
pub(super) fn open_path(path: &Path, flags: OFlag) -> io::Result<File> {
    let how = OpenHow::new()
        .flags(flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    match again(|| openat2(AT_FDCWD, path, how)) {
        // A sandbox that does not know the call may say that it is not permitted.
        Err(error) if matches!(errno(&error), Errno::ENOSYS | Errno::EPERM) => {
            open_at(AT_FDCWD, path.as_os_str(), flags)
        }
        opened => opened.map(File::from),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open_path(path: &Path, flags: OFlag) -> io::Result<File> {
    open_at(AT_FDCWD, path.as_os_str(), flags)
}

pub(super) fn open_at(around: impl AsFd, name: &OsStr, flags: OFlag) -> io::Result<File> {
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    again(|| openat(around.as_fd(), name, flags, mode)).map(File::from)
}

fn flags(access: Access) -> OFlag {
    match access {
        Access::Read => OFlag::O_RDONLY,
        Access::Write => OFlag::O_WRONLY,
        Access::ReadWrite => OFlag::O_RDWR,
        Access::Append => OFlag::O_RDWR | OFlag::O_APPEND,
    }
}

pub(super) fn again<T>(call: impl Fn() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return Ok(done?),
        }
    }
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

fn entry(found: &FileStat) -> Entry {
    let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
    Entry {
        is_file: kind == SFlag::S_IFREG,
        bytes: u64::try_from(found.st_size).unwrap_or(0),
        modified: time(found.st_mtime, found.st_mtime_nsec),
    }
}

fn time(seconds: i64, nanoseconds: i64) -> SystemTime {
    let since = Duration::new(
        seconds.unsigned_abs(),
        u32::try_from(nanoseconds).unwrap_or(0),
    );
    let time = match seconds >= 0 {
        true => SystemTime::UNIX_EPOCH.checked_add(since),
        false => SystemTime::UNIX_EPOCH.checked_sub(since),
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
