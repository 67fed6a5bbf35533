//! The log of all changes: a line each in `gpu_manager.log` beside the state file.
//!
//! A line is one JSON object, written in one piece, so that any number of gpumgrs may write at once.
//! The state file is the truth; the log is what is told of it, and whatever keeps a line from being
//! written fails nothing.

mod event;
mod read;
mod write;

pub(crate) use event::{Deed, Event};
pub(crate) use read::Tail;

use crate::config::Rotation;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The guide's own name.
const FILE: &str = "gpu_manager.log";

/// The log beside one state file.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    rotation: Rotation,
}

impl Journal {
    /// The log in that folder; nothing is opened yet.
    pub(crate) fn beside(folder: &Path, rotation: Rotation) -> Self {
        Self {
            path: folder.join(FILE),
            rotation,
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the lines are that were put aside that many times since.
    fn aside(&self, times: u32) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(format!(".{times}"));
        path.into()
    }
}
