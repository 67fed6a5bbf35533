//! The variables that go with a grant.

use crate::allocator::{GpuId, Grant};
use crate::config::{Environment, Part, Template};
use crate::variables::GPUS;

/// The device IDs, as `CUDA_VISIBLE_DEVICES` takes them: nothing for a task of CPUs alone.
pub(crate) fn device_list(gpus: &[GpuId]) -> String {
    let ids: Vec<_> = gpus.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// What [`device_list`] made; none if it did not.
pub(crate) fn device_ids(list: &str) -> Option<Vec<GpuId>> {
    let ids = list.split(',').filter(|id| !id.is_empty());
    ids.map(|id| id.parse().ok()).collect()
}

/// Names and values, gpumgr's own first. The devices are counted as NVML and `nvidia-smi` do:
/// CUDA's own order would be by speed.
pub(crate) fn variables(grant: &Grant, configured: &Environment) -> Vec<(String, String)> {
    let devices = device_list(&grant.gpus);
    let own = [
        ("CUDA_VISIBLE_DEVICES", devices.clone()),
        ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned()),
        ("GPUMGR_TASK_ID", grant.task.to_string()),
        ("GPUMGR_SERVER", grant.server_name.to_string()),
        (GPUS, devices),
        ("GPUMGR_CPUS", grant.cpus.to_string()),
    ];
    let own = own
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let configured = configured.variables.iter();
    own.chain(configured.map(|(name, template)| (name.clone(), filled(template, grant))))
        .collect()
}

/// The text with what the grant fills in.
pub(crate) fn filled(template: &Template, grant: &Grant) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::GpuList => device_list(&grant.gpus),
        Part::GpuCount => grant.gpus.len().to_string(),
        Part::CpuCount => grant.cpus.to_string(),
        Part::TaskId => grant.task.to_string(),
        Part::Server => grant.server_name.to_string(),
    };
    template.0.iter().map(part).collect()
}
