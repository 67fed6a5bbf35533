//! The steps of a task: one object a line.

use super::decode::time_of;
use super::demand::{self, DemandFields};
use super::encode::{exact_time, gpu_list, json, list};
use super::lease::{self, LeaseFields};
use super::object::{self, Field};
use super::places::Object;
use crate::allocator::{GpuId, LeaseId, Step, StepState};
use crate::store::error::Damage;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many columns in a step stands.
const INDENT: usize = 12;

#[derive(Deserialize)]
struct StepFields<'t> {
    #[serde(borrow)]
    lease: LeaseFields<'t>,
    #[serde(borrow)]
    parent: Option<Cow<'t, str>>,
    #[serde(borrow)]
    since: Cow<'t, str>,
    gpu_ids: Option<Vec<GpuId>>,
    cpus: Option<u32>,
    waits_for: Option<DemandFields>,
}

/// A step as soon as it is read.
pub(super) struct FoundStep(Result<Step, Box<Damage>>);

impl<'de> Deserialize<'de> for FoundStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<StepFields<'de>>::deserialize(deserializer).map(|fields| Self(step(fields.value)))
    }
}

pub(super) fn decode(found: Vec<FoundStep>) -> Result<Vec<Step>, Box<Damage>> {
    let steps = found.into_iter().enumerate();
    let steps = steps.map(|(index, FoundStep(step))| {
        step.map_err(|damage| Box::new(damage.within(&format!("steps[{index}]."))))
    });
    steps.collect()
}

fn step(fields: StepFields<'_>) -> Result<Step, Box<Damage>> {
    let parent = fields.parent.map(|id| lease_id(&id, "parent"));
    let state = match fields.waits_for {
        Some(wanted) => {
            StepState::Waits(demand::decode(wanted).map_err(|damage| damage.within("waits_for."))?)
        }
        None => {
            let mut gpus = fields.gpu_ids.unwrap_or_default();
            gpus.sort_unstable();
            let cpus = fields.cpus.unwrap_or_default();
            StepState::Runs { gpus, cpus }
        }
    };
    Ok(Step {
        lease: lease::decode(fields.lease)?,
        parent: parent.transpose()?,
        since: time_of(&fields.since, "since")?,
        state,
    })
}

fn lease_id(text: &str, field: &str) -> Result<LeaseId, Damage> {
    text.parse()
        .map_err(|why: crate::allocator::BadLeaseId| Damage::Value {
            at: field.to_owned(),
            why: why.to_string(),
        })
}

/// The list of a task's steps as JSON; `None` if it has none.
pub(super) fn encode(steps: &[Step]) -> Option<String> {
    let texts = steps.iter().map(|step| Cow::Owned(fresh(step)));
    (!steps.is_empty()).then(|| list(texts, INDENT))
}

/// The list over what this task's text says of it, so that unknown fields of steps stay.
pub(super) fn encode_over(task: &str, steps: &[Step]) -> serde_json::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Part<'t> {
        #[serde(borrow)]
        steps: Option<Vec<&'t RawValue>>,
    }
    let written: Part<'_> = serde_json::from_str(task)?;
    let mut old = HashMap::new();
    for text in written.steps.into_iter().flatten().map(RawValue::get) {
        let FoundStep(step) = serde_json::from_str(text)?;
        if let Ok(step) = step {
            old.insert(step.lease.id.clone(), (step, text));
        }
    }
    let text = |step: &Step| match old.get(&step.lease.id) {
        Some((same, text)) if same == step => Ok(Cow::Borrowed(*text)),
        Some((was, text)) => {
            object::merged(text, &fields(was), &fields(step), INDENT + 2).map(Cow::Owned)
        }
        None => Ok(Cow::Owned(fresh(step))),
    };
    let texts: Vec<_> = steps.iter().map(text).collect::<serde_json::Result<_>>()?;
    Ok((!texts.is_empty()).then(|| list(texts.into_iter(), INDENT)))
}

fn fresh(step: &Step) -> String {
    object::fresh(&fields(step), INDENT + 2)
}

fn fields(step: &Step) -> [Field; 6] {
    let Step {
        lease,
        parent,
        since,
        state,
    } = step;
    let (gpus, cpus, wanted) = match state {
        StepState::Runs { gpus, cpus } => (Some(gpu_list(gpus)), Some(cpus.to_string()), None),
        StepState::Waits(wanted) => (None, None, Some(demand::encode(wanted))),
    };
    [
        ("lease", Some(lease::encode(lease))),
        ("parent", parent.as_ref().map(|id| json(id.as_str()))),
        ("since", Some(exact_time(*since))),
        ("gpu_ids", gpus),
        ("cpus", cpus),
        ("waits_for", wanted),
    ]
}
