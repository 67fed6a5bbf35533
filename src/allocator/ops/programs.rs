//! Attaching a program to a task, following it, and ending it.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::{Lease, LeaseId};
use crate::allocator::model::name::Name;
use crate::allocator::model::program::{Phase, Program};
use crate::allocator::model::refusal::{CommandEnd, Refusal};
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::ops::release::Released;
use crate::allocator::policy::ownership::Actor;
use crate::allocator::policy::scaling::share;

/// Makes this lease's process the supervisor of the task's program. `from` is the lease it takes the
/// task over from, if that has one.
///
/// # Errors
/// There is no such task, it is another user's, or it lives with something else.
pub fn attach(
    cluster: &mut Cluster,
    task: &Name,
    from: Option<&LeaseId>,
    lease: Lease,
    actor: &Actor,
) -> Result<Grant, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    actor.may_touch(&held.id, held.owner.as_ref())?;
    if held.lease.as_ref().map(|lease| &lease.id) != from {
        return Err(held.occupied());
    }
    let server = cluster.edit(index);
    let held = &mut server.tasks[position];
    held.lease = Some(Box::new(lease));
    held.program
        .get_or_insert_with(|| Box::new(Program::starting(0)));
    Ok(Grant::of(&server.tasks[position], index, server))
}

/// Notes what the program is at that runs under this lease. What is to end stays so.
///
/// # Errors
/// Nothing is held under it any longer.
pub fn note_program(
    cluster: &mut Cluster,
    id: &LeaseId,
    phase: Phase,
    pid: Option<u32>,
    restarts: u32,
) -> Result<(), Refusal> {
    let (index, position) = place_of_lease(cluster, id)?;
    if let Some(program) = &mut cluster.edit(index).tasks[position].program {
        if program.phase != Phase::Stopping {
            program.phase = phase;
        }
        program.pid = pid;
        program.restarts = restarts;
    }
    Ok(())
}

/// Gives back what the program was to leave, and has left.
///
/// # Errors
/// Nothing is held under this lease any longer.
pub fn release_vacated(
    cluster: &mut Cluster,
    id: &LeaseId,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let (index, position) = place_of_lease(cluster, id)?;
    let server = cluster.edit(index);
    let task = &mut server.tasks[position];
    let before = task.gpus.len();
    if let Some(program) = &mut task.program {
        let leaving = std::mem::take(&mut program.leaving);
        let (left, kept) = task.gpus.iter().partition(|gpu| leaving.contains(gpu));
        let left: Vec<_> = left;
        task.gpus = kept;
        let count = u32::try_from(left.len()).unwrap_or(u32::MAX);
        program.automatic = program.automatic.saturating_sub(count);
        program.scaled = Some(now);
        server.free_gpus.extend(left);
        server.free_gpus.sort_unstable();
    }
    let cpus = share(task.cpus, task.gpus.len(), before);
    if task.gpus.len() != before || task.cpus != cpus {
        // They ended with the program that had the rest.
        task.steps.clear();
    }
    server.free_cpus += task.cpus - cpus;
    task.cpus = cpus;
    Ok(Grant::of(&server.tasks[position], index, server))
}

/// Tells the program of a task to end. Its supervisor gives back then what is returned here.
///
/// # Errors
/// There is no such task, it is another user's, or it has no program.
pub fn stop_program(
    cluster: &mut Cluster,
    task: &Name,
    actor: &Actor,
) -> Result<Released, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    actor.may_end(std::iter::once(held))?;
    if held.program.is_none() {
        return Err(Refusal::NoProgram { task: task.clone() });
    }
    actor.may_end_command(held, CommandEnd::Now)?;
    let server = cluster.edit(index);
    let held = &mut server.tasks[position];
    if let Some(program) = &mut held.program {
        program.phase = Phase::Stopping;
    }
    Ok(Released {
        task: held.clone(),
        server_id: index,
        server_name: server.name.clone(),
    })
}

/// The task is what it was before a program was to be started on it.
///
/// # Errors
/// Nothing is held under this lease any longer.
pub fn detach_program(cluster: &mut Cluster, id: &LeaseId) -> Result<Released, Refusal> {
    let (index, position) = place_of_lease(cluster, id)?;
    let server = cluster.edit(index);
    let held = &mut server.tasks[position];
    held.program = None;
    held.lease = None;
    Ok(Released {
        task: held.clone(),
        server_id: index,
        server_name: server.name.clone(),
    })
}

pub(in crate::allocator) fn place_of_lease(
    cluster: &Cluster,
    id: &LeaseId,
) -> Result<(usize, usize), Refusal> {
    let holds = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    cluster.place_of(holds).ok_or(Refusal::GrantLost)
}
