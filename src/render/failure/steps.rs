//! Why a step has no share of the run around it.

use super::Message;
use super::demand::asked;
use crate::allocator::{Portion, Step, StepShortage, StepState};
use crate::render::messages::{Keys, Messages, key, keys, text};
use crate::render::text::{cpus_asked, gpu_list, gpus_asked};

/// How many other steps are named.
const SHOWN: usize = 8;

pub(super) fn in_the_way(shortage: &StepShortage, messages: &Messages) -> Message {
    about(keys!("error-steps-in-the-way", task), shortage, messages)
}

pub(super) fn waited_out(shortage: &StepShortage, messages: &Messages) -> Message {
    about(keys!("error-step-waited-out", task), shortage, messages)
}

fn about(keys: Keys, shortage: &StepShortage, messages: &Messages) -> Message {
    let StepShortage {
        task,
        demand,
        free: Portion { gpus, cpus },
        others,
    } = shortage;
    let free = [("gpus", gpu_list(gpus).into()), ("cpus", (*cpus).into())];
    let mut details = vec![
        asked(demand, messages),
        messages.format(key!("error-steps-in-the-way.free", cpus, gpus), &free),
    ];
    details.extend(others.iter().take(SHOWN).map(|step| other(step, messages)));
    if let Some(more) = others.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        details.push(text!(messages, "error-steps-in-the-way.more", count = more));
    }
    Message {
        headline: messages.format(keys.headline, &[("task", task.as_str().into())]),
        details,
        hint: messages.plain(keys.hint),
    }
}

fn other(step: &Step, messages: &Messages) -> String {
    let pid = step.lease.process.pid.to_string();
    let (key, gpus, cpus) = match &step.state {
        StepState::Runs { gpus, cpus } => (
            key!("error-steps-in-the-way.holds", cpus, gpus, pid),
            gpu_list(gpus),
            cpus.to_string(),
        ),
        StepState::Waits(demand) => {
            let cpus = cpus_asked(demand.cpus, messages);
            (
                key!("error-steps-in-the-way.waits", cpus, gpus, pid),
                gpus_asked(&demand.gpus),
                cpus,
            )
        }
    };
    let values = [
        ("pid", pid.into()),
        ("gpus", gpus.into()),
        ("cpus", cpus.into()),
    ];
    messages.format(key, &values)
}
