//! Leases: the process that an allocation lives with, and its deadline.

use crate::allocator::model::time::Timestamp;
use chrono::TimeDelta;
use std::fmt;
use std::str::FromStr;

/// Names one lease, for ever: 1 to [`LeaseId::MAX_CHARS`] ASCII letters and digits, since it also
/// names a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(String);

/// Why a text cannot be a [`LeaseId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not 1 to {} ASCII letters and digits", LeaseId::MAX_CHARS)]
pub struct BadLeaseId;

impl LeaseId {
    /// The most characters one has.
    pub const MAX_CHARS: usize = 64;

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name for what goes on under this one, with that new one behind its beginning. It begins as
    /// all do that go on from the same.
    pub fn continued(&self, new: &Self) -> Self {
        let first = &self.0[..self.0.len().min(Self::MAX_CHARS / 4)];
        let new = &new.0[..new.0.len().min(Self::MAX_CHARS / 2)];
        Self(format!("{first}{new}"))
    }

    /// Whether this goes on from that one, or is that one.
    pub fn continues(&self, first: &Self) -> bool {
        let beginning = &first.0[..first.0.len().min(Self::MAX_CHARS / 4)];
        self == first || (first.0.len() >= Self::MAX_CHARS / 4 && self.0.starts_with(beginning))
    }
}

impl FromStr for LeaseId {
    type Err = BadLeaseId;

    fn from_str(text: &str) -> Result<Self, BadLeaseId> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadLeaseId)
        }
    }
}

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One process, never to be taken for another: an ID is used again, the moment of its start is
/// not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The machine it runs on, by its own name.
    pub host: String,
    /// Which start of that machine, where the system tells.
    pub boot: Option<String>,
    /// The space of process IDs that its own is from, as of a container, where there are such.
    pub namespace: Option<u64>,
    /// Its ID there.
    pub pid: u32,
    /// When it started, in the system's own units; 0 if that is not known.
    pub started: u64,
}

/// Whether two starts noted of one process ID are of one process. Linux rounds them, differently in a
/// time namespace; an ID does not come again that soon. A start that is not known may be any.
pub fn is_same_start(one: u64, other: u64) -> bool {
    one == 0 || other == 0 || one.abs_diff(other) <= 1
}

/// The longest that anything may be for: a hundred years, which clocks can still add up.
pub const MAX_TTL: TimeDelta = TimeDelta::days(36_500);

/// The kind of process whose end frees an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaseKind {
    /// A command that gpumgr runs: its end frees the allocation, a term alone does not.
    Run,
    /// A process that a user named.
    Process,
    /// A gpumgr that waited and has not yet taken what it was granted.
    Claim,
}

/// A process whose end frees an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its name.
    pub id: LeaseId,
    /// The kind of the process.
    pub tie: LeaseKind,
    /// The process.
    pub process: Process,
}

/// Until when an allocation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// How long it was asked for, and is renewed for.
    pub ttl: TimeDelta,
    /// When it lapses.
    pub end: Timestamp,
}

impl Deadline {
    /// That long from now; none beyond what a clock can tell.
    pub fn starting(now: Timestamp, ttl: TimeDelta) -> Option<Self> {
        let end = now.checked_add_signed(ttl)?;
        Some(Self { ttl, end })
    }
}
