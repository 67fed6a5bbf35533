//! A program that runs, started by this supervisor or by one before it.

use crate::allocator::{LeaseId, Process};
use crate::outcome::Ran;
use crate::system::{self, Child, Fate};
use std::io;
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

    /// Asks it and its group to end, or makes them.
    ///
    /// # Errors
    /// It is another user's, or has ended meanwhile.
    pub(super) fn end(&self, at_once: bool) -> io::Result<()> {
        match system::end_group(self.pid(), at_once) {
            // It may have left its group. It was not seen to end yet, so the ID is its own.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                system::end(self.pid(), at_once)
            }
            told => told,
        }
    }

    /// Ends all that the program left behind: it may still be on the GPUs. False if something lives on.
    pub(super) fn clear(&self, lease: &LeaseId, grace: Duration) -> bool {
        clear(Some(self.pid()), lease, grace)
    }
}

/// Ends what is left of a program: in the group that it led, and elsewhere with its run in the
/// environment. False if something lives on.
pub(super) fn clear(leader: Option<u32>, lease: &LeaseId, grace: Duration) -> bool {
    let began = Instant::now();
    let kind = grace.min(LEFT_BEHIND);
    let is_run = |run: &str| run.parse().is_ok_and(|run| lease.continues(&run));
    let mut told = false;
    loop {
        // What has ended must not count.
        system::reap_left();
        let left = system::members(leader, is_run);
        if left.is_empty() {
            return true;
        }
        let at_once = began.elapsed() >= kind;
        if began.elapsed() >= kind + LEFT_BEHIND {
            return false;
        }
        if at_once || !told {
            told = true;
            for pid in left {
                // It may have ended meanwhile.
                let _ = system::end(pid, at_once);
            }
        }
        thread::sleep(LOOK_AGAIN);
    }
}
