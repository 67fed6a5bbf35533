//! A demand: what waits asks for, in fields of its own or in an object on one line.

use super::cards;
use super::encode::{gpu_list, json};
use super::object::{self, Field};
use crate::allocator::{BadRequest, Cpus, Demand, GpuId, GpuKind, Gpus};
use crate::store::error::Damage;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct DemandFields {
    pub(super) gpus: Option<u32>,
    pub(super) gpu_ids: Option<Vec<GpuId>>,
    pub(super) cpus: Option<u32>,
    pub(super) gpu_model: Option<String>,
    pub(super) gpu_memory: Option<String>,
}

pub(super) fn decode(fields: DemandFields) -> Result<Demand, Damage> {
    let too_much = |at: &str| {
        let at = at.to_owned();
        move |why: BadRequest| Damage::Value {
            at,
            why: why.to_string(),
        }
    };
    let gpus = match fields.gpu_ids {
        Some(ids) => Gpus::These(ids.into_iter().collect()),
        None => Gpus::exactly(fields.gpus.unwrap_or(1)).map_err(too_much("gpus"))?,
    };
    let cpus = match fields.cpus {
        Some(count) => Cpus::exactly(count).map_err(too_much("cpus"))?,
        None => Cpus::PerGpu,
    };
    let memory = fields.gpu_memory.map(|memory| cards::size(&memory));
    let kind = GpuKind {
        model: fields.gpu_model,
        memory: memory.transpose()?,
    };
    Ok(Demand { gpus, cpus, kind })
}

pub(super) fn fields(demand: &Demand) -> [Field; 5] {
    let (count, ids) = match &demand.gpus {
        Gpus::Count(count) => (Some(count.to_string()), None),
        Gpus::These(ids) => {
            let ids: Vec<_> = ids.iter().copied().collect();
            (None, Some(gpu_list(&ids)))
        }
    };
    let cpus = match demand.cpus {
        Cpus::PerGpu => None,
        Cpus::Exactly(count) => Some(count.to_string()),
    };
    let memory = demand.kind.memory;
    [
        ("gpus", count),
        ("gpu_ids", ids),
        ("cpus", cpus),
        ("gpu_model", demand.kind.model.as_deref().map(json)),
        (
            "gpu_memory",
            memory.map(|memory| json(&cards::in_mib(memory))),
        ),
    ]
}

pub(super) fn encode(demand: &Demand) -> String {
    object::in_one_line(&fields(demand))
}
