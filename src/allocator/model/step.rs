//! Steps: runs inside a run.

use crate::allocator::model::demand::Demand;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::lease::{Lease, LeaseId};
use crate::allocator::model::time::Timestamp;

/// A run inside a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its gpumgr. The step lives as long as this does.
    pub lease: Lease,
    /// The step around it; `None` if that is the run itself.
    pub parent: Option<LeaseId>,
    /// When it was granted, or began to wait.
    pub since: Timestamp,
    /// Its share, or the demand it waits for.
    pub state: StepState,
}

/// The share of a step, or the demand it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It holds these.
    Runs {
        /// Its devices, in ascending order.
        gpus: Vec<GpuId>,
        /// How many CPU cores it may use.
        cpus: u32,
    },
    /// It waits for this, and holds nothing.
    Waits(Demand),
}

impl Step {
    /// The GPUs that it holds.
    pub fn gpus(&self) -> &[GpuId] {
        match &self.state {
            StepState::Runs { gpus, .. } => gpus,
            StepState::Waits(_) => &[],
        }
    }

    /// How many CPU cores it holds.
    pub fn cpus(&self) -> u32 {
        match &self.state {
            StepState::Runs { cpus, .. } => *cpus,
            StepState::Waits(_) => 0,
        }
    }

    /// The demand it waits for; `None` if it runs.
    pub fn demand(&self) -> Option<&Demand> {
        match &self.state {
            StepState::Runs { .. } => None,
            StepState::Waits(demand) => Some(demand),
        }
    }

    pub(in crate::allocator) fn waits(&self) -> bool {
        self.demand().is_some()
    }

    pub(in crate::allocator) fn sort_gpus(&mut self) {
        if let StepState::Runs { gpus, .. } = &mut self.state {
            gpus.sort_unstable();
        }
    }
}

/// GPUs and CPU cores of a run or step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The devices, in ascending order.
    pub gpus: Vec<GpuId>,
    /// How many CPU cores.
    pub cpus: u32,
}
