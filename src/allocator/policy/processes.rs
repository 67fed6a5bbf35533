//! Which task a process on a GPU belongs to.

use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::lease::{LeaseKind, Process, is_same_start};
use crate::allocator::model::sample::{Ancestor, Occupant, Run, Sample};
use crate::allocator::model::server::Server;
use crate::allocator::model::task::Task;

/// The processes that compute on the GPUs of this server and belong to no task there, but for those that
/// do not count.
pub fn untracked_processes<'s>(server: &Server, sample: &'s Sample) -> Vec<(GpuId, &'s Occupant)> {
    let Ok(devices) = &sample.devices else {
        return Vec::new();
    };
    let on_gpu = |gpu: GpuId| {
        let device = devices
            .get(usize::from(gpu))
            .and_then(|device| device.as_ref().ok());
        let processes = device.and_then(|device| device.processes.as_ref().ok());
        let holder = server.tasks.iter().find(|task| task.gpus.contains(&gpu));
        let is_strange = move |process: &&Occupant| {
            !process.ignored && !holder.is_some_and(|task| process.belongs_to(task))
        };
        let strange = processes.into_iter().flatten().filter(is_strange);
        strange.map(move |process| (gpu, process))
    };
    gpu_ids(server.total_gpus).flat_map(on_gpu).collect()
}

impl Occupant {
    /// Whether this process, on a GPU of that task, is the task's: of the process tree of what the
    /// task lives with; of the same container; or where it lives with nothing, its owner's. One
    /// that cannot be seen from here is in a container, and the task's if that is, too.
    pub fn belongs_to(&self, task: &Task) -> bool {
        let is_owner = task.owner.is_none() || self.user == task.owner;
        let Some(lease) = task.lease.as_deref() else {
            return is_owner && !self.lineage.is_empty();
        };
        if self.comes_from(&lease.process) || self.shares_container_with(&lease.process) {
            return true;
        }
        match &self.run {
            Run::Inside(id) => lease.id.continues(id),
            Run::Outside => false,
            // What outlived its gpumgr has lost its line, and its user alone could say.
            Run::Hidden => is_owner && lease.tie == LeaseKind::Run && self.is_orphan(),
        }
    }

    /// Whether it is that process, or was started by it, or by what that started.
    pub fn comes_from(&self, process: &Process) -> bool {
        let is_it =
            |pid: u32, started: u64| pid == process.pid && is_same_start(started, process.started);
        let mut lineage = self.lineage.iter();
        lineage.any(|kin| is_it(kin.pid, kin.started) || is_it(kin.inner, kin.started))
    }

    fn shares_container_with(&self, process: &Process) -> bool {
        let is_inside = |kin: &Ancestor| kin.pid != kin.inner;
        let in_container = self.lineage.first().is_none_or(is_inside);
        in_container && self.namespace.is_some() && self.namespace == process.namespace
    }

    /// Whether its parent is the first process of all.
    fn is_orphan(&self) -> bool {
        self.lineage.get(1).is_some_and(|parent| parent.pid == 1)
    }
}
