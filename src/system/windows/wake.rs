//! Wake-ups: the sleeper watches its lease file, and others append to that.

use crate::system::Event;
use notify::{RecursiveMode, Watcher, recommended_watcher};
use std::fs::{Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Reports each change of the lease file from now on.
pub(crate) fn hear_wakes(
    _fifo: &Path,
    lease: &Path,
    _folder: &Metadata,
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
pub(crate) fn wake(_fifo: &Path, lease: &Path) -> io::Result<()> {
    let mut file = super::open_no_link(lease, OpenOptions::new().append(true))?;
    file.write_all(b"\n")
}

/// There are no FIFOs in folders here, so nothing of that name is gpumgr's to remove.
pub(crate) fn is_slept_on(_fifo: &Path) -> bool {
    true
}
