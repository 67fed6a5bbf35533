//! What each action returns: data, for a renderer to put into words or bytes.

use crate::allocator::{
    Change, Expired, Explained, Grant, Limits, Name, Reading, Released, Renewed, Sample, Server,
    ServerSpec, Task, Timestamp, Unreadable, Waiter,
};
use crate::config::{Monitoring, Notification, ProgramTemplate, Rotation, Translated};
use crate::environment;
use crate::exit_code::ended_by;
use crate::gpus::Unmeasured;
use crate::journal::{Event, Report, Span};
pub use crate::notify::Tested;
use crate::system::Exit;
use crate::system::{Holder, LocalLocks, OpenToOthers};
use chrono::TimeDelta;
use std::borrow::Cow;
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
    Released(GivenBack),
    /// Of `--reset`.
    Reset(Reset),
    /// Of `--run`.
    Ran(Ran),
    /// Of `--renew`.
    Renewed(Extended),
    /// Of `--queue`.
    Queue(Queue),
    /// Of `--cancel`.
    Cancelled(Box<Cancelled>),
    /// Of `--check-config`.
    Checked(Box<Checked>),
    /// Of `--check-config` for a JSON config.
    Translated(Translated),
    /// Of `--adopt`.
    Adopted(Allocated),
    /// Of `--detect`.
    Detected(Detected),
    /// Of `--start-program`.
    Started(Started),
    /// Of `--stop-program`.
    Stopped(GivenBack),
    /// Of `--logs`.
    Logs(Logs),
    /// Of `--monitor`: all is told already.
    Monitored,
    /// Of `--history`.
    History(History),
    /// Of `--report`.
    Report(Box<Summed>),
    /// Of `--test-notification`.
    NotificationTested(Tested),
    /// Of `--completions` and `--man`.
    Document(Cow<'static, str>),
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
    /// Users who are neither the owner nor in the group can read or lock it; only looked at where it is
    /// told.
    pub open_to_others: Option<OpenToOthers>,
    /// There is no config: it is v0.1's cluster.
    pub by_default: bool,
    /// There is no config: it was made of this machine's GPUs.
    pub detected: bool,
    /// The config describes another cluster than it holds.
    pub differs: bool,
    /// What had ended by itself, and was freed by this action.
    pub freed: Vec<Expired>,
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

/// This machine, as a config would describe it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Detected {
    /// Its one server.
    pub server: ServerSpec,
    /// GPUs of which nothing could be read, and why.
    pub unreadable: Vec<(usize, Unreadable)>,
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
    /// How many wait.
    pub waiting: usize,
    /// What has ended by itself, and is shown as free: whoever acts next frees it.
    pub ended: Vec<Expired>,
    /// The servers shown, with their IDs.
    pub servers: Vec<(usize, Server)>,
    /// The counts over the servers shown.
    pub totals: Totals,
    /// The tasks whose programs run, but are looked after by nobody.
    pub unattended: Vec<Name>,
    /// What the GPUs of one of the servers do, by its ID; none if nobody measures them here.
    pub measured: Option<(usize, Sample)>,
    /// After which time a task that does not use its GPUs is called idle.
    pub idle_warning: TimeDelta,
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
    /// The variables that it is to be used with, and their values.
    pub environment: Vec<(String, String)>,
}

/// A program that was started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Started {
    /// What its task holds.
    pub grant: Grant,
    /// What came of the start.
    pub began: Began,
    /// Where it writes.
    pub log: PathBuf,
    /// The state file.
    pub state: StateFile,
}

/// What came of the start of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Began {
    /// It runs, as this process.
    Runs {
        /// Its ID.
        pid: u32,
    },
    /// It ran already, as this process, but nobody looked after it.
    TakenOver {
        /// Its ID.
        pid: u32,
    },
    /// It did what it had to do at once, and ended well.
    Ended,
}

/// What a program has written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Logs {
    /// The task.
    pub task: Name,
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// What a task gave back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GivenBack {
    /// The task, and where it was.
    pub released: Released,
    /// The state file.
    pub state: StateFile,
    /// The processes of a `--run` that go on without it.
    pub running: Vec<Holder>,
}

