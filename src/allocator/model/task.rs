//! A task: the GPUs and CPU cores that it holds, and what ends it.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::lease::{Deadline, Lease, LeaseKind};
use crate::allocator::model::name::Name;
use crate::allocator::model::program::Program;
use crate::allocator::model::step::Step;
use crate::allocator::model::time::Timestamp;

/// The resources that one task holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Unique in the cluster.
    pub id: Name,
    /// Its devices, in ascending order.
    pub gpus: Vec<GpuId>,
    /// How many CPU cores it may use.
    pub cpus: u32,
    /// When it was granted.
    pub start: Timestamp,
    /// The owner; `None` for a task of v0.1, which belongs to any user.
    pub owner: Option<String>,
    /// Until when it is for; v0.1's tasks are until they are released.
    pub term: Option<Deadline>,
    /// What it lives with, if it is not to be released by hand. Most tasks have none, and there may
    /// be many tasks.
    pub lease: Option<Box<Lease>>,
    /// The time since which its GPUs were seen unused; `None` if they were not.
    pub idle_since: Option<Timestamp>,
    /// The program that gpumgr keeps running on it.
    pub program: Option<Box<Program>>,
    /// The runs inside it, in the order they came.
    pub steps: Vec<Step>,
}

impl Task {
    /// Whether the monitor acquired all of its GPUs, so that it makes room first for the queue.
    pub fn is_automatic(&self) -> bool {
        let automatic = self.program.as_ref().map_or(0, |program| program.automatic);
        automatic > 0 && automatic as usize >= self.gpus.len()
    }

    /// The GPUs that its program runs on, or is to run on.
    pub fn gpus_to_use(&self) -> Vec<GpuId> {
        let leaving = self.program.as_ref().map(|program| &program.leaving);
        let stays = |gpu: &&GpuId| !leaving.is_some_and(|leaving| leaving.contains(gpu));
        self.gpus.iter().filter(stays).copied().collect()
    }

    /// The lease of the command that gpumgr runs on it, and ends.
    pub(crate) fn command_lease(&self) -> Option<&Lease> {
        let lease = self.lease.as_deref();
        lease.filter(|lease| lease.tie == LeaseKind::Run)
    }

    /// Since when it has held just these GPUs.
    pub fn held_since(&self) -> Timestamp {
        let scaled = self.program.as_ref().and_then(|program| program.scaled);
        scaled.unwrap_or(self.start)
    }
}
