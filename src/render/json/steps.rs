//! The steps of a task.

use super::time;
use crate::allocator::{Cpus, Gpus, Step, StepState, Task, Timestamp};
use serde_json::{Value, json};

pub(super) fn of_task(task: &Task, now: Timestamp) -> Vec<Value> {
    let steps = task.steps.iter();
    steps.map(|step| one(step, task, now)).collect()
}

fn one(step: &Step, task: &Task, now: Timestamp) -> Value {
    let parent = step.parent.as_ref().and_then(|id| task.step(id));
    let (count, ids, cpus) = match &step.state {
        StepState::Runs { gpus, cpus } => (gpus.len(), Some(gpus.clone()), Some(*cpus)),
        StepState::Waits(demand) => {
            let ids = match &demand.gpus {
                Gpus::Count(_) => None,
                Gpus::These(ids) => Some(ids.iter().copied().collect()),
            };
            let cpus = match demand.cpus {
                Cpus::PerGpu => None,
                Cpus::Exactly(count) => Some(count.get()),
            };
            (demand.gpus.count() as usize, ids, cpus)
        }
    };
    json!({
        "pid": step.lease.process.pid,
        "parent_pid": parent.map(|parent| parent.lease.process.pid),
        "waiting": step.demand().is_some(),
        "gpus": count,
        "gpu_ids": ids,
        "cpus": cpus,
        "since": time(step.since),
        "age_seconds": (now - step.since).num_seconds().max(0),
    })
}
