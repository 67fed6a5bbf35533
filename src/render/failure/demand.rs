//! The GPUs and CPU cores that a refused request asked for.

use crate::allocator::{Demand, GpuKind};
use crate::render::messages::{Messages, text};
use crate::render::text::{cpus_asked, gpus_asked};

pub(super) fn asked(demand: &Demand, messages: &Messages) -> String {
    let (gpus, cpus) = (gpus_asked(&demand.gpus), cpus_asked(demand.cpus, messages));
    let asked = text!(
        messages,
        "error-insufficient.asked",
        gpus = gpus,
        cpus = cpus
    );
    let GpuKind { model, memory } = &demand.kind;
    let model = model
        .as_deref()
        .map(|model| text!(messages, "error-insufficient.model", model = model));
    let memory = memory.map(|memory| {
        let memory = memory.display().iec().to_string();
        text!(messages, "error-insufficient.memory", memory = memory)
    });
    let parts = std::iter::once(asked).chain(model).chain(memory);
    parts.collect::<Vec<_>>().join(", ")
}
