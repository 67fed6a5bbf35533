//! Waking a gpumgr that waits, or that looks after a program.
//!
//! Beside its lease file it has a FIFO where it sleeps. A wake-up that gets lost, or that another
//! user sends, costs time only: the sleeper looks by itself now and then, and believes the state.

use super::FileStore;
use super::lease::HeldLease;
use super::place::Place;
use crate::allocator::LeaseId;
use crate::system::{self, Event, Folder};
use std::ffi::OsStr;
use std::io;
use std::sync::mpsc::Sender;

impl FileStore {
    /// Reports each wake-up of the lease's holder from now on.
    pub(crate) fn listen(&self, held: &HeldLease, events: Sender<Event>) -> io::Result<()> {
        system::hear_wakes(&self.place.open()?, &held.wake, &held.path, events)
    }

    /// Wakes the process that sleeps on that lease, if one does.
    pub(crate) fn wake(&self, id: &LeaseId) {
        // It looks by itself after a while.
        let _ = self
            .place
            .open()
            .and_then(|folder| system::wake(&folder, &self.place.wake(id), &self.place.lease(id)));
    }
}

/// Removes the FIFO of this name if its lease no longer matters and no process sleeps there.
pub(super) fn sweep(place: &Place, folder: &Folder, name: &OsStr, is_named: impl Fn(&str) -> bool) {
    let Some(id) = place.wake_named(name) else {
        return;
    };
    if !is_named(id) && !system::is_slept_on(folder, name) {
        let _ = folder.remove(name);
    }
}
