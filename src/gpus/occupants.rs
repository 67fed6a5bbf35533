//! Who the processes on a GPU are.

use super::answers::Process;
use crate::allocator::{Device, Occupant, Run};
use crate::config::Measuring;
use crate::system;
use crate::variables;

/// The device with what the system knows of its processes.
pub(super) fn named(device: Device<Process>, measuring: &Measuring) -> Device {
    let processes = device.processes.map(|processes| {
        let named = |process| occupant(process, measuring);
        processes.into_iter().map(named).collect()
    });
    Device {
        uuid: device.uuid,
        model: device.model,
        memory: device.memory,
        utilization: device.utilization,
        temperature: device.temperature,
        power: device.power,
        processes,
        drawing: device.drawing,
    }
}

fn occupant(Process { pid, memory }: Process, measuring: &Measuring) -> Occupant {
    let holder = system::holder(pid);
    let (user, command) = holder.map_or((None, None), |holder| (holder.user, holder.command));
    let ignores =
        |ignored: &crate::config::Ignored| ignored.is(user.as_deref(), command.as_deref());
    Occupant {
        pid,
        memory,
        age: system::age(pid),
        lineage: system::lineage(pid),
        run: run(pid),
        namespace: system::namespace_of(pid),
        ignored: measuring.ignore.iter().any(ignores),
        user,
        command,
    }
}

fn run(pid: u32) -> Run {
    match system::variable(pid, variables::RUN) {
        None => Run::Hidden,
        Some(value) => match value.and_then(|value| value.parse().ok()) {
            Some(id) => Run::Inside(id),
            None => Run::Outside,
        },
    }
}
