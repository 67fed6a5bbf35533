//! Growing and shrinking a program.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::server::Server;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::scaling::{Scaling, can_leave, is_steady, next_gpu};

/// Gives the task one GPU more, with as many CPUs as its others have, as far as they are free; none if
/// that is no longer wanted.
///
/// # Errors
/// There is no such task.
pub fn grow(
    cluster: &mut Cluster,
    task: &Name,
    scaling: &Scaling,
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<Grant>, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    let gpu = next_gpu(cluster, index, held, scaling, limits);
    let Some(gpu) = gpu.filter(|_| is_steady(held, scaling, now)) else {
        return Ok(None);
    };
    let server = cluster.edit(index);
    server.free_gpus.retain(|free| *free != gpu);
    let task = &mut server.tasks[position];
    let cpus = task.cpus / u32::try_from(task.gpus.len().max(1)).unwrap_or(1);
    let cpus = cpus.min(server.free_cpus);
    task.cpus += cpus;
    server.free_cpus -= cpus;
    task.gpus.push(gpu);
    task.gpus.sort_unstable();
    if let Some(program) = &mut task.program {
        program.automatic += 1;
        program.scaled = Some(now);
    }
    Ok(Some(granted(server, index, position)))
}

/// Tells the program of the task to leave its highest GPU, which stays the task's until it has; none
/// if it has to keep that.
///
/// # Errors
/// There is no such task.
pub fn shrink(
    cluster: &mut Cluster,
    task: &Name,
    min_gpus: u32,
    now: Timestamp,
) -> Result<Option<Grant>, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    if !can_leave(held, min_gpus) {
        return Ok(None);
    }
    let server = cluster.edit(index);
    let task = &mut server.tasks[position];
    let highest = task.gpus.last().copied();
    if let Some(program) = &mut task.program {
        program.leaving.extend(highest);
        program.scaled = Some(now);
    }
    Ok(Some(granted(server, index, position)))
}

fn granted(server: &Server, index: usize, position: usize) -> Grant {
    Grant::of(&server.tasks[position], index, server)
}
