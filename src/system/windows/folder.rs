//! A folder. Here its access list says who may put what into it, and entries are opened by path.

use super::patience::replace;
use super::{canonical, names_this_file, open_lock_file, own_spelling};
use crate::system::{Access, Entry, LocalLocks, MAX_LINKS, OpenToOthers, RealPath, Space};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::time::SystemTime;
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

/// One folder, by its path.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of that path, which must be there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        match fs::metadata(path)?.is_dir() {
            true => Ok(Self {
                path: path.to_owned(),
            }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to this folder, which is all there is of it.
    pub(crate) fn is_in_place(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Folders cannot be locked here: the lock file, which cannot be deleted, is enough.
    pub(crate) fn to_lock(&self) -> io::Result<Option<&File>> {
        Ok(None)
    }

    /// Folders are never opened here, so there is none to flush.
    pub(crate) fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens a file that is there, and follows links: who may make them is for the access list to say.
    pub(crate) fn open_file(&self, name: &OsStr, access: Access) -> io::Result<File> {
        let mut options = OpenOptions::new();
        match access {
            Access::Read => options.read(true),
            Access::Write => options.write(true),
            Access::ReadWrite => options.read(true).write(true),
            Access::Append => options.read(true).append(true),
        };
        let file = options.open(self.path.join(name))?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Opens a file so that it cannot be deleted meanwhile; read-only where no more is allowed.
    pub(crate) fn open_lock_file(&self, name: &OsStr) -> io::Result<File> {
        open_lock_file(&self.path.join(name))
    }

    /// Makes a file that was not there.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        options.open(self.path.join(name))
    }

    /// A new file inherits its folder's access list.
    pub(crate) fn share(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }

    /// A new file inherits its folder's access list.
    pub(crate) fn share_for_reading(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }

    /// Looks at an entry.
    pub(crate) fn look(&self, name: &OsStr) -> io::Result<Entry> {
        let found = fs::metadata(self.path.join(name))?;
        Ok(Entry {
            is_file: found.is_file(),
            bytes: found.len(),
            modified: found.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        })
    }

    /// Whether the name still leads to this very file.
    pub(crate) fn leads_to(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        names_this_file(&self.path.join(name), file)
    }

    /// Renames an entry over another, unless another process has one of them open.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    /// The same, and waits until nothing has them open.
    pub(crate) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        replace(&self.path.join(from), &self.path.join(to))
    }

    /// Gives a file a second name that was free.
    pub(crate) fn hard_link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::hard_link(self.path.join(from), self.path.join(to))
    }

    /// Removes the name of a file.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// The room on its disk.
    #[allow(unsafe_code, reason = "the standard library does not ask for it")]
    pub(crate) fn space(&self) -> io::Result<Space> {
        let path: Vec<u16> = self.path.as_os_str().encode_wide().chain([0]).collect();
        let (mut free, mut total) = (0, 0);
        // SAFETY: the path ends with NUL, and both places are written before the call returns.
        let asked =
            unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, &mut total, ptr::null_mut()) };
        if asked == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(Space { free, total })
        }
    }

    /// The names in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let entries = fs::read_dir(&self.path)?;
        entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect()
    }

    /// Opens the folder of that name in it.
    pub(crate) fn subfolder(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.path.join(name))
    }

    /// Opens the folder of that name, made where it was not there. It inherits the access list.
    pub(crate) fn make_shared_subfolder(&self, name: &OsStr) -> io::Result<Self> {
        match fs::create_dir(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        self.subfolder(name)
    }

    /// The same: whose it is, its access list says.
    pub(crate) fn make_own_subfolder(&self, name: &OsStr, _around: &Self) -> io::Result<Self> {
        self.make_shared_subfolder(name)
    }

    /// Who may open what is for its access list to say.
    pub(crate) fn open_to_others(&self) -> io::Result<Option<OpenToOthers>> {
        Ok(None)
    }

    /// Whose a folder is is not looked at here.
    pub(crate) fn is_own(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Folders have no sticky bit here.
    pub(crate) fn is_sticky(&self) -> io::Result<bool> {
        Ok(false)
    }

    /// Who may write in it is not looked at here.
    pub(crate) fn only_owner_writes(&self) -> io::Result<bool> {
        Ok(true)
    }
}

/// Locks of a folder on another machine are that machine's.
pub(crate) fn local_locks(_folder: &Folder) -> io::Result<Option<LocalLocks>> {
    Ok(None)
}

/// The path without links, of a file that may be absent. Who made a link is not told here: whoever may
/// write in a folder may make links in it, as junctions or in developer mode, and their owner is in an
/// access list that this does not read.
pub(crate) fn real_path(path: &Path) -> io::Result<RealPath> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(RealPath::Is(path));
        };
        let folder = match canonical(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => folder.to_owned(),
            resolved => resolved?,
        };
        let file = folder.join(name);
        match fs::read_link(&file) {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(RealPath::Is(own_spelling(file))),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}
