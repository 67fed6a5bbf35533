//! When a program grows or shrinks.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::program::{Phase, Program};
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::backfill::has_waiters;
use chrono::TimeDelta;

/// The CPUs of so many GPUs where that many have so many CPUs; never none.
pub(in crate::allocator) fn share(cpus: u32, gpus: usize, of: usize) -> u32 {
    let share = (u64::from(cpus) * gpus as u64).div_ceil(of.max(1) as u64);
    u32::try_from(share).unwrap_or(cpus).clamp(1, cpus.max(1))
}

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
pub fn scaling_decision(
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
pub(in crate::allocator) fn is_steady(task: &Task, scaling: &Scaling, now: Timestamp) -> bool {
    task.program.as_ref().is_some_and(|program| {
        let cools = |scaled: Timestamp| now - scaled < scaling.cooldown;
        program.phase == Phase::Running
            && program.leaving.is_empty()
            && !program.scaled.is_some_and(cools)
    })
}

/// The GPU by which the task may grow: nobody waits for room, and no cap or limit is in the way.
pub(in crate::allocator) fn next_gpu(
    cluster: &Cluster,
    index: usize,
    task: &Task,
    scaling: &Scaling,
    limits: &Limits,
) -> Option<GpuId> {
    let max = [scaling.max_gpus, limits.max_gpus_per_task];
    let is_large = |max: u32| task.gpus.len() >= max as usize;
    let server = &cluster.servers()[index];
    if has_waiters(cluster, limits) || server.drain || max.into_iter().flatten().any(is_large) {
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

/// Whether its program runs, is to leave nothing yet, and has more than that many GPUs.
pub(in crate::allocator) fn can_leave(task: &Task, min_gpus: u32) -> bool {
    let is_free_to =
        |program: &Program| program.phase == Phase::Running && program.leaving.is_empty();
    let program = task.program.as_deref();
    program.is_some_and(is_free_to) && task.gpus.len() > min_gpus as usize
}
