//! A program that runs, started by this supervisor or by one before it.

use crate::allocator::{LeaseId, Process};
use crate::leases::HeldLease;
use crate::outcome::Ran;
use crate::system::{self, Child, Fate, Processes, RunScope};

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

    /// All that belongs to it and lives.
    pub(super) fn members(&self, held: &HeldLease) -> Vec<u32> {
        let (lease, file) = held.lease();
        let scope = match self {
            Self::Own(child) => child.scope(lease, file),
            Self::Found(process) => found(process, lease),
        };
        Processes::look().members(&scope)
    }
}

/// All that belongs to a program that another process started.
pub(super) fn found<'r>(process: &Process, lease: &'r LeaseId) -> RunScope<'r> {
    let program = Some((process.pid, process.started));
    RunScope {
        command: program,
        leader: program,
        ..RunScope::of(lease)
    }
}
