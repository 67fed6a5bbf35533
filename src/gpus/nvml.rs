//! One device, field by field.

use super::answers::Process;
use crate::allocator::{Device, MemoryUse, Reading, Unreadable};
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;

/// More than that compute on no GPU.
const MAX_PROCESSES: usize = 1024;

/// How often a list that grew meanwhile is asked for again.
const TRIES: usize = 3;

/// The device that NVML, and CUDA with `CUDA_DEVICE_ORDER=PCI_BUS_ID`, counts as this one.
pub(super) fn device(nvml: &Nvml, index: u32) -> Reading<Box<Device<Process>>> {
    let device = nvml.device_by_index(index).map_err(unreadable)?;
    let memory = device.memory_info().map(|memory| MemoryUse {
        used: memory.used,
        total: memory.total,
    });
    let processes = processes(&device);
    Ok(Box::new(Device {
        uuid: device.uuid().map_err(unreadable),
        model: device.name().map_err(unreadable),
        memory: memory.map_err(unreadable),
        utilization: device
            .utilization_rates()
            .map(|rates| rates.gpu)
            .map_err(unreadable),
        temperature: device
            .temperature(TemperatureSensor::Gpu)
            .map_err(unreadable),
        power: device.power_usage().map_err(unreadable),
        drawing: drawing(&device, processes.as_deref().unwrap_or_default()),
        processes,
    }))
}

fn processes(device: &nvml_wrapper::Device<'_>) -> Reading<Vec<Process>> {
    let mut found = device.running_compute_processes();
    for _ in 1..TRIES {
        found = match found {
            Err(NvmlError::InsufficientSize(_)) => device.running_compute_processes(),
            // Drivers before 510.
            Err(NvmlError::FailedToLoadSymbol(_)) => device.running_compute_processes_v2(),
            found => found,
        };
    }
    let found = found.map_err(unreadable)?;
    if found.len() > MAX_PROCESSES {
        let senseless = format!("it tells {} processes", found.len());
        return Err(Unreadable::Failed(senseless));
    }
    Ok(found.iter().map(process).collect())
}

fn process(found: &ProcessInfo) -> Process {
    Process {
        pid: found.pid,
        memory: match found.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        },
    }
}

/// The memory of what only draws: it explains why a GPU with a screen is never empty.
fn drawing(device: &nvml_wrapper::Device<'_>, computing: &[Process]) -> u64 {
    let drawing = device.running_graphics_processes().unwrap_or_default();
    let only_draws = |found: &&ProcessInfo| computing.iter().all(|other| other.pid != found.pid);
    let drawing = drawing.iter().filter(only_draws);
    let memory = drawing.filter_map(|found| process(found).memory);
    memory.fold(0, u64::saturating_add)
}

pub(super) fn unreadable(error: NvmlError) -> Unreadable {
    match error {
        NvmlError::NotSupported
        | NvmlError::FailedToLoadSymbol(_)
        | NvmlError::FunctionNotFound => Unreadable::NotTold,
        error => Unreadable::Failed(error.to_string()),
    }
}
