//! What happens while an action takes its time, for whoever looks on.

use crate::allocator::{Explained, Grant, Name, Timestamp, Unavailable};
use crate::error::Error;
use crate::outcome::{Allocated, StateFile};
use crate::system::Holder;
use std::sync::Arc;

/// Told of each [`Progress`], on the thread that acts.
pub type Observer = Arc<dyn Fn(&Progress<'_>) + Send + Sync>;

/// Something worth telling before an action is done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// It waits, at that place in the queue, counted from 1.
    Waiting {
        /// What waits, and why.
        waiting: &'a Explained,
        /// The moment, to tell times by.
        now: Timestamp,
        /// Its place.
        place: usize,
        /// How many wait.
        of: usize,
    },
    /// It changed the state in passing.
    Changed(&'a StateFile),
    /// It no longer waits: what was shown of that can go.
    WaitOver,
    /// What it was granted is not free in fact, so it was given back, and goes on waiting.
    GaveBack {
        /// The task.
        task: &'a Name,
        /// What of it is not free, and why.
        withheld: &'a Unavailable,
    },
    /// The file system does not tell of changes, so they are looked for.
    LooksForChanges,
    /// A command is about to be started with this.
    Starting(&'a Allocated),
    /// A command is about to be started with what the task around it holds.
    Inside {
        /// The task around it.
        outer: &'a Name,
        /// What it gets of that.
        grant: &'a Grant,
    },
    /// It waits for a share of the run around it, at that place, counted from 1.
    WaitingInside {
        /// The task around it.
        outer: &'a Name,
        /// Its place.
        place: usize,
        /// How many wait.
        of: usize,
    },
    /// The time of a task is over, and its command was told to end.
    TimeOver {
        /// The task.
        task: &'a Name,
        /// How many seconds it has for that.
        grace: i64,
    },
    /// A program was told to end, and has not yet.
    ToldToEnd {
        /// The task.
        task: &'a Name,
        /// How many seconds it has for that.
        grace: i64,
    },
    /// These processes of a task did not end in time, and were killed.
    Killed {
        /// The task.
        task: &'a Name,
        /// The processes.
        by: &'a [Holder],
    },
    /// These processes of a task cannot be ended: they keep what it holds, and gpumgr waits for them.
    LivesOn {
        /// The task.
        task: &'a Name,
        /// The processes.
        by: &'a [Holder],
    },
    /// The command has ended, and these processes that it left are told to.
    Survived {
        /// The task.
        task: &'a Name,
        /// The processes.
        by: &'a [Holder],
        /// How many seconds they have for that.
        grace: i64,
    },
    /// The command ended, but what it held could not be given back.
    NotReleased {
        /// The task.
        task: &'a Name,
        /// Why not.
        why: &'a Error,
    },
}
