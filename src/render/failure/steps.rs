//! Why a step has no share of the run around it.

use super::Message;
use super::refused::asked;
use crate::allocator::{Portion, Step, StepShortage, StepState};
use crate::render::text::{cpus_asked, gpu_list, gpus_asked};
use crate::render::words::Words;

/// How many other steps are named.
const SHOWN: usize = 8;

pub(super) fn in_the_way(shortage: &StepShortage, words: &Words) -> Message {
    about("error-steps-in-the-way", shortage, words)
}

pub(super) fn waited_out(shortage: &StepShortage, words: &Words) -> Message {
    about("error-step-waited-out", shortage, words)
}

fn about(key: &str, shortage: &StepShortage, words: &Words) -> Message {
    let StepShortage {
        task,
        demand,
        free: Portion { gpus, cpus },
        others,
    } = shortage;
    let free = [("gpus", gpu_list(gpus).into()), ("cpus", (*cpus).into())];
    let mut details = vec![
        asked(demand, words),
        words.say("error-steps-in-the-way.free", free),
    ];
    details.extend(others.iter().take(SHOWN).map(|step| other(step, words)));
    if let Some(more) = others.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        details.push(words.say("error-steps-in-the-way.more", [("count", more.into())]));
    }
    Message {
        headline: words.say(key, [("task", task.as_str().into())]),
        details,
        hint: words.text(&format!("{key}.hint")),
    }
}

fn other(step: &Step, words: &Words) -> String {
    let pid = step.lease.process.pid.to_string();
    let (key, gpus, cpus) = match &step.state {
        StepState::Runs { gpus, cpus } => (
            "error-steps-in-the-way.holds",
            gpu_list(gpus),
            cpus.to_string(),
        ),
        StepState::Waits(demand) => {
            let cpus = cpus_asked(demand.cpus, &words.of_results());
            (
                "error-steps-in-the-way.waits",
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
    words.say(key, values)
}
