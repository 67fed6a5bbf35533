//! What is told of one change, or of one that was refused.

use crate::allocator::{
    AutoEnd, Change, Expired, ExpiryReason, GpuId, Grant, Name, Released, Request, Task, Timestamp,
    Waiter,
};
use crate::exit_code::Kind;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A line is to stay one, also where somebody is told the names of a thousand tasks.
const MAX_WHY: usize = 1000;

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
    /// It left the queue with nothing.
    Leave,
    /// It had ended or lapsed, and whoever acted next freed it.
    Free,
    /// A program was started.
    Start,
    /// A program that nobody looked after has a supervisor again.
    TakeOver,
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
    Vacate,
    /// What the monitor measured of a task's use.
    Use,
    Monitor,
    Notify,
    /// What a newer gpumgr does.
    #[serde(other)]
    Other,
}

/// How something came to its end, or is to: for programs, where `why` is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// By itself, well.
    Done,
    /// By itself, badly, once too often.
    Failed,
    /// It could not even be started.
    NotStarted,
    /// By itself, while nobody saw how.
    Unseen,
    /// Somebody said so.
    Stopped,
    /// Somebody ended what looked after it: the machine went down, perhaps.
    Interrupted,
    /// Its time was over.
    Lapsed,
    /// What it lived with had ended.
    Ended,
    /// The waiter that it was granted to is stopped, and did not take it.
    Untaken,
    /// Somebody gave back what it held by another way.
    Lost,
    /// It is to make room for who waits.
    MakesRoom,
    /// What a newer gpumgr says.
    #[serde(other)]
    Other,
}

impl How {
    /// What a monitor must remember of it; `None` if that starts the program again at once.
    pub(crate) fn recorded(self) -> Option<AutoEnd> {
        match self {
            Self::Done => Some(AutoEnd::Done),
            Self::Stopped => Some(AutoEnd::Stopped),
            Self::Lost => Some(AutoEnd::Lost),
            Self::Failed | Self::NotStarted | Self::Unseen => Some(AutoEnd::Failed),
            Self::Interrupted
            | Self::Lapsed
            | Self::Ended
            | Self::MakesRoom
            | Self::Untaken
            | Self::Other => None,
        }
    }

    /// For people.
    fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::NotStarted => "not started",
            Self::Unseen => "unseen",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Lapsed => "lapsed",
            Self::Ended => "ended",
            Self::Untaken => "not taken",
            Self::Lost => "lost",
            Self::MakesRoom => "makes room for who waits",
            Self::Other => "-",
        }
    }
}

/// Its name in the log.
impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
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
    /// The state file's name, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
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
    /// How many GPUs were asked for, where none are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_gpus: Option<u32>,
    /// How it ended, or is to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) how: Option<How>,
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
    /// How often it was refused, if more than once; `time` is the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    /// When it was refused for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<Timestamp>,
}

impl Event {
    /// By whom and where is said by whoever writes it.
    pub(crate) fn new(action: Deed, time: Timestamp) -> Self {
        Self {
            time,
            user: None,
            host: String::new(),
            action,
            state: None,
            task: None,
            owner: None,
            server: None,
            gpus: None,
            cpus: None,
            asked_gpus: None,
            how: None,
            why: None,
            error: None,
            waited_seconds: None,
            held_seconds: None,
            used_gpu_seconds: None,
            pid: None,
            exit: None,
            count: None,
            first: None,
        }
    }

    pub(crate) fn about(self, task: &Name) -> Self {
        Self {
            task: Some(task.to_string()),
            ..self
        }
    }

    pub(crate) fn because(self, why: impl Into<String>) -> Self {
        let why = why.into();
        let why = match why.char_indices().nth(MAX_WHY) {
            None => why,
            Some((end, _)) => format!("{}…", &why[..end]),
        };
        Self {
            why: Some(why),
            ..self
        }
    }

    /// It ended so, or is to.
    pub(crate) fn so(self, how: How) -> Self {
        Self {
            how: Some(how),
            ..self.because(how.words())
        }
    }

    /// It was not done.
    pub(crate) fn failing(self, kind: Kind, why: impl Into<String>) -> Self {
        Self {
            error: Some(kind.name().to_owned()),
            ..self.because(why)
        }
    }

    /// What was asked for.
    pub(crate) fn asking(self, request: &Request) -> Self {
        Self {
            task: Some(request.task.to_string()),
            owner: request.owner.clone(),
            asked_gpus: Some(request.demand.gpus.count()),
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

    /// What a task gave back.
    pub(crate) fn giving_back(self, released: &Released) -> Self {
        self.ending(&released.task, &released.server_name)
    }

    /// What was freed because it was over.
    pub(crate) fn freeing(self, freed: &Expired) -> Self {
        let how = match freed.why {
            ExpiryReason::Ended => How::Ended,
            ExpiryReason::Lapsed => How::Lapsed,
            ExpiryReason::Untaken => How::Untaken,
        };
        self.ending(&freed.task, &freed.server_name).so(how)
    }

    /// Who waits no longer, having got nothing.
    pub(crate) fn leaving(self, waiter: &Waiter) -> Self {
        let waited = self.time - waiter.since;
        self.asking(&waiter.request).waited(waited)
    }

    /// What became of the servers.
    pub(crate) fn reconciling(self, changes: &[Change]) -> Self {
        let changes: Vec<_> = changes.iter().map(change).collect();
        self.because(changes.join("; "))
    }

    pub(crate) fn waited(self, span: TimeDelta) -> Self {
        Self {
            waited_seconds: Some(seconds(span)),
            ..self
        }
    }
}

/// Never less than none, whatever clocks say.
pub(super) fn seconds(span: TimeDelta) -> f64 {
    (span.num_milliseconds().max(0) as f64) / 1e3
}

/// As the fields of the config say it.
fn change(change: &Change) -> String {
    match change {
        Change::Added { server, gpus, cpus } => {
            format!("{server}: added, {gpus} gpus, {cpus} cpus")
        }
        Change::Removed { server } => format!("{server}: removed"),
        Change::Gpus { server, from, to } => format!("{server}: gpus {from} -> {to}"),
        Change::Cpus { server, from, to } => format!("{server}: cpus {from} -> {to}"),
        Change::Drain { server, on } => format!("{server}: drain {on}"),
        Change::Host { server, host } => {
            format!("{server}: host {}", host.as_deref().unwrap_or("any"))
        }
        Change::Cards { server } => format!("{server}: gpu cards"),
        Change::Reordered => "reordered".to_owned(),
    }
}
