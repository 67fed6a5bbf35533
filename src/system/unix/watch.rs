//! Sleeping until a file is changed.

use crate::system::Event;
use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;

/// Tells of every change of this file from now on.
#[cfg(target_os = "linux")]
pub(crate) fn watch(file: &Path, events: Sender<Event>) -> io::Result<()> {
    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    inotify.add_watch(file, AddWatchFlags::IN_MODIFY)?;
    std::thread::Builder::new().spawn(move || {
        while inotify.read_events().is_ok() && events.send(Event::FileChanged).is_ok() {}
    })?;
    Ok(())
}

/// Only Linux tells, as far as gpumgr knows.
#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_file: &Path, _events: Sender<Event>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
