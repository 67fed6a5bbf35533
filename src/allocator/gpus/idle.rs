//! Tasks that hold GPUs and do not use them.

use super::sample::{Device, Sample};
use crate::allocator::cluster::{Cluster, GpuId, Task, Timestamp};
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

/// Notes the moment since which a task on the measured server was not seen to use its GPUs, and
/// forgets it when it does.
pub(super) fn note_idle(cluster: &mut Cluster, index: usize, sample: &Sample, now: Timestamp) {
    let tasks = cluster.servers()[index].tasks.iter().enumerate();
    let changed: Vec<_> = tasks
        .filter_map(|(position, task)| {
            let since = idle_since(task, sample, now)?;
            (since != task.idle_since).then_some((position, since))
        })
        .collect();
    for (position, since) in changed {
        cluster.edit(index).tasks[position].idle_since = since;
    }
}

/// Since when it idles, if it does; nothing where that cannot be told.
fn idle_since(task: &Task, sample: &Sample, now: Timestamp) -> Option<Option<Timestamp>> {
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
