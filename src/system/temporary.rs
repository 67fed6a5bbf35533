//! A file that goes with its handle unless it gets a name of its own.

use super::{Folder, random};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;

/// A new file in a folder, for this user alone as yet.
pub(crate) struct Temporary<'f> {
    folder: &'f Folder,
    name: OsString,
    file: File,
    is_named: bool,
}

impl<'f> Temporary<'f> {
    /// Makes one whose name begins so.
    pub(crate) fn new(folder: &'f Folder, prefix: &str) -> io::Result<Self> {
        loop {
            let name = OsString::from(format!("{prefix}{:016x}", random()));
            let file = match folder.create(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            };
            return Ok(Self {
                folder,
                name,
                file,
                is_named: false,
            });
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Puts it in the place of what has that name.
    pub(crate) fn replace(mut self, name: &OsStr) -> io::Result<()> {
        self.folder.replace(&self.name, name)?;
        self.is_named = true;
        Ok(())
    }

    /// Gives it a name that was free.
    pub(crate) fn link(self, name: &OsStr) -> io::Result<()> {
        self.folder.hard_link(&self.name, name)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_named {
            let _ = self.folder.remove(&self.name);
        }
    }
}
