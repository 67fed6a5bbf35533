//! How a change is made: both locks, the new file in the old one's place, what crashes leave.
//!
//! | step | in `src/store/file/` |
//! |---|---|
//! | `LockFolder` | `lock.rs`: `Guard::acquire_by`, with the folder's lock |
//! | `OpenLockFile`, `MakeShared` | `lock.rs`: `lock_file`, `make_shared` |
//! | `LockFile`, `NamesThisFile` | `lock.rs`: `lock_file`, its lock and whether the name leads to it |
//! | `Load` | `mod.rs`: `update` up to `Step::Loaded`, with what it then grants |
//! | `Sweep`, `CreateTemp` | `sweep.rs`, and `save.rs`: `save` up to `Step::TempCreated` |
//! | `Rename` | `save.rs`: `replace`, after it was written and flushed |
//! | `ReleaseFile`, `FlushFolder` | `save.rs`: `save`, `Guard::release_file`, `Folder::flush` |
//! | `Crash` | the kernel gives back what locks a process had |
//! | `Delete` | somebody removes the lock file |
//! | `V01…` | v0.1: opens the lock file, locks it, reads, empties, writes, unlocks |

mod model;
mod shown;
mod steps;

const PROCESSES: usize = 3;
type Pid = usize;
type File = usize;

/// Which GPU is whose: what a state file says.
type Gpus = [Option<Pid>; PROCESSES];

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    at: [At; PROCESSES],
    folder: Option<Pid>,
    /// The lock file's name leads to that one.
    named: Option<File>,
    /// Who has locked which lock file, deleted ones included.
    files: Vec<Option<Pid>>,
    /// None while v0.1 writes it in place.
    state: Option<Gpus>,
    temps: [Option<Gpus>; PROCESSES],
    told: [Option<usize>; PROCESSES],
    deletions: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Start,
    FolderLocked,
    NoLockFile,
    Opened(File),
    FileLocked(File),
    Locked(File),
    Loaded(File, Gpus),
    Swept(File, Gpus),
    TempCreated(File, Gpus),
    Renamed(File, Gpus),
    FileReleased(Gpus),
    Done,
    Refused,
    /// Its temporary file was gone.
    Failed,
    Dead,
    V01Opened(File),
    V01Locked(File),
    V01Loaded(File, Gpus),
    V01Emptied(File, Gpus),
    V01Wrote(File, Gpus),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    LockFolder,
    OpenLockFile,
    MakeShared,
    LockFile,
    NamesThisFile,
    Load,
    Sweep,
    CreateTemp,
    Rename,
    ReleaseFile,
    FlushFolder,
    V01Open,
    V01Lock,
    V01Load,
    V01Empty,
    V01Write,
    V01Unlock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    Go(Pid, Step),
    Crash(Pid),
    Delete,
}

/// When somebody deletes the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletes {
    Never,
    /// While nobody is about to change anything, and no v0.1 has it open.
    AtRest,
    AnyTime,
}

/// The protocol, or what it would be without something.
#[derive(Clone)]
struct Protocol {
    locks_folder: bool,
    checks_name: bool,
    /// So many of the processes are v0.1's, the last ones.
    v01: usize,
    /// Whether those may crash, too: one that does while it writes leaves half a file.
    v01_crashes: bool,
    deletes: Deletes,
}

const REAL: Protocol = Protocol {
    locks_folder: true,
    checks_name: true,
    v01: 0,
    v01_crashes: false,
    deletes: Deletes::AnyTime,
};
