//! Processes on GPUs that they were not given.

use super::sample::{Occupant, Sample};
use crate::allocator::cluster::{GpuId, Server, gpu_ids};

/// The processes that compute on the GPUs of this server and belong to no task there, but for those that
/// do not count.
pub fn strangers<'s>(server: &Server, sample: &'s Sample) -> Vec<(GpuId, &'s Occupant)> {
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
