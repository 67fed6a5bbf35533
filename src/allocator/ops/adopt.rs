//! Making a task of what computes outside of all tasks.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::{Cpus, Gpus};
use crate::allocator::model::facts::Facts;
use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::{Deadline, Process};
use crate::allocator::model::limits::Limits;
use crate::allocator::model::refusal::{Adoption, Refusal};
use crate::allocator::model::request::Request;
use crate::allocator::model::sample::{Occupant, Sample};
use crate::allocator::model::server::Server;
use crate::allocator::model::task::Task;
use crate::allocator::policy::admission::{check_name, check_ttl};
use crate::allocator::policy::availability::measured_server;

/// Writes down what the process that the request's lease is on holds in fact: the GPUs that it and
/// what it started compute on, and their share of the CPUs, or what is left of that. Nobody is asked
/// whether there is room, for there is none any longer.
///
/// # Errors
/// The name is taken, or the process computes on no GPU that is free on paper.
pub fn adopt(
    cluster: &mut Cluster,
    request: &Request,
    facts: &Facts,
    limits: &Limits,
) -> Result<Grant, Refusal> {
    check_name(cluster, &request.task)?;
    let ttl = check_ttl(request.ttl, limits)?;
    let refused = |why| Refusal::NotAdopted {
        pid: request.lease.as_ref().map_or(0, |lease| lease.process.pid),
        why,
    };
    let (Some(host), Some(sample), Some(lease)) = (&facts.host, &facts.sample, &request.lease)
    else {
        return Err(refused(Adoption::ComputesNowhere));
    };
    let index =
        measured_server(cluster.servers(), host).map_err(|_| refused(Adoption::ComputesNowhere))?;
    let server = &cluster.servers()[index];
    let occupied = occupied(server, sample, &lease.process);
    let (free, held): (Vec<_>, Vec<_>) = occupied
        .iter()
        .partition(|gpu| server.free_gpus.binary_search(gpu).is_ok());
    if free.is_empty() {
        let holds = |task: &&Task| task.gpus.iter().any(|gpu| held.contains(gpu));
        return Err(refused(match server.tasks.iter().find(holds) {
            Some(task) => Adoption::HeldBy(task.id.clone()),
            None if can_tell(server, sample) => Adoption::ComputesNowhere,
            None => Adoption::CannotTell,
        }));
    }
    let mut demand = request.demand.clone();
    demand.gpus = Gpus::These(free.iter().copied().collect());
    let cpus = match demand.cpus {
        Cpus::PerGpu => demand.cpus_on(server).min(server.free_cpus),
        Cpus::Exactly(count) if count.get() <= server.free_cpus => count.get(),
        Cpus::Exactly(_) => return Err(refused(Adoption::LacksCpus(server.free_cpus))),
    };
    let server = cluster.edit(index);
    server.free_gpus.retain(|gpu| !free.contains(gpu));
    server.free_cpus -= cpus;
    server.tasks.push(Task {
        id: request.task.clone(),
        gpus: free,
        cpus,
        start: facts.now,
        owner: request.owner.clone(),
        term: ttl.and_then(|ttl| Deadline::starting(facts.now, ttl)),
        lease: Some(Box::new(lease.clone())),
        idle_since: None,
        program: None,
        steps: Vec::new(),
    });
    Ok(Grant::of(
        &server.tasks[server.tasks.len() - 1],
        index,
        server,
    ))
}

/// Whether it is known of all GPUs what computes there.
fn can_tell(server: &Server, sample: &Sample) -> bool {
    let Ok(devices) = &sample.devices else {
        return false;
    };
    let readable = |gpu: GpuId| match devices.get(usize::from(gpu)) {
        Some(Ok(device)) => device.processes.is_ok(),
        Some(Err(_)) => false,
        None => true,
    };
    gpu_ids(server.total_gpus).all(readable)
}

/// The GPUs that the process, or what it started, computes on.
fn occupied(server: &Server, sample: &Sample, process: &Process) -> Vec<GpuId> {
    let computes_on = |gpu: &GpuId| {
        let device = sample.devices.as_ref().ok()?.get(usize::from(*gpu))?;
        let processes = device.as_ref().ok()?.processes.as_ref().ok()?;
        // All come from the first process of all.
        let is_it = |one: &Occupant| match process.pid {
            1 => one.pid == 1,
            _ => one.comes_from(process),
        };
        Some(processes.iter().any(is_it))
    };
    gpu_ids(server.total_gpus)
        .filter(|gpu| computes_on(gpu) == Some(true))
        .collect()
}
