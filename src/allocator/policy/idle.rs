//! Which tasks leave their GPUs idle.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::sample::{Device, Sample};
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use chrono::TimeDelta;

/// A task has that long to begin before anybody calls it idle.
const BEGINNING: TimeDelta = TimeDelta::minutes(1);

impl Task {
    /// For how long nobody has seen it use its GPUs, if that is at least `warning`.
    pub fn idle(&self, now: Timestamp, warning: TimeDelta) -> Option<TimeDelta> {
        let idle = now - self.idle_since?;
        (idle >= warning).then_some(idle)
    }
}

/// Since when it idles, if it does; nothing where that cannot be told.
pub(in crate::allocator) fn idle_since(
    task: &Task,
    sample: &Sample,
    now: Timestamp,
) -> Option<Option<Timestamp>> {
    if task.gpus.is_empty() || now - task.start < BEGINNING {
        return None;
    }
    let in_use: Vec<_> = task.gpus.iter().map(|gpu| in_use(*gpu, sample)).collect();
    if in_use.contains(&Some(true)) {
        return Some(None);
    }
    let idles = !in_use.contains(&None);
    idles.then(|| Some(task.idle_since.unwrap_or(now)))
}

fn in_use(gpu: GpuId, sample: &Sample) -> Option<bool> {
    let devices = sample.devices.as_ref().ok()?;
    device_in_use(devices.get(usize::from(gpu))?.as_ref().ok()?)
}

/// A process that waits uses nothing; where the use is not told, that there is one must do.
fn device_in_use(device: &Device) -> Option<bool> {
    match (&device.utilization, &device.processes) {
        (Ok(percent), _) => Some(*percent > 0),
        (Err(_), Ok(processes)) => Some(!processes.is_empty()),
        (Err(_), Err(_)) => None,
    }
}
