//! The log of all changes: a line each in `gpu_manager.log` beside the state file.
//!
//! A line is one JSON object, written in one piece, so that any number of gpumgrs may write at once.
//! The state file is the truth; the log is what is told of it, and whatever keeps a line from being
//! written fails nothing.

mod event;
mod read;
mod refused;
mod report;
mod tail;
mod write;

pub(crate) use event::{Deed, Event, How};
pub(crate) use report::{Report, Row, Span, report};
pub(crate) use tail::Tail;

use crate::config::{Rotation, STATE_FILE};
use crate::store::{LOG_FILE, StatePaths};
use crate::system::Folder;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The log beside one state file.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    folder: PathBuf,
    /// The state file's name where it is not the usual one: several in one folder have one log.
    state: Option<String>,
    rotation: Rotation,
}

impl Journal {
    /// The log beside that state file; nothing is opened yet.
    pub(crate) fn beside(place: &StatePaths, rotation: Rotation) -> Self {
        let name = place.state.file_name().unwrap_or_default();
        let is_usual = name == STATE_FILE;
        Self {
            path: place.folder.join(LOG_FILE),
            folder: place.folder.clone(),
            state: (!is_usual).then(|| name.to_string_lossy().into_owned()),
            rotation,
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What its lines call the state file; nothing, if that has the usual name.
    pub(crate) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Opens the folder it is in.
    fn open_folder(&self) -> io::Result<Folder> {
        Folder::open(&self.folder)
    }
}

/// The name of the lines that were put aside that many times since.
fn aside(times: u32) -> OsString {
    format!("{LOG_FILE}.{times}").into()
}
