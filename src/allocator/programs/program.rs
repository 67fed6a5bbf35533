//! The program of a task, and its supervisor.

use crate::allocator::allocate::Grant;
use crate::allocator::cluster::{Cluster, GpuId, Task, Timestamp};
use crate::allocator::lease::{Lease, LeaseId, Tie};
use crate::allocator::name::Name;
use crate::allocator::refusal::{CommandEnd, Refusal};
use crate::allocator::release::{Actor, Released};

/// A program that somebody keeps running on a task: the process of the task's lease, its supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What it is at.
    pub phase: Phase,
    /// Its process, on the machine of the lease; none while it does not run.
    pub pid: Option<u32>,
    /// How often it was started again because it had failed.
    pub restarts: u32,
    /// How many of the task's GPUs nobody asked for: the monitor acquired them.
    pub automatic: u32,
    /// GPUs of the task that the program is to leave. They are the task's until it has.
    pub leaving: Vec<GpuId>,
    /// When it was last made to grow or shrink.
    pub scaled: Option<Timestamp>,
    /// A monitor starts it by itself, so that its end is recorded.
    pub acquired: bool,
    /// It is to end to make room, and begins again when there is some.
    pub makes_room: bool,
}

/// What a program is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is about to be started.
    Starting,
    /// It runs.
    Running,
    /// It failed, and is started again after a while.
    Retrying,
    /// It is to end.
    Stopping,
}

impl Program {
    /// One that is about to be started, with that many GPUs that nobody asked for.
    pub fn starting(automatic: u32) -> Self {
        Self {
            phase: Phase::Starting,
            pid: None,
            restarts: 0,
            automatic,
            leaving: Vec::new(),
            scaled: None,
            acquired: false,
            makes_room: false,
        }
    }
}

impl Task {
    /// Whether nobody asked for any of its GPUs, so that it goes first when somebody waits.
    pub fn is_automatic(&self) -> bool {
        let automatic = self.program.as_ref().map_or(0, |program| program.automatic);
        automatic > 0 && automatic as usize >= self.gpus.len()
    }

    /// The GPUs that its program runs on, or is to run on.
    pub fn gpus_to_use(&self) -> Vec<GpuId> {
        let leaving = self.program.as_ref().map(|program| &program.leaving);
        let stays = |gpu: &&GpuId| !leaving.is_some_and(|leaving| leaving.contains(gpu));
        self.gpus.iter().filter(stays).copied().collect()
    }

    /// The lease of the command that gpumgr runs on it, and ends.
    pub(crate) fn command_lease(&self) -> Option<&Lease> {
        let lease = self.lease.as_deref();
        lease.filter(|lease| lease.tie == Tie::Run)
    }

    /// Why no program can be started on it.
    pub fn occupied(&self) -> Refusal {
        let task = self.id.clone();
        match &self.program {
            Some(program) => Refusal::ProgramRuns {
                task,
                pid: program.pid,
            },
            None => Refusal::Occupied { task },
        }
    }

    /// Since when it has held just these GPUs.
    pub fn held_since(&self) -> Timestamp {
        let scaled = self.program.as_ref().and_then(|program| program.scaled);
        scaled.unwrap_or(self.start)
    }
}

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
pub fn let_go(cluster: &mut Cluster, id: &LeaseId, now: Timestamp) -> Result<Grant, Refusal> {
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

/// The CPUs of so many GPUs where that many have so many CPUs; never none.
pub(super) fn share(cpus: u32, gpus: usize, of: usize) -> u32 {
    let share = (u64::from(cpus) * gpus as u64).div_ceil(of.max(1) as u64);
    u32::try_from(share).unwrap_or(cpus).clamp(1, cpus.max(1))
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
pub fn give_up(cluster: &mut Cluster, id: &LeaseId) -> Result<Released, Refusal> {
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

pub(super) fn place_of_lease(cluster: &Cluster, id: &LeaseId) -> Result<(usize, usize), Refusal> {
    let holds = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    cluster.place_of(holds).ok_or(Refusal::GrantLost)
}
