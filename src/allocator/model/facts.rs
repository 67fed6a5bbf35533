//! The facts that a decision is based on.

use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::sample::Sample;
use crate::allocator::model::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// The facts from outside that a decision is based on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The moment.
    pub now: Timestamp,
    /// The leases whose processes are gone for certain. What is dead stays dead, so this may have
    /// been found out a while ago.
    pub dead: HashSet<LeaseId>,
    /// The leases on other machines, of which nothing is known but that they ought to have been
    /// ended there by now.
    pub given_up: HashSet<LeaseId>,
    /// The leases of waiters that are stopped and have not taken their grant for long, with the time of
    /// that grant: it is withdrawn, unless it was taken meanwhile.
    pub untaken: HashMap<LeaseId, Timestamp>,
    /// The machine on which this is decided, by its own name; any, if none.
    pub host: Option<String>,
    /// The state of its GPUs; `None` if they are not measured.
    pub sample: Option<Sample>,
    /// Whether to note from it which tasks idle.
    pub notes_idle: bool,
}

impl Facts {
    /// Nothing is known but the time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            dead: HashSet::new(),
            given_up: HashSet::new(),
            untaken: HashMap::new(),
            host: None,
            sample: None,
            notes_idle: true,
        }
    }
}
