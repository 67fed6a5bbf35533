//! `--watch`: the same again and again, until somebody has seen enough.

use super::events::Events;
use crate::error::Error;
use crate::manager::Manager;
use crate::system;
use std::time::{Duration, Instant};

impl Manager {
    /// Looks and shows again and again, until Ctrl-C, or until nobody sees it any longer.
    ///
    /// # Errors
    /// A signal other than Ctrl-C ended it.
    pub(crate) fn watch(
        &self,
        every: Duration,
        mut show: impl FnMut(&Self) -> bool,
    ) -> Result<(), Error> {
        let events = Events::listen()?;
        self.keep_measuring(true);
        let ended_by = loop {
            let next = Instant::now() + every;
            if !show(self) {
                break None;
            }
            if let Some(signal) = ended_before(&events, next) {
                break Some(signal);
            }
        };
        self.keep_measuring(false);
        match ended_by {
            Some(signal) if !system::is_interrupt(signal) => Err(Error::Interrupted { signal }),
            _ => Ok(()),
        }
    }
}

/// The signal that ends it before that moment.
fn ended_before(events: &Events, next: Instant) -> Option<i32> {
    loop {
        let left = next.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let ended = events.next(left).and_then(Events::ended_by);
        if ended.is_some() {
            return ended;
        }
    }
}
