//! Granting a request.

use super::cluster::{Cluster, GpuId, Server, Task, Timestamp};
use super::first_fit::first_fit;
use super::name::Name;
use super::refusal::{Nearest, Refusal, Shortage};
use super::request::{Demand, Gpus, Limits, Request};

/// What a task got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The task that holds it.
    pub task: Name,
    /// The server's ID: its position in the cluster.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
    /// The device IDs, in ascending order.
    pub gpus: Vec<GpuId>,
    /// How many CPU cores.
    pub cpus: u32,
    /// Who the task belongs to.
    pub owner: Option<String>,
    /// When it was granted.
    pub start: Timestamp,
}

/// Grants all of a request on the first server that has room, or nothing.
///
/// # Errors
/// Why it cannot be granted; the cluster is as it was.
pub fn allocate(
    cluster: &mut Cluster,
    request: &Request,
    limits: &Limits,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    check_limits(request.demand.gpus.count(), limits)?;
    if let Some((index, task)) = cluster.tasks().find(|(_, task)| task.id == request.task) {
        let server = cluster.servers()[index].name.clone();
        return Err(Refusal::TaskExists {
            task: task.id.clone(),
            server,
            owner: task.owner.clone(),
        });
    }
    let preferred = match &request.prefer {
        None => None,
        Some(asked) => Some(
            cluster
                .find_server(asked)
                .ok_or_else(|| Refusal::unknown_server(asked, cluster))?,
        ),
    };
    let index = first_fit(cluster.servers(), &request.demand, preferred)
        .ok_or_else(|| why_not(cluster.servers(), &request.demand))?;
    Ok(grant(cluster, index, request, now))
}

fn check_limits(asked: u32, limits: &Limits) -> Result<(), Refusal> {
    let min = limits.min_gpus_per_task;
    if asked < min {
        return Err(Refusal::BelowMinimum { asked, min });
    }
    match limits.max_gpus_per_task {
        Some(max) if asked > max => Err(Refusal::AboveMaximum { asked, max }),
        _ => Ok(()),
    }
}

fn grant(cluster: &mut Cluster, index: usize, request: &Request, now: Timestamp) -> Grant {
    let server = cluster.edit(index);
    let cpus = request.demand.cpus_on(server);
    let gpus = take_gpus(&mut server.free_gpus, &request.demand.gpus);
    server.free_cpus -= cpus;
    server.tasks.push(Task {
        id: request.task.clone(),
        gpus: gpus.clone(),
        cpus,
        start: now,
        owner: request.owner.clone(),
    });
    Grant {
        task: request.task.clone(),
        server_id: index,
        server_name: server.name.clone(),
        gpus,
        cpus,
        owner: request.owner.clone(),
        start: now,
    }
}

/// Free IDs ascend, so the first ones are the lowest.
fn take_gpus(free: &mut Vec<GpuId>, wanted: &Gpus) -> Vec<GpuId> {
    match wanted {
        Gpus::Count(count) => free.drain(..*count as usize).collect(),
        Gpus::These(ids) => {
            free.retain(|id| !ids.contains(id));
            ids.iter().copied().collect()
        }
    }
}

/// Room will come some day, or never.
fn why_not(servers: &[Server], demand: &Demand) -> Refusal {
    let candidates = || {
        servers
            .iter()
            .enumerate()
            .filter(|(_, server)| demand.could_fit(server))
    };
    if candidates().next().is_none() {
        return Refusal::impossible(servers, demand);
    }
    let open = candidates().filter(|(_, server)| !server.drain);
    let nearest = open.min_by_key(|(_, server)| demand.lacking_on(server));
    let nearest = nearest.map(|(id, server)| Nearest::new(id, server, demand));
    let draining = servers
        .iter()
        .find(|server| server.drain && demand.fits(server));
    Refusal::Insufficient(Box::new(Shortage {
        demand: demand.clone(),
        nearest,
        draining: draining.map(|server| server.name.clone()),
    }))
}
