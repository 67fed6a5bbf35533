//! What is told of one change, or of one that was refused.

use crate::allocator::{GpuId, Grant, Name, Task, Timestamp};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What was done, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    Init,
    Reset,
    Allocate,
    Run,
    Adopt,
    Renew,
    Release,
    /// It joined the queue.
    Wait,
    /// It was granted while it waited; whoever waited says itself when it took that.
    Grant,
    Cancel,
    /// It had ended or lapsed, and whoever acted next freed it.
    Free,
    /// A program was started.
    Start,
    /// A program failed, and is started again.
    Retry,
    /// A program ended, and what it held was given back.
    End,
    /// A program was told to end.
    Stop,
    ScaleUp,
    /// A program is to leave some of its GPUs.
    ScaleDown,
    /// It has left them.
    Leave,
    /// What the monitor measured of a task's use.
    Use,
    Monitor,
    Notify,
    /// Other actions, of which only failures are told.
    Other,
}

/// One line of the log. What does not belong to it is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) host: String,
    pub(crate) action: Deed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gpus: Option<Vec<GpuId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cpus: Option<u32>,
    /// Why, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// The kind of failure, where it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// How long it waited in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waited_seconds: Option<f64>,
    /// For how long it held just these GPUs, until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_seconds: Option<f64>,
    /// How many GPU-seconds were used, as far as measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used_gpu_seconds: Option<f64>,
    /// The process of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
    /// How a program ended: its code, or 128 + N for signal N.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exit: Option<u8>,
}

impl Event {
    /// By whom and where is said by whoever writes it.
    pub(crate) fn new(action: Deed, time: Timestamp) -> Self {
        Self {
            time,
            user: None,
            host: String::new(),
            action,
            task: None,
            owner: None,
            server: None,
            gpus: None,
            cpus: None,
            why: None,
            error: None,
            waited_seconds: None,
            held_seconds: None,
            used_gpu_seconds: None,
            pid: None,
            exit: None,
        }
    }

    pub(crate) fn about(self, task: &Name) -> Self {
        Self {
            task: Some(task.to_string()),
            ..self
        }
    }

    pub(crate) fn because(self, why: impl Into<String>) -> Self {
        Self {
            why: Some(why.into()),
            ..self
        }
    }

    /// What was granted.
    pub(crate) fn granting(self, grant: &Grant) -> Self {
        Self {
            task: Some(grant.task.to_string()),
            owner: grant.owner.clone(),
            server: Some(grant.server_name.to_string()),
            gpus: Some(grant.gpus.clone()),
            cpus: Some(grant.cpus),
            ..self
        }
    }

    /// What is held no longer, or not just so.
    pub(crate) fn ending(self, task: &Task, server: &Name) -> Self {
        let held = self.time - task.held_since();
        Self {
            held_seconds: Some(seconds(held)),
            ..self.holding(task, server)
        }
    }

    /// What is held.
    pub(crate) fn holding(self, task: &Task, server: &Name) -> Self {
        Self {
            task: Some(task.id.to_string()),
            owner: task.owner.clone(),
            server: Some(server.to_string()),
            gpus: Some(task.gpus.clone()),
            cpus: Some(task.cpus),
            ..self
        }
    }

    pub(crate) fn waited(self, span: TimeDelta) -> Self {
        Self {
            waited_seconds: Some(seconds(span)),
            ..self
        }
    }
}

/// Never less than none, whatever clocks say.
pub(crate) fn seconds(span: TimeDelta) -> f64 {
    (span.num_milliseconds().max(0) as f64) / 1e3
}
