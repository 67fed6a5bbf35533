//! What can go wrong with a state file.

use crate::allocator::{BadName, Disagreement, What};
use crate::system::{Holder, LocalLocks};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was being done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reading the state.
    Read,
    /// Opening or locking the lock file or the folder.
    Lock,
    /// Writing the new state beside the old one, and putting it in its place.
    Write,
    /// Keeping the old state under a dated name.
    Keep,
    /// Making, locking or noting in a lease file.
    Lease,
    /// Making the new state's name durable; the change itself is in place.
    Flush,
}

/// A file of gpumgr's own, named in an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Large {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// Why the state could not be read or changed. Whatever it says, the file is whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused.
    #[error("{action:?} {path:?}: {source}")]
    Io {
        /// What was being done.
        action: Action,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room for the new state.
    #[error("write {path:?}: {source}")]
    DiskFull {
        /// The state file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// The largest log of gpumgr's own; `None` if there is no log.
        largest: Option<Large>,
    },
    /// There is no state file, and this must not make one.
    #[error("there is no state file {path:?}")]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The lock file's name, or one that is swept as litter.
    #[error("a state file cannot be named {path:?}")]
    ReservedName {
        /// The path as given.
        path: PathBuf,
    },
    /// A folder, a pipe or a device stands where the state should be.
    #[error("{path:?} is not a regular file")]
    NotAFile {
        /// Where it stands.
        path: PathBuf,
    },
    /// Another user left that link where everybody may make files: they would choose what is changed.
    #[error("{path:?} is a link of another user")]
    ForeignLink {
        /// The link.
        path: PathBuf,
    },
    /// More than any state could be.
    #[error("{path:?} has {bytes} bytes, more than any state")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// How large it is.
        bytes: u64,
    },
    /// The file is no state, or contradicts itself.
    #[error("{path:?} is damaged: {damage}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where in it.
        damage: Damage,
    },
    /// The file says it is of a version that this one does not know.
    #[error("{path:?} has version {version:?}, which this gpumgr does not know")]
    NewerVersion {
        /// Which file.
        path: PathBuf,
        /// The version it says.
        version: String,
    },
    /// The lock was not free in time.
    #[error("{path:?} was not free within {waited:?}")]
    LockTimeout {
        /// The lock file.
        path: PathBuf,
        /// How long was waited for it.
        waited: Duration,
        /// Who held it then, where the system tells.
        holders: Vec<Holder>,
    },
    /// The file system has no locks.
    #[error("the file system of {path:?} has no locks: {source}")]
    CannotLock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Locks may hold on this machine only, so another machine could grant the same GPUs.
    #[error("locks on {local:?} of {path:?} may hold on this machine only")]
    LocalLocks {
        /// The folder.
        path: PathBuf,
        /// The file system that it is on.
        local: LocalLocks,
    },
    /// The new file could not get the old one's group, so others would be shut out.
    #[error("the group {group} of {path:?} cannot be kept: {source}")]
    GroupLost {
        /// The state file.
        path: PathBuf,
        /// The group's number.
        group: u32,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    pub(crate) fn io(action: Action, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Why a text is not a state that this version knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is no JSON, or not of v0.1's layout.
    #[error("{message}")]
    Layout {
        /// What was expected and found, with line and column.
        message: String,
        /// It is not even JSON, as when it is read while v0.1 writes it.
        torn: bool,
    },
    /// It contradicts itself.
    #[error("{at}: {what}")]
    Disagrees {
        /// Where, by the names of the fields.
        at: String,
        /// What is wrong there.
        what: What,
    },
    /// A task or server with an impossible name.
    #[error("{at}: {why}")]
    Name {
        /// Where, by the names of the fields.
        at: String,
        /// What is wrong with it.
        why: BadName,
    },
    /// A value that cannot be.
    #[error("{at}: {why}")]
    Value {
        /// Where, by the names of the fields.
        at: String,
        /// What is wrong with it.
        why: String,
    },
    /// A server whose ID is not its position.
    #[error("{at} is {found}, but its position is {position}")]
    ServerId {
        /// Where, by the names of the fields.
        at: String,
        /// The ID it says.
        found: u64,
        /// Where it stands.
        position: usize,
    },
    /// A time that is none.
    #[error("{at}: {text:?} is no time")]
    Time {
        /// Where, by the names of the fields.
        at: String,
        /// What stands there.
        text: String,
    },
}

impl Damage {
    /// The same, with its place told from further out.
    pub(super) fn within(mut self, outer: &str) -> Self {
        if let Self::Disagrees { at, .. }
        | Self::Name { at, .. }
        | Self::Value { at, .. }
        | Self::ServerId { at, .. }
        | Self::Time { at, .. } = &mut self
        {
            at.insert_str(0, outer);
        }
        self
    }
}

/// Why a text is not decoded, before it is known which file it is of.
#[derive(Debug)]
pub(super) enum NotAState {
    Damaged(Damage),
    OtherVersion(String),
}

impl NotAState {
    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Damaged(damage) => StoreError::Damaged { path, damage },
            Self::OtherVersion(version) => StoreError::NewerVersion { path, version },
        }
    }
}

impl From<Damage> for NotAState {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl From<Disagreement> for Damage {
    fn from(wrong: Disagreement) -> Self {
        Self::Disagrees {
            at: path_of(&wrong),
            what: wrong.what,
        }
    }
}

/// Where in the file a disagreement stands.
fn path_of(wrong: &Disagreement) -> String {
    let server = wrong
        .server
        .map(|index| format!("[{index}]"))
        .unwrap_or_default();
    let task = wrong
        .task
        .map(|index| format!(".running_tasks[{index}]"))
        .unwrap_or_default();
    format!(
        "servers{server}{task}{}",
        field(&wrong.what, wrong.task.is_some())
    )
}

fn field(what: &What, in_task: bool) -> Cow<'static, str> {
    let field = match what {
        What::SameStep { step } => return format!(".steps[{step}].lease.id").into(),
        What::NoParent { step } => return format!(".steps[{step}].parent").into(),
        What::StepGpu { step, .. } => return format!(".steps[{step}].gpu_ids").into(),
        What::StepCpus { step, .. } => return format!(".steps[{step}].cpus").into(),
        What::TooManyServers(_) => "",
        What::TooManyGpus(_) => ".total_gpus",
        What::TooManyCpus(_) => ".total_cpus",
        What::SameServer(_) => ".server_name",
        What::SameTask(_) => ".task_id",
        What::NoSuchGpu(_) | What::GpuTwice(_) | What::GpuLost(_) if in_task => ".allocated_gpus",
        What::NoSuchGpu(_) | What::GpuTwice(_) | What::GpuLost(_) => ".available_gpus",
        What::Cpus { .. } => ".available_cpus",
    };
    field.into()
}
