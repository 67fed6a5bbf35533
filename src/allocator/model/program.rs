//! Programs that gpumgr keeps running on a task.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::name::Name;
use crate::allocator::model::time::Timestamp;

/// A program that a supervisor keeps running on a task. The supervisor is the process of the task's lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its phase.
    pub phase: Phase,
    /// Its process, on the machine of the lease; none while it does not run.
    pub pid: Option<u32>,
    /// How often it was started again because it had failed.
    pub restarts: u32,
    /// How many of the task's GPUs the monitor acquired, without a request of a user.
    pub automatic: u32,
    /// GPUs of the task that the program is to leave. They are the task's until it has.
    pub leaving: Vec<GpuId>,
    /// When it was last made to grow or shrink.
    pub scaled: Option<Timestamp>,
    /// A monitor starts it by itself, so that its end is recorded.
    pub acquired: bool,
    /// It is to end to make room, and begins again when there is some.
    pub makes_room: bool,
}

/// The phase of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is about to be started.
    Starting,
    /// It runs.
    Running,
    /// It failed, and is started again after a while.
    Retrying,
    /// It is to end.
    Stopping,
}

impl Program {
    /// A program that is about to be started, with that many GPUs that the monitor acquired.
    pub fn starting(automatic: u32) -> Self {
        Self {
            phase: Phase::Starting,
            pid: None,
            restarts: 0,
            automatic,
            leaving: Vec::new(),
            scaled: None,
            acquired: false,
            makes_room: false,
        }
    }
}

/// How the last program of one name ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoProgram {
    /// The name of its task.
    pub task: Name,
    /// How it ended.
    pub end: AutoEnd,
    /// When.
    pub when: Timestamp,
    /// How often it has failed in a row.
    pub failures: u32,
}

/// How a program ended that the monitor may start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoEnd {
    /// By itself, well.
    Done,
    /// By command.
    Stopped,
    /// Its task was given back in another way.
    Lost,
    /// By itself, badly, or in a way that was not seen.
    Failed,
    /// A value of a newer gpumgr.
    Other,
}

impl AutoProgram {
    /// Whether it is not to be started again by itself.
    pub fn is_over(&self) -> bool {
        self.end != AutoEnd::Failed
    }
}
