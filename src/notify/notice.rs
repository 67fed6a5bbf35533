//! What is worth telling: data, for a renderer to put into words.

use crate::allocator::GpuId;
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Notice {
    /// As many GPUs as somebody wants to know of are free.
    GpusFree { free: u64, total: u64 },
    /// A task ended as it should.
    Ended {
        task: String,
        owner: Option<String>,
        server: String,
        exit: Option<u8>,
    },
    /// A task failed.
    Failed {
        task: String,
        owner: Option<String>,
        server: String,
        exit: Option<u8>,
        why: Option<String>,
    },
    /// A task's time was over.
    Lapsed {
        task: String,
        owner: Option<String>,
        server: String,
    },
    /// A task got GPUs, or gave some back.
    Scaled {
        task: String,
        owner: Option<String>,
        server: String,
        /// Those it has now.
        gpus: Vec<GpuId>,
        up: bool,
    },
    /// A task holds GPUs and does not use them.
    Idle {
        task: String,
        owner: Option<String>,
        server: String,
        seconds: u64,
    },
    /// A process computes on a GPU that it was not given.
    Stranger {
        server: String,
        gpu: GpuId,
        pid: u32,
        user: Option<String>,
        command: Option<String>,
    },
    /// Somebody waits for long.
    WaitedLong {
        task: String,
        owner: Option<String>,
        seconds: u64,
    },
    /// Somebody tries whether they are told.
    Test,
}

impl Notice {
    /// Its name for scripts, which stays.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::GpusFree { .. } => "gpus_free",
            Self::Ended { .. } => "task_ended",
            Self::Failed { .. } => "task_failed",
            Self::Lapsed { .. } => "task_lapsed",
            Self::Scaled { .. } => "task_scaled",
            Self::Idle { .. } => "task_idle",
            Self::Stranger { .. } => "stranger",
            Self::WaitedLong { .. } => "waited_long",
            Self::Test => "test",
        }
    }

    /// The task it is about.
    pub(crate) fn task(&self) -> Option<&str> {
        match self {
            Self::Ended { task, .. }
            | Self::Failed { task, .. }
            | Self::Lapsed { task, .. }
            | Self::Scaled { task, .. }
            | Self::Idle { task, .. }
            | Self::WaitedLong { task, .. } => Some(task),
            Self::GpusFree { .. } | Self::Stranger { .. } | Self::Test => None,
        }
    }
}
