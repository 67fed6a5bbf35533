//! Sleeping until a file is changed.

use crate::system::Event;
use notify::{RecursiveMode, Watcher, recommended_watcher};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Tells of every change of this file from now on.
pub(crate) fn watch(file: &Path, events: Sender<Event>) -> io::Result<()> {
    let (changed, changes) = channel();
    let mut watcher = recommended_watcher(changed).map_err(io::Error::other)?;
    watcher
        .watch(file, RecursiveMode::NonRecursive)
        .map_err(io::Error::other)?;
    thread::Builder::new().spawn(move || {
        // It watches as long as it is kept.
        let _watcher = watcher;
        while changes.recv().is_ok() && events.send(Event::FileChanged).is_ok() {}
    })?;
    Ok(())
}
