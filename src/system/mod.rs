//! What differs by platform, behind one interface: the current user, who may use a new file,
//! what can be locked, what a folder flush is.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

#[cfg(debug_assertions)]
pub(crate) use platform::stop_here;
pub(crate) use platform::{
    SYSTEM_CONFIG, cannot_lock, find_lock_holders, flush_folder, keep_access, names_this_file,
    open_folder, open_lock_file, share_as_folder, sticky, user,
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

/// Why a new file could not be made as usable as the one it replaces.
#[derive(Debug)]
pub(crate) struct KeepError {
    /// The number of the group that could not be given to it; none if it was its permissions.
    pub(crate) group: Option<u32>,
    /// What the system said.
    pub(crate) source: std::io::Error,
}
