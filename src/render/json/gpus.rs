//! GPUs: what was measured of them, and why some are not granted.

use crate::Unmeasured;
use crate::allocator::{
    Device, GpuId, Occupant, Reading, Sample, Server, Unavailable, UnavailableReason, Unreadable,
};
use crate::outcome::Detected;
use crate::render::text::holder;
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

/// One entry a GPU, by its ID.
pub(super) fn measured(server: &Server, sample: &Sample) -> Vec<Value> {
    let ids = 0..GpuId::try_from(server.total_gpus).unwrap_or(GpuId::MAX);
    ids.map(|gpu| one(gpu, server, sample)).collect()
}

fn one(gpu: GpuId, server: &Server, sample: &Sample) -> Value {
    let devices = sample.devices.as_ref().ok();
    let device = devices.and_then(|devices| devices.get(usize::from(gpu))?.as_ref().ok());
    let holder = holder(server, gpu);
    let withheld = server.outlook.withholding(gpu);
    let withheld = withheld.filter(|why| holder.is_none() || why.lasts());
    let memory = device.and_then(|device| device.memory.as_ref().ok());
    let belongs = |process: &Occupant| holder.is_some_and(|task| process.belongs_to(task));
    let processes = device.and_then(|device| device.processes.as_ref().ok());
    let processes = processes.map(|processes| {
        let process = |one: &Occupant| process(one, belongs(one));
        processes.iter().map(process).collect::<Vec<_>>()
    });
    json!({
        "gpu_id": gpu,
        "uuid": text(device, |device| &device.uuid),
        "model": text(device, |device| &device.model),
        "utilization_percent": number(device, |device| &device.utilization),
        "memory_used_mib": memory.map(|memory| memory.used / MIB),
        "memory_total_mib": memory.map(|memory| memory.total / MIB),
        "temperature_celsius": number(device, |device| &device.temperature),
        "power_milliwatts": number(device, |device| &device.power),
        "task_id": holder.map(|task| task.id.as_str()),
        "processes": processes,
        "withheld": withheld.map(why),
    })
}

fn text(device: Option<&Device>, field: fn(&Device) -> &Reading<String>) -> Option<&str> {
    field(device?).as_deref().ok()
}

fn number(device: Option<&Device>, field: fn(&Device) -> &Reading<u32>) -> Option<u32> {
    field(device?).as_ref().ok().copied()
}

fn process(process: &Occupant, belongs: bool) -> Value {
    json!({
        "pid": process.pid,
        "user": process.user,
        "command": process.command,
        "memory_mib": process.memory.map(|bytes| bytes / MIB),
        "age_seconds": process.age.map(|age| age.num_seconds().max(0)),
        "of_task": belongs,
        "ignored": process.ignored,
    })
}

/// Of a refusal, or of one who waits.
pub(super) fn withheld(withheld: &Unavailable) -> Value {
    let gpus = withheld.gpus.iter();
    let gpus = gpus.map(|(gpu, reason)| json!({ "gpu_id": gpu, "withheld": why(reason) }));
    json!({ "server_name": withheld.server.as_str(), "gpus": gpus.collect::<Vec<_>>() })
}

fn why(why: &UnavailableReason) -> Value {
    match why {
        UnavailableReason::Busy(processes) => json!({
            "reason": "busy",
            "processes": processes.iter().map(|one| process(one, false)).collect::<Vec<_>>(),
        }),
        UnavailableReason::Draining(bytes) => {
            json!({ "reason": "draining", "memory_mib": bytes / MIB })
        }
        UnavailableReason::Unknown(why) => json!({ "reason": "unknown", "why": unreadable(why) }),
        UnavailableReason::Missing { lost } => json!({ "reason": "missing", "lost_uuid": lost }),
        UnavailableReason::Swapped { uuid, was, lost } => json!({
            "reason": "swapped",
            "uuid": uuid,
            "was_gpu_id": was,
            "lost_uuid": lost,
        }),
    }
}

pub(super) fn unreadable(why: &Unreadable) -> &str {
    match why {
        Unreadable::NotTold => "not told by this card or driver",
        Unreadable::Late => "no answer in time",
        Unreadable::Failed(message) => message,
    }
}

/// This machine, GPU by GPU.
pub(super) fn detected(detected: &Detected) -> Value {
    let server = &detected.server;
    let ids = 0..GpuId::try_from(server.gpus).unwrap_or(GpuId::MAX);
    let models = server.cards.models.as_ref();
    let memory = server.cards.memory.as_ref();
    let gpus = ids.map(|gpu| {
        let model = models.and_then(|models| models.of(gpu));
        let memory = memory.and_then(|memory| memory.of(gpu));
        json!({
            "gpu_id": gpu,
            "uuid": server.cards.uuid(gpu),
            "model": model.filter(|model| !model.is_empty()),
            "memory_total_mib": memory.map(|memory| memory.as_u64() / MIB).filter(|mib| *mib > 0),
        })
    });
    json!({
        "server_name": server.name.as_str(),
        "host": server.host,
        "total_gpus": server.gpus,
        "total_cpus": server.cpus,
        "gpus": gpus.collect::<Vec<_>>(),
    })
}

/// Why nothing is measured here.
pub(super) fn unmeasured(why: &Unmeasured) -> String {
    match why {
        Unmeasured::NoDriver(why) => format!("no driver: {why}"),
        Unmeasured::NoServer { host } => format!("no server has the host {host}"),
        Unmeasured::Several { host } => format!("several servers have the host {host}"),
        Unmeasured::Off => "off".to_owned(),
    }
}
