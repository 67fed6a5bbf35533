//! Everything that can go wrong, by kind: the kind picks the exit code and the JSON name.

use crate::allocator::Refusal;
use crate::config::ConfigError;
use crate::store::StoreError;

/// Why an action was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cluster as it is does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The state file could not be read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A reset that nobody confirmed.
    #[error("a reset must be confirmed")]
    Unconfirmed,
}

/// A closed list, for scripts: `error.kind` in JSON, and what the exit code follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The system refused something.
    Io,
    /// The state file is no state, or contradicts itself.
    DamagedState,
    /// The state file is of a version this gpumgr does not know.
    NewerState,
    /// Wrong usage, or an invalid value.
    Usage,
    /// The config is missing or wrong.
    Config,
    /// No server could ever meet the request.
    Impossible,
    /// Not enough is free now.
    Insufficient,
    /// The lock was not free in time.
    LockTimeout,
    /// No such task.
    UnknownTask,
    /// That task ID is taken.
    TaskExists,
    /// Another user's task.
    NotOwner,
}

/// The exit code of a command that was not done because whoever was asked declined.
pub(crate) const DECLINED: u8 = 1;

impl Kind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Io,
        Self::DamagedState,
        Self::NewerState,
        Self::Usage,
        Self::Config,
        Self::Impossible,
        Self::Insufficient,
        Self::LockTimeout,
        Self::UnknownTask,
        Self::TaskExists,
        Self::NotOwner,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::DamagedState => "damaged_state",
            Self::NewerState => "newer_state",
            Self::Usage => "usage",
            Self::Config => "config",
            Self::Impossible => "impossible",
            Self::Insufficient => "insufficient",
            Self::LockTimeout => "lock_timeout",
            Self::UnknownTask => "unknown_task",
            Self::TaskExists => "task_exists",
            Self::NotOwner => "not_owner",
        }
    }

    /// The exit code of a command that failed so.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Io | Self::DamagedState | Self::NewerState => 1,
            Self::Usage | Self::Config | Self::Impossible => 2,
            Self::Insufficient => 3,
            Self::LockTimeout => 4,
            Self::UnknownTask => 5,
            Self::TaskExists => 6,
            Self::NotOwner => 7,
        }
    }
}

impl Error {
    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(refusal) => kind_of_refusal(refusal),
            Self::Store(error) => kind_of_store(error),
            Self::Config(ConfigError::Io { .. }) => Kind::Io,
            Self::Config(_) => Kind::Config,
            Self::Unconfirmed => Kind::Usage,
        }
    }
}

fn kind_of_refusal(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::TaskExists { .. } => Kind::TaskExists,
        Refusal::UnknownTask { .. } => Kind::UnknownTask,
        Refusal::NotOwner { .. } => Kind::NotOwner,
        Refusal::UnknownServer { .. } | Refusal::BelowMinimum { .. } => Kind::Usage,
        Refusal::AboveMaximum { .. } | Refusal::Impossible { .. } => Kind::Impossible,
        Refusal::Insufficient(_) | Refusal::InTheWay { .. } => Kind::Insufficient,
    }
}

fn kind_of_store(error: &StoreError) -> Kind {
    match error {
        StoreError::NewerVersion { .. } => Kind::NewerState,
        StoreError::Damaged { .. } | StoreError::NotAFile { .. } | StoreError::TooLarge { .. } => {
            Kind::DamagedState
        }
        StoreError::LockTimeout { .. } => Kind::LockTimeout,
        StoreError::ReservedName { .. } => Kind::Usage,
        StoreError::Missing { .. } => Kind::UnknownTask,
        StoreError::Io { .. } | StoreError::CannotLock { .. } | StoreError::GroupLost { .. } => {
            Kind::Io
        }
    }
}
