//! What happens while gpumgr waits for something.

use crate::error::Error;
use crate::system::{self, Event};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Signals, children and files, one after the other.
pub(super) struct Events {
    pub(super) sender: Sender<Event>,
    pub(super) happened: Receiver<Event>,
}

impl Events {
    /// From now on signals end nothing by themselves.
    pub(super) fn listen() -> Result<Self, Error> {
        let (sender, happened) = channel();
        system::listen(sender.clone())?;
        Ok(Self { sender, happened })
    }

    /// The next thing that happens within that time.
    pub(super) fn next(&self, within: Duration) -> Option<Event> {
        match self.happened.recv_timeout(within) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            // Nobody listens any longer, so only time passes.
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(within);
                None
            }
        }
    }

    /// The signal that is to end this, if one came.
    pub(super) fn ended_by(event: Event) -> Option<i32> {
        match event {
            Event::Signal(heard) if heard.ends() => Some(heard.number),
            _ => None,
        }
    }
}
