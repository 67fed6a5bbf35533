//! Everything that can go wrong, by kind: the kind picks the exit code and the JSON name.

use crate::allocator::{Adoption, Name, Refusal, StepShortage, Timestamp, Unreadable, Why};
use crate::config::ConfigError;
use crate::exit_code::{Kind, NOT_STARTED, ended_by};
use crate::gpus::Unmeasured;
use crate::notify::Tested;
use crate::store::StoreError;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

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
    /// The command of a run cannot be started.
    #[error("{command:?} cannot be started: {source}")]
    Command {
        /// What was to be run.
        command: OsString,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such process to tie an allocation to.
    #[error("there is no process {pid}")]
    NoProcess {
        /// The ID asked for.
        pid: u32,
    },
    /// There is nothing to start: the config has no `[program_template]`.
    #[error("the config has no program template")]
    NoTemplate,
    /// The task is on a server that is another machine.
    #[error("{task} is on {server}, which is another machine")]
    Elsewhere {
        /// The task.
        task: Name,
        /// Its server.
        server: Name,
    },
    /// The program ended before it had begun to run.
    #[error("the program of {task} ended at once with {exit}")]
    EndedAtOnce {
        /// The task.
        task: Name,
        /// Its exit code, or 128 + N for signal N.
        exit: u8,
        /// Its last lines.
        lines: String,
        /// Where it writes.
        log: PathBuf,
        /// The task was there before, and holds what it held.
        stays: bool,
    },
    /// The template's command cannot be started.
    #[error("{command:?} cannot be started for {task}: {source}")]
    Unstarted {
        /// The task.
        task: Name,
        /// What was to be run.
        command: OsString,
        /// What the system said.
        source: io::Error,
    },
    /// The supervisor of a program was gone without a word.
    #[error("the supervisor of {task} is gone")]
    NoSupervisor {
        /// The task.
        task: Name,
    },
    /// What a program writes cannot be kept.
    #[error("{path:?} cannot be written: {source}")]
    ProgramLog {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users can write in the folder for what this user's programs write.
    #[error("other users can write in {path:?}")]
    SharedLogs {
        /// The folder.
        path: PathBuf,
    },
    /// Another monitor looks after this state.
    #[error("{by} monitors this state already")]
    Monitored {
        /// Who it is, by its own word.
        by: String,
    },
    /// A monitor was told to read its config anew, and that has another state file now.
    #[error("the config names another state file, {state:?}")]
    OtherState {
        /// Which.
        state: PathBuf,
    },
    /// A monitor was told to read its config anew, and that is gone, or is not gpumgr's any longer.
    #[error("{was:?} is not the config any longer; it is {now:?}")]
    OtherConfig {
        /// The config that the monitor has.
        was: PathBuf,
        /// The one that would be used in its place, if any.
        now: Option<PathBuf>,
    },
    /// A monitor was told to read its config anew, and keeps the settings that it has.
    #[error("{0}; the settings stay as they were")]
    NotReloaded(Box<Self>),
    /// The program was told to end, and did not in time.
    #[error("the program of {task} has not ended yet")]
    StillRuns {
        /// The task.
        task: Name,
    },
    /// Nobody can tell what this machine's GPUs do.
    #[error("the GPUs are not measured: {0:?}")]
    NotMeasured(Unmeasured),
    /// The driver is there, but not even the number of GPUs can be read.
    #[error("the GPUs cannot be counted: {0:?}")]
    NotCounted(Unreadable),
    /// No task can have a name that long.
    #[error("{task} with {prefix:?} before it is too long a name")]
    LongName {
        /// The name asked for.
        task: Name,
        /// `task_prefix`.
        prefix: String,
    },
    /// This machine has a name that no server can have.
    #[error("this machine's name cannot be a server's")]
    NoHostName,
    /// Waited long enough.
    #[error("{task} was not granted in time")]
    WaitedOut {
        /// What waited.
        task: Name,
        /// Why it was not granted, as of then.
        why: Option<Box<(Why, Timestamp)>>,
    },
    /// A step waited long enough.
    #[error("no room inside {} in time", .0.task)]
    StepWaitedOut(Box<StepShortage>),
    /// Somebody took it out of the queue.
    #[error("{task} was taken out of the queue")]
    Cancelled {
        /// What waited.
        task: Name,
    },
    /// The system's database of users does not answer.
    #[error("the user cannot be found out: {0}")]
    UnknownUser(#[source] io::Error),
    /// A signal ended it before anything was started.
    #[error("ended by signal {signal}")]
    Interrupted {
        /// Its number.
        signal: i32,
    },
    /// The system refused something that has to do with processes.
    #[error(transparent)]
    System(#[from] io::Error),
    /// Nobody is to be told of anything.
    #[error("no notification is set up")]
    NoNotification,
    /// A test notification that not all got who should have.
    #[error("not all notifications could be sent")]
    NotTold(Box<Tested>),
    /// A reset that nobody confirmed.
    #[error("a reset must be confirmed")]
    Unconfirmed,
}

/// The exit code of a run whose command is there, but no program.
const NOT_EXECUTABLE: u8 = 126;
/// The exit code of a run whose command is not there.
const NOT_FOUND: u8 = 127;

/// No process or memory to be had: the command may be as good as any.
fn is_of_the_moment(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory)
}

impl Error {
    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(refusal) => kind_of_refusal(refusal),
            Self::Store(error) => kind_of_store(error),
            Self::Config(ConfigError::Io { .. }) => Kind::Io,
            Self::Config(_) | Self::NoNotification => Kind::Config,
            Self::Unconfirmed
            | Self::NoProcess { .. }
            | Self::LongName { .. }
            | Self::Elsewhere { .. } => Kind::Usage,
            Self::NoTemplate | Self::OtherState { .. } | Self::OtherConfig { .. } => Kind::Config,
            Self::NotReloaded(why) => why.kind(),
            Self::Command { .. }
            | Self::EndedAtOnce { .. }
            | Self::NoSupervisor { .. }
            | Self::Unstarted { .. }
            | Self::ProgramLog { .. }
            | Self::SharedLogs { .. }
            | Self::Monitored { .. }
            | Self::System(_)
            | Self::UnknownUser(_)
            | Self::NotMeasured(_)
            | Self::NotCounted(_)
            | Self::NoHostName
            | Self::NotTold(_) => Kind::Io,
            Self::WaitedOut { .. }
            | Self::StepWaitedOut(_)
            | Self::Cancelled { .. }
            | Self::StillRuns { .. }
            | Self::Interrupted { .. } => Kind::Timeout,
        }
    }

    /// The exit code of a command that failed so.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted { signal } => ended_by(*signal),
            _ => self.kind().exit_code(),
        }
    }

    /// The exit code of a run that failed so: its command was not started.
    pub(crate) fn exit_code_of_run(&self) -> u8 {
        match self {
            Self::Interrupted { signal } => ended_by(*signal),
            Self::Command { source, .. } if source.kind() == io::ErrorKind::NotFound => NOT_FOUND,
            Self::Command { source, .. } if is_of_the_moment(source) => NOT_STARTED,
            Self::Command { .. } => NOT_EXECUTABLE,
            _ => NOT_STARTED,
        }
    }
}

