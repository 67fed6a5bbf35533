//! How one who waits gets its turn: three processes that want the one GPU there is.
//!
//! | step | in `src/` |
//! |---|---|
//! | `CreateLease`, `LockLease` | `leases/lease.rs`: `hold_named` |
//! | `LookAround` | `commands/change.rs`: `look_around`, with `facts.rs`: `is_abandoned`, without the lock |
//! | `Change(Join)` | `commands/wait/mod.rs`: `join`, with `allocator/ops/queue.rs`: `enqueue`, `take_grant` |
//! | `Change(Settle)` | `keep_house`, `settle_if_due` |
//! | `Change(Take)` | `take`; a run's is no change, unless its grant is old |
//! | `Change(Leave)`, `Change(Interrupt)` | `commands/wait/leaving.rs`: `give_up`, `interrupted` |
//! | `Change(GiveBack)` | the end of a run, or `--release` |
//! | `Wake` | `commands/change.rs`: `attempt`, after it was saved |
//! | `Look` | `commands/wait/mod.rs`: `look` |
//! | `EndLease` | `leases/lease.rs`: `HeldLease::end` |
//! | `CommandEnds` | what a killed gpumgr ran ends by itself |
//! | `V01Drops` | v0.1 writes the file without the queue that it does not know |
//!
//! Each change is [`settle`](State::settle), the change itself and `settle` again, as
//! `commands/change.rs` has it; `lock` shows that it is one step. A save sweeps lease files that the
//! state does not name (`store/file/sweep.rs`).

mod model;
mod shown;
mod steps;

const PROCESSES: usize = 3;
type Pid = usize;

/// Some of the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Set([bool; PROCESSES]);

/// Who has the GPU, and whose lease the task is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Task {
    of: Pid,
    tied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    at: [At; PROCESSES],
    task: Option<Task>,
    /// In the order of their first request.
    queue: Vec<Pid>,
    /// Which lease files are there, and which are locked.
    files: Set,
    locked: Set,
    /// Whose lease file was written to since it last looked.
    woken: Set,
    /// The commands of runs that live.
    commands: Set,
    drops: u8,
    leaves: u8,
    /// Something was granted to one who was known to be gone.
    granted_to_dead: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Start,
    LeaseCreated,
    LeaseHeld,
    Waits,
    /// About to make that change, of what is known of the dead.
    Looked(Change, Set),
    /// About to wake those, and then there.
    Saved(Set, Then),
    /// It has what it asked for.
    Holds,
    Ended,
    Done,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Then {
    Waits,
    Holds,
    Ends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Change {
    Join,
    Settle,
    Take,
    Leave,
    Interrupt,
    GiveBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    CreateLease(Pid),
    LockLease(Pid),
    LookAround(Pid, Change),
    Change(Pid, Change),
    Wake(Pid),
    Look(Pid),
    EndLease(Pid),
    Crash(Pid, Command),
    CommandEnds(Pid),
    ReleaseByHand,
    V01Drops,
}

/// What a crash of its gpumgr leaves of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Command {
    Dies,
    LivesOn,
}

/// The protocol, or what it would be without something.
#[derive(Clone)]
struct Protocol {
    /// So many are `--run --wait`, the first ones; the others are `--allocate --wait`.
    runs: usize,
    sweeps_waiters: bool,
    sweeps_tasks: bool,
    looks_by_itself: bool,
    looks_after_others: bool,
    joins_again: bool,
    lock_is_inherited: bool,
    drops: u8,
    leaves: u8,
}

const REAL: Protocol = Protocol {
    runs: 2,
    sweeps_waiters: true,
    sweeps_tasks: true,
    looks_by_itself: true,
    looks_after_others: true,
    joins_again: true,
    lock_is_inherited: true,
    drops: 1,
    leaves: 3,
};
