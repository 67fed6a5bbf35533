//! What differs by platform, behind one interface: the current user, who may use a new file,
//! what can be locked, what a folder flush is.

use crate::allocator::{LeaseId, Process};
use std::fs::File;
use std::path::PathBuf;
use std::time::SystemTime;

mod random;
mod temporary;
pub(crate) use random::random;
pub(crate) use temporary::Temporary;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

pub(crate) use platform::{
    CAN_ASK, Child, Folder, LIBRARY_PATH, NVML, Processes, SEES_STOPPED, SYSTEM_CONFIG, age,
    at_prompt, cannot_lock, claim_input, close_inherited, confine, end, end_with_parent, fate,
    file_number, file_size_limit, find_command, find_lock_holders, give_memory_back, has_open,
    hear_wakes, here, holder, host, inherit_lease, is_at_end, is_claimed, is_in_foreground,
    is_interrupt, is_of_user, is_ours, is_own_word, is_root, is_slept_on, is_stopped, keep_access,
    keep_open, kill_group, lead_group, lease_number, lineage, listen, listen_for_stops,
    local_locks, lock, may_have_driver, namespace_of, only_ours_to_write, open_at_once, open_pipe,
    own_process, own_program, pass_on, pipe_number, process, real_path, reap_left, set_apart,
    spawn_alone, spawn_detached, sticky, stop_here, take_output, try_lock, try_lock_shared, unlock,
    user, variable, wake, working_folder,
};

/// How a file that is there is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    ReadWrite,
    /// Each write goes to the end; reading goes anywhere.
    Append,
}

/// An entry of a folder, by a look that follows no link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) is_file: bool,
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

/// The room on the disk of a folder, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space {
    /// What this user may still fill.
    pub(crate) free: u64,
    /// The size of the disk.
    pub(crate) total: u64,
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub(crate) enum RealPath {
    /// The same place by a path without links.
    Is(PathBuf),
    /// This link is on the way, and its maker is not to be trusted.
    #[cfg_attr(
        windows,
        expect(dead_code, reason = "makers of links are not told there")
    )]
    ForeignLink(PathBuf),
}

/// How many links may be on the way of a path.
const MAX_LINKS: usize = 40;

/// A file system whose locks may hold on this machine only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalLocks {
    /// Its kind, as the system names it.
    pub file_system: String,
    /// The mount option that makes them so; `None` if the kind does.
    pub option: Option<String>,
}

/// How users who are neither the owner nor in the group get at a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenToOthers {
    /// Taking their rights on the folder mends it: they may not write there.
    pub can_be_closed: bool,
}

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process ID.
    pub pid: u32,
    /// Its command line's first word, where it may be seen.
    pub command: Option<String>,
    /// The user it runs as, where that has a name.
    pub user: Option<String>,
}

/// This machine, as a process here sees it.
#[derive(Clone, Debug)]
pub(crate) struct Here {
    /// Its own name.
    pub(crate) host: String,
    /// Which start of it, where the system tells.
    pub(crate) boot: Option<String>,
    /// The space of process IDs, where there are several.
    pub(crate) namespace: Option<u64>,
}

impl Here {
    /// A process here, which started at that moment in the system's units.
    fn process(&self, pid: u32, started: u64) -> Process {
        Process {
            host: self.host.clone(),
            boot: self.boot.clone(),
            namespace: self.namespace,
            pid,
            started,
        }
    }
}

/// A run, and how the asking process knows it.
#[derive(Clone, Copy)]
#[cfg_attr(
    windows,
    expect(dead_code, reason = "there it is the asking process's job")
)]
pub(crate) struct RunScope<'r> {
    /// Its lease, or one that goes on from it.
    pub(crate) lease: &'r LeaseId,
    /// Its command, and when that started.
    pub(crate) command: Option<(u32, u64)>,
    /// The command, if it led a process group of its own.
    pub(crate) leader: Option<(u32, u64)>,
    /// All that the asking process started, and what became its child later, is the run's.
    pub(crate) is_parent: bool,
    /// The lease's file, if its writers belong to the run.
    pub(crate) file: Option<&'r File>,
    /// It is a step, a run inside a run.
    pub(crate) is_step: bool,
}

impl<'r> RunScope<'r> {
    /// A run of which nothing is known but its lease.
    pub(crate) fn of(lease: &'r LeaseId) -> Self {
        Self {
            lease,
            command: None,
            leader: None,
            is_parent: false,
            file: None,
            is_step: false,
        }
    }
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It runs, or cannot be told from one that does.
    Alive,
    /// It is gone, and never comes back.
    Gone,
    /// It has an ID that means nothing here: it is in another container.
    #[cfg_attr(windows, expect(dead_code, reason = "IDs are one space there"))]
    Hidden,
}

/// How many bytes at its beginning a lease file has for the process ID of a command and the moment
/// of its start, as text.
pub(crate) const NOTE_BYTES: usize = 48;

/// What happens while gpumgr waits for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A signal came.
    Signal(Heard),
    /// A child ended, stopped or went on.
    ChildChanged,
    /// Another process wants this one to look at the state.
    Woken,
    /// Whoever sits at the terminal wants this program to pause.
    #[cfg_attr(windows, expect(dead_code, reason = "a console asks nobody to"))]
    ToStop,
}

/// A signal, or what is like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Its number.
    pub(crate) number: i32,
    /// The command got it, too.
    pub(crate) from_terminal: bool,
    /// Another gpumgr sent it, which tells all of a run itself.
    pub(crate) from_gpumgr: bool,
}

impl Heard {
    /// The same, to be passed on.
    pub(crate) fn for_gpumgr_alone(self) -> Self {
        Self {
            from_terminal: false,
            from_gpumgr: false,
            ..self
        }
    }

    /// Whether it asks to end: all do but the user's own signals.
    pub(crate) fn ends(&self) -> bool {
        platform::asks_to_end(self.number)
    }

    /// Whether it asks to end for good, with all that was started.
    pub(crate) fn terminates(&self) -> bool {
        platform::terminates(self.number)
    }

    /// Whether it asks a daemon to read its config anew.
    pub(crate) fn reloads(&self) -> bool {
        platform::asks_to_reload(self.number)
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself.
    Code(i32),
    /// By that signal.
    Signal(i32),
}

/// Why a new file could not be made as usable as the one it replaces.
#[derive(Debug)]
pub(crate) struct KeepError {
    /// The number of the group that could not be given to it; none if it was its permissions.
    pub(crate) group: Option<u32>,
    /// What the system said.
    pub(crate) source: std::io::Error,
}
