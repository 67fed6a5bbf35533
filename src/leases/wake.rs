//! Waking a gpumgr that waits, or that looks after a program.
//!
//! Beside its lease file it has a FIFO where it sleeps. A wake-up that gets lost, or that another
//! user sends, costs time only: the sleeper looks by itself now and then, and believes the state.

use super::{HeldLease, Leases};
use crate::allocator::LeaseId;
use crate::system::{self, Event};
use std::io;
use std::sync::mpsc::Sender;

impl Leases {
    /// Reports each wake-up of the lease's holder from now on.
    pub(crate) fn listen(&self, held: &HeldLease, events: Sender<Event>) -> io::Result<()> {
        system::hear_wakes(&self.paths.open()?, &held.wake, &held.path, events)
    }

    /// Wakes the process that sleeps on that lease, if one does.
    pub(crate) fn wake(&self, id: &LeaseId) {
        // It looks by itself after a while.
        let _ = self
            .paths
            .open()
            .and_then(|folder| system::wake(&folder, &self.paths.wake(id), &self.paths.lease(id)));
    }
}
