//! What gpumgr keeps running on a task, on one line.

use super::decode::time_of;
use super::encode::{exact_time, gpu_list, json};
use super::object::{self, Field};
use crate::allocator::{GpuId, Phase, Program};
use crate::store::error::Damage;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct ProgramFields<'t> {
    phase: PhaseField,
    pid: Option<u32>,
    #[serde(default)]
    restarts: u32,
    #[serde(default)]
    automatic_gpus: u32,
    #[serde(default)]
    leaving_gpus: Vec<GpuId>,
    #[serde(borrow)]
    scaled: Option<Cow<'t, str>>,
    #[serde(default)]
    acquired: bool,
    #[serde(default)]
    makes_room: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PhaseField {
    Starting,
    Running,
    Retrying,
    Stopping,
}

pub(super) fn decode(fields: ProgramFields<'_>) -> Result<Program, Box<Damage>> {
    let scaled = fields.scaled.map(|time| time_of(&time, "program.scaled"));
    Ok(Program {
        phase: match fields.phase {
            PhaseField::Starting => Phase::Starting,
            PhaseField::Running => Phase::Running,
            PhaseField::Retrying => Phase::Retrying,
            PhaseField::Stopping => Phase::Stopping,
        },
        pid: fields.pid,
        restarts: fields.restarts,
        automatic: fields.automatic_gpus,
        leaving: fields.leaving_gpus,
        scaled: scaled.transpose()?,
        acquired: fields.acquired,
        makes_room: fields.makes_room,
    })
}

pub(super) fn encode(program: &Program) -> String {
    let Program {
        phase,
        pid,
        restarts,
        automatic,
        leaving,
        scaled,
        acquired,
        makes_room,
    } = program;
    let phase = match phase {
        Phase::Starting => "starting",
        Phase::Running => "running",
        Phase::Retrying => "retrying",
        Phase::Stopping => "stopping",
    };
    let count = |count: u32| (count > 0).then(|| count.to_string());
    let flag = |set: bool| set.then(|| "true".to_owned());
    let fields: [Field; 8] = [
        ("phase", Some(json(phase))),
        ("pid", pid.map(|pid| pid.to_string())),
        ("restarts", count(*restarts)),
        ("automatic_gpus", count(*automatic)),
        (
            "leaving_gpus",
            (!leaving.is_empty()).then(|| gpu_list(leaving)),
        ),
        ("scaled", scaled.map(exact_time)),
        ("acquired", flag(*acquired)),
        ("makes_room", flag(*makes_room)),
    ];
    object::in_one_line(&fields)
}
