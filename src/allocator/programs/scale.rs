//! Growing and shrinking by use.

use super::program::Phase;
use crate::allocator::allocate::Grant;
use crate::allocator::cluster::{Cluster, GpuId, Server, Task, Timestamp};
use crate::allocator::name::Name;
use crate::allocator::order::somebody_waits;
use crate::allocator::refusal::Refusal;
use crate::allocator::request::Limits;
use chrono::TimeDelta;

/// When a program grows and shrinks, and how far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// It keeps that many GPUs.
    pub min_gpus: u32,
    /// It gets no more than that many; than a task may hold, if none.
    pub max_gpus: Option<u32>,
    /// It grows at that use of its GPUs, in percent, or over.
    pub up: f64,
    /// It shrinks under that use.
    pub down: f64,
    /// For how many samples on end.
    pub window: u32,
    /// For that long after one change there is no other: a program that just began uses little.
    pub cooldown: TimeDelta,
}

impl Default for Scaling {
    /// The guide's figures.
    fn default() -> Self {
        Self {
            min_gpus: 1,
            max_gpus: None,
            up: 80.0,
            down: 30.0,
            window: 3,
            cooldown: TimeDelta::seconds(60),
        }
    }
}

/// What a program is to become, by one GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Larger.
    Grow,
    /// Smaller.
    Shrink,
}

/// What the program of this task ought to become by the use of its GPUs: samples in percent, the last
/// one last, all of the GPUs that it has now.
pub fn wanted(
    cluster: &Cluster,
    task: &Name,
    uses: &[f64],
    scaling: &Scaling,
    limits: &Limits,
    now: Timestamp,
) -> Option<Scale> {
    let (index, task) = cluster.find_task(task)?;
    let window = uses.len().checked_sub(scaling.window as usize)?;
    let uses = &uses[window..];
    if !is_steady(task, scaling, now) {
        return None;
    }
    if uses.iter().all(|used| *used >= scaling.up) {
        let room = next_gpu(cluster, index, task, scaling, limits).is_some();
        return room.then_some(Scale::Grow);
    }
    // What would be at the upper threshold then would only grow again.
    let gpus = task.gpus.len() as f64;
    let after = |used: &f64| used * gpus / (gpus - 1.0);
    let spare = |used: &f64| *used < scaling.down && after(used) < scaling.up;
    let may_shrink = task.gpus.len() > scaling.min_gpus as usize;
    (may_shrink && uses.iter().all(spare)).then_some(Scale::Shrink)
}

/// Whether it runs, and was not changed a moment ago.
fn is_steady(task: &Task, scaling: &Scaling, now: Timestamp) -> bool {
    task.program.as_ref().is_some_and(|program| {
        let cools = |scaled: Timestamp| now - scaled < scaling.cooldown;
        program.phase == Phase::Running
            && program.leaving.is_empty()
            && !program.scaled.is_some_and(cools)
    })
}

/// The GPU by which the task may grow: nobody waits for room, and no cap or limit is in the way.
fn next_gpu(
    cluster: &Cluster,
    index: usize,
    task: &Task,
    scaling: &Scaling,
    limits: &Limits,
) -> Option<GpuId> {
    let max = [scaling.max_gpus, limits.max_gpus_per_task];
    let is_large = |max: u32| task.gpus.len() >= max as usize;
    let server = &cluster.servers()[index];
    if somebody_waits(cluster, limits) || server.drain || max.into_iter().flatten().any(is_large) {
        return None;
    }
    let capped = limits
        .caps
        .exceeded(cluster, task.owner.as_deref(), true, 1);
    match capped {
        None => server.grantable().first().copied(),
        Some(_) => None,
    }
}

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

/// Whether its program runs, is to leave nothing yet, and has more than that many GPUs.
pub(super) fn can_leave(task: &Task, min_gpus: u32) -> bool {
    let is_free_to =
        |program: &super::Program| program.phase == Phase::Running && program.leaving.is_empty();
    let program = task.program.as_deref();
    program.is_some_and(is_free_to) && task.gpus.len() > min_gpus as usize
}

fn granted(server: &Server, index: usize, position: usize) -> Grant {
    Grant::of(&server.tasks[position], index, server)
}
