//! The steps of tasks, below the table of tasks.

use super::{cpus_asked, gpu_list, gpus_asked, span};
use crate::allocator::{LeaseId, Step, StepState, Task, Timestamp};
use crate::render::messages::{Messages, key};

/// How many columns further in a step stands than what is around it.
const INDENT: usize = 2;

/// Empty where no task has steps.
pub(super) fn of_tasks(tasks: &[Task], now: Timestamp, messages: &Messages) -> String {
    let with_steps = tasks.iter().filter(|task| !task.steps.is_empty());
    with_steps
        .map(|task| of_task(task, now, messages))
        .collect()
}

fn of_task(task: &Task, now: Timestamp, messages: &Messages) -> String {
    let lines = inside(task, None, 2 * INDENT, now, messages);
    format!("{:INDENT$}{}:\n{lines}", "", task.id)
}

/// The steps with that parent, each with the steps inside it below.
fn inside(
    task: &Task,
    parent: Option<&LeaseId>,
    indent: usize,
    now: Timestamp,
    messages: &Messages,
) -> String {
    let steps = task.steps.iter();
    let steps = steps.filter(|step| step.parent.as_ref() == parent);
    steps
        .map(|step| {
            let below = inside(task, Some(&step.lease.id), indent + INDENT, now, messages);
            format!("{:indent$}{}\n{below}", "", line(step, now, messages))
        })
        .collect()
}

fn line(step: &Step, now: Timestamp, messages: &Messages) -> String {
    let (key, gpus, cpus) = match &step.state {
        StepState::Runs { gpus, cpus } => (
            key!("step-runs", age, cpus, gpus, pid),
            gpu_list(gpus),
            cpus.to_string(),
        ),
        StepState::Waits(demand) => (
            key!("step-waits", age, cpus, gpus, pid),
            gpus_asked(&demand.gpus),
            cpus_asked(demand.cpus, messages),
        ),
    };
    let values = [
        ("pid", step.lease.process.pid.to_string().into()),
        ("gpus", gpus.into()),
        ("cpus", cpus.into()),
        ("age", span(now - step.since).into()),
    ];
    messages.format(key, &values)
}
