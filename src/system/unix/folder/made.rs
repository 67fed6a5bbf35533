//! Folders that gpumgr makes in a folder that others may write.

use super::{Folder, again, without_group};
use crate::system::random;
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
#[cfg(target_os = "linux")]
use nix::{errno::Errno, libc};
use std::ffi::{OsStr, OsString};
use std::fs::{Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

/// A folder that this process has just made, and its temporary name.
struct NewFolder {
    folder: Folder,
    name: OsString,
}

impl Folder {
    /// Opens the folder of that name. If there is none, makes it for the users of this folder. If the group
    /// may write this folder, the new one is sticky: each user's entries are their own.
    pub(crate) fn make_shared_subfolder(&self, name: &OsStr) -> io::Result<Self> {
        self.make_subfolder(name, self, shared_mode)
    }

    /// Opens the folder of that name. If there is none, makes one that only this user may write. Users who
    /// may read `around` may read it.
    pub(crate) fn make_own_subfolder(&self, name: &OsStr, around: &Self) -> io::Result<Self> {
        self.make_subfolder(name, around, own_mode)
    }

    /// The new folder gets its name once its owner, group and mode are right. A folder that was found
    /// keeps its mode: another member may have put a private folder of this user there.
    fn make_subfolder(
        &self,
        name: &OsStr,
        around: &Self,
        mode: fn(u32) -> u32,
    ) -> io::Result<Self> {
        match self.subfolder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        let new = self.make_unnamed_subfolder()?;
        let opened = new.folder.open_to(&around.metadata()?, mode);
        match opened.and_then(|()| self.rename_to_free_name(&new.name, name)) {
            Ok(()) => Ok(Self {
                path: self.path.join(name),
                ..new.folder
            }),
            Err(error) => {
                let _ = unlinkat(&self.file, new.name.as_os_str(), UnlinkatFlags::RemoveDir);
                // Another process may have been first.
                self.subfolder(name).map_err(|_| error)
            }
        }
    }

    fn make_unnamed_subfolder(&self) -> io::Result<NewFolder> {
        let name = OsString::from(format!(".gpumgr-{:016x}", random()));
        again(|| mkdirat(&self.file, name.as_os_str(), Mode::S_IRWXU))?;
        let folder = self.subfolder(&name)?;
        // Another member may have put another folder in its place.
        if folder.is_own()? && folder.names()?.is_empty() {
            Ok(NewFolder { folder, name })
        } else {
            Err(io::Error::other("another folder took its place"))
        }
    }

    #[cfg(target_os = "linux")]
    fn rename_to_free_name(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        use io::ErrorKind::{InvalidInput, Unsupported};
        match self.rename_without_replacing(from, to) {
            // The file system or the kernel lacks the call. A plain rename replaces only an empty folder.
            Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => {
                self.rename(from, to)
            }
            renamed => renamed,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn rename_to_free_name(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.rename(from, to)
    }

    #[cfg(target_os = "linux")]
    #[allow(unsafe_code, reason = "glibc has this call only since 2.28")]
    fn rename_without_replacing(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        use std::ffi::CString;
        use std::os::fd::AsRawFd;
        use std::os::unix::ffi::OsStrExt;
        let (call, folder) = (libc::SYS_renameat2, self.file.as_raw_fd());
        let from = CString::new(from.as_bytes())?;
        let to = CString::new(to.as_bytes())?;
        let (old, new) = (from.as_ptr(), to.as_ptr());
        let flags = libc::RENAME_NOREPLACE;
        // SAFETY: the folder is open, both names end with NUL, and the kernel keeps neither of them.
        again(|| Errno::result(unsafe { libc::syscall(call, folder, old, folder, new, flags) }))
            .map(drop)
    }

    /// Opens a new folder to the users of the one around it, as far as `mode` says.
    fn open_to(&self, around: &Metadata, mode: fn(u32) -> u32) -> io::Result<()> {
        let group_kept = self.metadata()?.gid() == around.gid()
            || fchown(&self.file, None, Some(around.gid())).is_ok();
        let mode = mode(around.mode() & 0o3777 | 0o700);
        let mode = if group_kept {
            mode
        } else {
            without_group(mode) & !0o2000
        };
        self.file.set_permissions(Permissions::from_mode(mode))
    }
}

fn shared_mode(mode: u32) -> u32 {
    if mode & 0o022 == 0 {
        mode
    } else {
        mode | 0o1000
    }
}

fn own_mode(mode: u32) -> u32 {
    mode & 0o2755
}

#[cfg(test)]
mod tests {
    use crate::system::Folder;
    use std::ffi::OsStr;
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn private_folder_that_another_put_there_is_not_opened_to_others() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o770)).unwrap();
        let put = folder.path().join("logs");
        std::fs::create_dir(&put).unwrap();
        std::fs::set_permissions(&put, Permissions::from_mode(0o700)).unwrap();
        let around = Folder::open(folder.path()).unwrap();
        around.make_shared_subfolder(OsStr::new("logs")).unwrap();
        assert_eq!(put.metadata().unwrap().mode() & 0o7777, 0o700);
    }

    #[test]
    fn folder_that_several_make_at_once_is_there_for_each_of_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o770)).unwrap();
        let around = Folder::open(folder.path()).unwrap();
        for round in 0..500 {
            let name = format!("logs{round}");
            let start = Barrier::new(2);
            let make = |user: &str| {
                start.wait();
                let logs = around.make_shared_subfolder(OsStr::new(&name)).unwrap();
                logs.make_own_subfolder(OsStr::new(user), &around).unwrap();
            };
            thread::scope(|scope| {
                scope.spawn(|| make("a"));
                scope.spawn(|| make("b"));
            });
            let made = folder.path().join(name).metadata().unwrap();
            assert_eq!(made.mode() & 0o7777, 0o1770);
        }
    }
}
