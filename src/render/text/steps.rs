//! The steps of tasks, below the table of tasks.

use super::{cpus_asked, gpu_list, gpus_asked, span};
use crate::allocator::{LeaseId, Step, StepState, Task, Timestamp};
use crate::render::words::Words;

/// How many columns further in a step stands than what is around it.
const INDENT: usize = 2;

/// Empty where no task has steps.
pub(super) fn of_tasks(tasks: &[Task], now: Timestamp, words: &Words) -> String {
    let with_steps = tasks.iter().filter(|task| !task.steps.is_empty());
    with_steps.map(|task| of_task(task, now, words)).collect()
}

fn of_task(task: &Task, now: Timestamp, words: &Words) -> String {
    let lines = inside(task, None, 2 * INDENT, now, words);
    format!("{:INDENT$}{}:\n{lines}", "", task.id)
}

/// The steps with that parent, each with the steps inside it below.
fn inside(
    task: &Task,
    parent: Option<&LeaseId>,
    indent: usize,
    now: Timestamp,
    words: &Words,
) -> String {
    let steps = task.steps.iter();
    let steps = steps.filter(|step| step.parent.as_ref() == parent);
    steps
        .map(|step| {
            let below = inside(task, Some(&step.lease.id), indent + INDENT, now, words);
            format!("{:indent$}{}\n{below}", "", line(step, now, words))
        })
        .collect()
}

fn line(step: &Step, now: Timestamp, words: &Words) -> String {
    let (key, gpus, cpus) = match &step.state {
        StepState::Runs { gpus, cpus } => ("step-runs", gpu_list(gpus), cpus.to_string()),
        StepState::Waits(demand) => (
            "step-waits",
            gpus_asked(&demand.gpus),
            cpus_asked(demand.cpus, words),
        ),
    };
    let values = [
        ("pid", step.lease.process.pid.to_string().into()),
        ("gpus", gpus.into()),
        ("cpus", cpus.into()),
        ("age", span(now - step.since).into()),
    ];
    words.say(key, values)
}
