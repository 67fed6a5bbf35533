//! What each action returns: data, for a renderer to put into words or bytes.

use crate::allocator::{Change, Grant, Limits, Released, Server, Task, Timestamp};
use std::path::PathBuf;
use std::time::Duration;

/// What an action that succeeded has to tell.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Of `--init`.
    Initialized(Initialized),
    /// Of `--status`.
    Status(Status),
    /// Of `--detail`, for one server or all of them.
    Detail(Status),
    /// Of `--allocate`.
    Allocated(Allocated),
    /// Of `--release`.
    Released(Released),
    /// Of `--reset`.
    Reset(Reset),
    /// Of `--check-config`.
    Checked(Checked),
}

/// A state file and how this action found it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateFile {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// This action made it.
    pub created: bool,
    /// Other users cannot change it, for its folder has the sticky bit.
    pub unshareable: bool,
    /// There is no config: it is v0.1's cluster.
    pub by_default: bool,
    /// The config describes another cluster than it holds.
    pub differs: bool,
}

/// Counts over a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Servers.
    pub servers: usize,
    /// GPUs of all servers.
    pub total_gpus: u64,
    /// Those that no task holds.
    pub free_gpus: u64,
    /// CPU cores of all servers.
    pub total_cpus: u64,
    /// Those that no task holds.
    pub free_cpus: u64,
    /// Running tasks.
    pub tasks: usize,
}

impl Totals {
    /// The counts over these servers.
    pub fn of<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Self {
        servers
            .into_iter()
            .fold(Self::default(), |sum, server| Self {
                servers: sum.servers + 1,
                total_gpus: sum.total_gpus + u64::from(server.total_gpus),
                free_gpus: sum.free_gpus + server.free_gpus.len() as u64,
                total_cpus: sum.total_cpus + u64::from(server.total_cpus),
                free_cpus: sum.free_cpus + u64::from(server.free_cpus),
                tasks: sum.tasks + server.tasks.len(),
            })
    }
}

/// What an init found or made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Initialized {
    /// The state file.
    pub state: StateFile,
    /// What had to change; nothing in a fresh file.
    pub changes: Vec<Change>,
    /// What is there now.
    pub totals: Totals,
}

/// The cluster at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The config in use, if there is one.
    pub config: Option<PathBuf>,
    /// The state file.
    pub state: StateFile,
    /// Whether it exists; if not, this is what the config describes.
    pub initialized: bool,
    /// The servers shown, with their IDs.
    pub servers: Vec<(usize, Server)>,
    /// The counts over the servers shown.
    pub totals: Totals,
    /// The moment, to tell ages by.
    pub now: Timestamp,
}

/// What an allocation got, and from which file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Allocated {
    /// What the task got.
    pub grant: Grant,
    /// Where that is written down.
    pub state: StateFile,
}

/// What a reset forgot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reset {
    /// The state file.
    pub state: StateFile,
    /// The tasks it held; none if it could not be read.
    pub forgotten: Vec<Task>,
    /// Where the old file is now; none if there was none.
    pub kept: Option<PathBuf>,
    /// What is there now.
    pub totals: Totals,
}

/// What a config means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The config, if there is one.
    pub config: Option<PathBuf>,
    /// The state file.
    pub state: StateFile,
    /// Whether the state file exists.
    pub initialized: bool,
    /// How long to wait for the lock.
    pub lock_timeout: Duration,
    /// The servers described, with nothing running.
    pub servers: Vec<Server>,
    /// The counts over them.
    pub totals: Totals,
    /// What one task may ask for.
    pub limits: Limits,
}

impl Allocated {
    /// v0.1's device string, as `CUDA_VISIBLE_DEVICES` takes it: empty for a task of CPUs alone.
    pub fn gpu_devices(&self) -> String {
        let ids: Vec<_> = self.grant.gpus.iter().map(ToString::to_string).collect();
        ids.join(",")
    }
}

impl Outcome {
    /// The state file, where the action had to do with one.
    pub(crate) fn state(&self) -> Option<&StateFile> {
        match self {
            Self::Initialized(init) => Some(&init.state),
            Self::Status(status) | Self::Detail(status) => Some(&status.state),
            Self::Allocated(allocated) => Some(&allocated.state),
            Self::Released(_) => None,
            Self::Reset(reset) => Some(&reset.state),
            Self::Checked(checked) => Some(&checked.state),
        }
    }
}
