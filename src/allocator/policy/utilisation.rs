//! How much a task uses its GPUs.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::sample::Sample;
use crate::allocator::model::task::Task;

/// The mean use of the task's GPUs, in percent; none where it has none, or not all of them tell.
pub fn used(task: &Task, sample: &Sample) -> Option<f64> {
    let devices = sample.devices.as_ref().ok()?;
    let percent = |gpu: &GpuId| {
        let device = devices.get(usize::from(*gpu))?.as_ref().ok()?;
        device.utilization.as_ref().ok().copied()
    };
    let uses: Option<Vec<u32>> = task.gpus.iter().map(percent).collect();
    let uses = uses.filter(|uses| !uses.is_empty())?;
    let sum: u64 = uses.iter().copied().map(u64::from).sum();
    Some(sum as f64 / uses.len() as f64)
}