fn kind_of_refusal(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::TaskExists { .. } => Kind::TaskExists,
        Refusal::UnknownTask { .. }
        | Refusal::StillWaits { .. }
        | Refusal::NotWaiting { .. }
        | Refusal::GrantLost => Kind::UnknownTask,
        Refusal::NotOwner { .. } | Refusal::OwnersAlone { .. } => Kind::NotOwner,
        Refusal::UnknownServer { .. } | Refusal::BelowMinimum { .. } | Refusal::NoTtl { .. } => {
            Kind::Usage
        }
        Refusal::NotAdopted { why, .. } => match why {
            Adoption::ComputesNowhere => Kind::Usage,
            Adoption::CannotTell => Kind::Io,
            Adoption::HeldBy(_) => Kind::TaskExists,
            Adoption::LacksCpus(_) => Kind::Insufficient,
        },
        Refusal::QuotaExceeded(_) => Kind::OverLimit,
        Refusal::Occupied { .. } | Refusal::ProgramRuns { .. } | Refusal::StillUsed { .. } => {
            Kind::TaskExists
        }
        Refusal::NoProgram { .. } => Kind::UnknownTask,
        Refusal::AboveMaximum { .. }
        | Refusal::AboveQuota { .. }
        | Refusal::AboveMaxTtl { .. }
        | Refusal::Impossible(_) => Kind::Impossible,
        Refusal::Insufficient(_)
        | Refusal::Behind(_)
        | Refusal::OuterLacks { .. }
        | Refusal::StepsInTheWay(_)
        | Refusal::InTheWay { .. } => Kind::Insufficient,
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
        StoreError::Io { .. }
        | StoreError::DiskFull { .. }
        | StoreError::ForeignLink { .. }
        | StoreError::CannotLock { .. }
        | StoreError::LocalLocks { .. }
        | StoreError::GroupLost { .. } => Kind::Io,
    }
}
