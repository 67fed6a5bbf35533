//! `--watch`: the same again and again, until somebody has seen enough.

use super::events::Events;
use crate::error::Error;
use crate::manager::Manager;
use crate::system::{self, Event};
use std::io;
use std::time::{Duration, Instant};

/// What shows it.
pub(crate) trait Shows {
    /// Looks, and shows what there is.
    fn show(&mut self, manager: &Manager) -> io::Result<()>;

    /// The terminal is somebody else's for a while.
    fn pause(&mut self);

    /// It is this program's again.
    fn resume(&mut self);
}

impl Manager {
    /// Looks and shows again and again, until Ctrl-C, or until nobody sees it any longer.
    ///
    /// # Errors
    /// It cannot be shown, or a signal other than Ctrl-C ended it.
    pub(crate) fn watch(&self, every: Duration, shows: &mut impl Shows) -> Result<(), Error> {
        let events = Events::listen()?;
        system::listen_for_stops(events.sender.clone())?;
        self.keep_measuring(true);
        let ended = self.look_again_and_again(&events, every, shows);
        self.keep_measuring(false);
        match ended? {
            Some(signal) if !system::is_interrupt(signal) => Err(Error::Interrupted { signal }),
            _ => Ok(()),
        }
    }

    /// The signal that ended it, if one did.
    fn look_again_and_again(
        &self,
        events: &Events,
        every: Duration,
        shows: &mut impl Shows,
    ) -> Result<Option<i32>, Error> {
        loop {
            let next = Instant::now() + every;
            match shows.show(self) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
                shown => shown?,
            }
            if let Some(signal) = ended_before(events, next, shows) {
                return Ok(Some(signal));
            }
        }
    }
}

/// The signal that ends it before that moment.
fn ended_before(events: &Events, next: Instant, shows: &mut impl Shows) -> Option<i32> {
    loop {
        let left = next.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        match events.next(left) {
            Some(Event::ToStop) => {
                shows.pause();
                system::stop_here();
                shows.resume();
                return None;
            }
            Some(event) => {
                if let Some(signal) = Events::ended_by(event) {
                    return Some(signal);
                }
            }
            None => {}
        }
    }
}
