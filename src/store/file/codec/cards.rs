//! What a server's GPUs are: optional fields of a server.

use super::encode::json;
use crate::allocator::{Cards, PerGpu};
use crate::store::error::Damage;
use bytesize::{ByteSize, MIB};
use serde::{Deserialize, Serialize};

/// One for all GPUs, or one for each.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Written {
    One(String),
    List(Vec<String>),
}

pub(super) fn decode(
    models: Option<Written>,
    memory: Option<Written>,
    uuids: Option<Vec<String>>,
) -> Result<Cards, Damage> {
    Ok(Cards {
        models: models.map(|models| match models {
            Written::One(model) => PerGpu::All(model),
            Written::List(models) => PerGpu::List(models),
        }),
        memory: memory.map(each_size).transpose()?,
        uuids: uuids.unwrap_or_default(),
    })
}

fn each_size(written: Written) -> Result<PerGpu<ByteSize>, Damage> {
    Ok(match written {
        Written::One(text) => PerGpu::All(size(&text)?),
        Written::List(texts) => PerGpu::List(
            texts
                .iter()
                .map(|text| size(text))
                .collect::<Result<_, _>>()?,
        ),
    })
}

pub(super) fn size(text: &str) -> Result<ByteSize, Damage> {
    text.parse().map_err(|_| Damage::Value {
        at: "gpu_memory".to_owned(),
        why: format!("{text:?} is no size such as \"80GiB\""),
    })
}

/// The fields that stand behind a server's own, as JSON; none where nothing is known.
pub(super) fn fields(cards: &Cards) -> [(&'static str, Option<String>); 3] {
    let models = cards.models.as_ref().map(|models| match models {
        PerGpu::All(model) => json(model),
        PerGpu::List(models) => json(models),
    });
    let memory = cards.memory.as_ref().map(|memory| match memory {
        PerGpu::All(size) => json(&in_mib(*size)),
        PerGpu::List(sizes) => json(&sizes.iter().copied().map(in_mib).collect::<Vec<_>>()),
    });
    let uuids = (!cards.uuids.is_empty()).then(|| json(&cards.uuids));
    [
        ("gpu_model", models),
        ("gpu_memory", memory),
        ("gpu_uuids", uuids),
    ]
}

/// Exact, however it was written in a config.
pub(super) fn in_mib(size: ByteSize) -> String {
    match size.as_u64() {
        bytes if bytes % MIB == 0 => format!("{}MiB", bytes / MIB),
        bytes => format!("{bytes}B"),
    }
}
