//! What differs by platform, behind one interface: the current user, who may use a new file,
//! what can be locked, what a folder flush is.

use crate::allocator::Process;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

pub(crate) use platform::{
    Child, LIBRARY_PATH, NVML, SEES_STOPPED, SYSTEM_CONFIG, age, at_prompt, cannot_lock, canonical,
    claim_input, close_inherited, confine, end, end_group, end_with_parent, fate, file_number,
    file_size_limit, find_command, find_lock_holders, flush_folder, give_memory_back, has_open,
    hear_wakes, here, holder, host, inherit_lease, is_at_end, is_claimed, is_in_foreground,
    is_interrupt, is_ours, is_slept_on, is_stopped, keep_access, keep_open, kill_group, lead_group,
    lease_number, lineage, listen, listen_for_stops, lock, may_be_planted, may_have_driver,
    members, names_this_file, namespace_of, only_ours_to_write, open_at_once, open_folder,
    open_lock_file, open_no_link, open_pipe, own_process, own_program, pipe_number, process,
    reap_left, replace, set_apart, share_as_folder, share_folder_as, spawn_alone, spawn_detached,
    sticky, stop_here, survivors, take_output, try_lock, try_lock_shared, unlock, user, variable,
    wake, working_folder,
};

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
}

impl Heard {
    /// The same, to be passed on.
    pub(crate) fn for_gpumgr_alone(self) -> Self {
        Self {
            from_terminal: false,
            ..self
        }
    }

    /// Whether it asks to end: all do but the user's own signals.
    pub(crate) fn ends(&self) -> bool {
        platform::asks_to_end(self.number)
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
