//! The kinds of failure and their exit codes.

/// The exit code of a command whose confirmation the user declined.
pub(crate) const DECLINED: u8 = 1;

/// The exit code of a run whose command was not even looked for.
pub(crate) const NOT_STARTED: u8 = 125;

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
    /// The user holds too many GPUs for that.
    OverLimit,
    /// The wait ended without a grant: its time ran out, or a user ended it.
    Timeout,
    /// The lock was not free in time.
    LockTimeout,
    /// No such task.
    UnknownTask,
    /// That task ID is taken.
    TaskExists,
    /// Another user's task.
    NotOwner,
}

impl Kind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Io,
        Self::DamagedState,
        Self::NewerState,
        Self::Usage,
        Self::Config,
        Self::Impossible,
        Self::Insufficient,
        Self::OverLimit,
        Self::Timeout,
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
            Self::OverLimit => "over_limit",
            Self::Timeout => "timeout",
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
            Self::Insufficient | Self::OverLimit | Self::Timeout => 3,
            Self::LockTimeout => 4,
            Self::UnknownTask => 5,
            Self::TaskExists => 6,
            Self::NotOwner => 7,
        }
    }
}

/// The exit code of what a signal ended.
pub(crate) fn ended_by(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