/// A task whose end was moved.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Extended {
    /// The task, and until when it is for now.
    pub renewed: Renewed,
    /// The state file.
    pub state: StateFile,
    /// The moment, to tell the time left by.
    pub now: Timestamp,
}

/// Who waits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Queue {
    /// The state file.
    pub state: StateFile,
    /// The first in line first, and why each is not granted yet.
    pub waiting: Vec<Explained>,
    /// The moment, to tell ages by.
    pub now: Timestamp,
}

/// Who waits no longer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cancelled {
    /// Who.
    pub waiter: Waiter,
    /// The state file.
    pub state: StateFile,
}

/// How the command of a run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
}

impl Ran {
    /// The exit code that tells the same.
    pub(crate) fn exit_code(self) -> u8 {
        match self.exit {
            // Only the last byte is ever told.
            Exit::Code(code) => (code & 0xFF) as u8,
            Exit::Signal(signal) => ended_by(signal),
        }
    }
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
    /// The file system of the state, if its locks may hold on this machine only.
    pub local_locks: Option<LocalLocks>,
    /// The config trusts such locks.
    pub allow_local_locks: bool,
    /// How long to wait for the lock.
    pub lock_timeout: Duration,
    /// The servers described, with nothing running.
    pub servers: Vec<Server>,
    /// The counts over them.
    pub totals: Totals,
    /// What one task may ask for.
    pub limits: Limits,
    /// The names of the variables that the config sets for every task.
    pub variables: Vec<String>,
    /// What stands before every task's name.
    pub task_prefix: Option<String>,
    /// What is started for a task, if the config says so.
    pub program: Option<ProgramTemplate>,
    /// What the monitor does.
    pub monitoring: Monitoring,
    /// Who is told of what happens.
    pub notification: Option<Notification>,
    /// How large the log of all changes grows.
    pub log: Rotation,
    /// The server whose GPUs are measured here, and how many devices there are; or why none are.
    pub measured: Result<(Name, Reading<usize>), Unmeasured>,
}

/// What the log tells.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// The log.
    pub(crate) log: PathBuf,
    /// Whether there is one yet.
    pub(crate) is_written: bool,
    /// What was asked for of it, the last one last.
    pub(crate) events: Vec<Event>,
}

/// Sums over the log.
#[derive(Clone, Debug)]
pub(crate) struct Summed {
    /// Of when they are.
    pub(crate) span: Span,
    /// When the first was that is still logged.
    pub(crate) first: Option<Timestamp>,
    /// The sums.
    pub(crate) report: Report,
}

impl Allocated {
    /// v0.1's device string, as `CUDA_VISIBLE_DEVICES` takes it: empty for a task of CPUs alone.
    pub fn gpu_devices(&self) -> String {
        environment::device_list(&self.grant.gpus)
    }
}

impl Outcome {
    /// The state file, where the action had to do with one.
    pub(crate) fn state(&self) -> Option<&StateFile> {
        match self {
            Self::Initialized(init) => Some(&init.state),
            Self::Status(status) | Self::Detail(status) => Some(&status.state),
            Self::Allocated(allocated) | Self::Adopted(allocated) => Some(&allocated.state),
            Self::Released(given_back) => Some(&given_back.state),
            Self::Renewed(extended) => Some(&extended.state),
            Self::Queue(queue) => Some(&queue.state),
            Self::Cancelled(cancelled) => Some(&cancelled.state),
            Self::Started(started) => Some(&started.state),
            Self::Stopped(given_back) => Some(&given_back.state),
            Self::Ran(_)
            | Self::Monitored
            | Self::Detected(_)
            | Self::Logs(_)
            | Self::History(_)
            | Self::Report(_)
            | Self::NotificationTested(_)
            | Self::Translated(_)
            | Self::Document(_) => None,
            Self::Reset(reset) => Some(&reset.state),
            Self::Checked(checked) => Some(&checked.state),
        }
    }
}
