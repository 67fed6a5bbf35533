//! Wake-ups: the sleeper watches its lease file, and others append to that.

use super::Folder;
use crate::system::{Access, Event};
use notify::{RecursiveMode, Watcher, recommended_watcher};
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Reports each change of the lease file from now on.
pub(crate) fn hear_wakes(
    _folder: &Folder,
    _fifo: &OsStr,
    lease: &Path,
    events: Sender<Event>,
) -> io::Result<()> {
    let (changed, changes) = channel();
    let mut watcher = recommended_watcher(changed).map_err(io::Error::other)?;
    watcher
        .watch(lease, RecursiveMode::NonRecursive)
        .map_err(io::Error::other)?;
    thread::Builder::new().spawn(move || {
        // It watches as long as it is kept.
        let _watcher = watcher;
        while changes.recv().is_ok() && events.send(Event::Woken).is_ok() {}
    })?;
    Ok(())
}

/// Wakes the process that sleeps on this lease, if one does.
pub(crate) fn wake(folder: &Folder, _fifo: &OsStr, lease: &OsStr) -> io::Result<()> {
    let mut file = folder.open_file(lease, Access::Append)?;
    file.write_all(b"\n")
}

/// There are no FIFOs in folders here, so nothing of that name is gpumgr's to remove.
pub(crate) fn is_slept_on(_folder: &Folder, _fifo: &OsStr) -> bool {
    true
}
