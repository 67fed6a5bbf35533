//! The limits of one request, and the quotas of one user.

use chrono::TimeDelta;

/// How many GPUs the tasks of one user may hold, however many are free; no cap where none is written.
/// Tasks without an owner count for no user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// In all.
    pub total: Option<u32>,
    /// The GPUs that a user asked for.
    pub manual: Option<u32>,
    /// The GPUs that the monitor acquired.
    pub auto: Option<u32>,
}

/// One of the caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// `max_total_gpus`.
    Total,
    /// `max_manual_gpus`.
    Manual,
    /// `max_auto_gpus`.
    Auto,
}

/// A cap that a request would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaExceeded {
    /// Which.
    pub cap: Quota,
    /// How many GPUs it allows.
    pub max: u32,
    /// How many of those its user holds.
    pub held: u32,
    /// How many were asked for.
    pub asked: u32,
}

/// The limits of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At least that many; 0 allows tasks of CPUs alone. v0.1 had 2.
    pub min_gpus_per_task: u32,
    /// At most that many; if none, what the largest server has.
    pub max_gpus_per_task: Option<u32>,
    /// After which time a task lapses that does not say; never, if none.
    pub default_ttl: Option<TimeDelta>,
    /// The most time it may ask for.
    pub max_ttl: Option<TimeDelta>,
    /// How many GPUs one user may hold.
    pub caps: Quotas,
    /// How long a command may take to end when its time is over.
    pub grace: TimeDelta,
    /// After which time a task that does not use its GPUs is called idle.
    pub idle_warning: TimeDelta,
}

impl Limits {
    /// How long a task is for that asks for this, or for nothing.
    pub fn ttl(&self, asked: Option<TimeDelta>) -> Option<TimeDelta> {
        asked.or(self.default_ttl).or(self.max_ttl)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_gpus_per_task: 1,
            max_gpus_per_task: None,
            default_ttl: None,
            max_ttl: None,
            caps: Quotas::default(),
            grace: TimeDelta::seconds(30),
            idle_warning: TimeDelta::minutes(30),
        }
    }
}
