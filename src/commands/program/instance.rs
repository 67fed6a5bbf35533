//! A program that runs, started by this supervisor or by one before it.

use crate::allocator::Process;
use crate::outcome::Ran;
use crate::system::{self, Child, Fate};
use std::thread;
use std::time::{Duration, Instant};

/// How long what the program left behind may take to end before it is killed.
const LEFT_BEHIND: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A program that runs.
pub(super) enum Instance {
    /// Started by this process, which is told of its end.
    Own(Child),
    /// Started by another; nobody tells how it ends.
    Found(Process),
}

/// How a program ended: its code, or 128 + N for signal N; none where nobody saw it.
pub(super) type Ended = Option<u8>;

impl Instance {
    pub(super) fn pid(&self) -> u32 {
        match self {
            Self::Own(child) => child.id(),
            Self::Found(process) => process.pid,
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&self) -> Option<Ended> {
        match self {
            Self::Own(child) => child.reap().map(|exit| Some(Ran { exit }.exit_code())),
            Self::Found(process) => {
                let gone = system::fate(process, &system::here()) == Fate::Gone;
                gone.then_some(None)
            }
        }
    }

    /// Whether its end is not told, so that it must be looked for.
    pub(super) fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }

    /// Asks it and what it started to end, or makes them.
    pub(super) fn end(&self, at_once: bool) {
        // They may have ended meanwhile.
        let _ = system::end_group(self.pid(), at_once);
    }

    /// Ends what the program left behind in its group: it may still be on the GPUs.
    pub(super) fn clear(&self, grace: Duration) {
        if !self.is_left() {
            return;
        }
        self.end(false);
        let give_up = Instant::now() + grace.min(LEFT_BEHIND);
        while self.is_left() {
            if Instant::now() >= give_up {
                self.end(true);
                return;
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn is_left(&self) -> bool {
        if let Self::Own(child) = self {
            // What has ended must not count.
            child.left_any();
        }
        system::has_group(self.pid())
    }
}
