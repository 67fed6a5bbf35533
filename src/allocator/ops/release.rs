//! Releasing a task.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::task::Task;
use crate::allocator::policy::ownership::Actor;

/// What a task gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The task as it was.
    pub task: Task,
    /// The server's ID: its position in the cluster.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
}

/// Gives everything back that a task holds.
///
/// # Errors
/// There is no such task, it belongs to somebody else, or a program is to leave it first.
pub fn release(cluster: &mut Cluster, task: &Name, actor: &Actor) -> Result<Released, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    actor.may_end(std::iter::once(held))?;
    if held.program.is_some() {
        return Err(Refusal::StillUsed { task: task.clone() });
    }
    Ok(released(cluster, index, position))
}

/// Gives back what is held under this lease, whatever the task is called.
///
/// # Errors
/// Nothing is held under it, or no longer.
pub fn release_lease(cluster: &mut Cluster, id: &LeaseId) -> Result<Released, Refusal> {
    let holds = |task: &Task| task.lease.as_deref().is_some_and(|lease| lease.id == *id);
    match cluster.place_of(holds) {
        Some((index, position)) => Ok(released(cluster, index, position)),
        None => Err(Refusal::GrantLost),
    }
}

fn released(cluster: &mut Cluster, index: usize, position: usize) -> Released {
    Released {
        task: give_back(cluster, index, position),
        server_id: index,
        server_name: cluster.servers()[index].name.clone(),
    }
}

pub(in crate::allocator) fn give_back(
    cluster: &mut Cluster,
    index: usize,
    position: usize,
) -> Task {
    let server = cluster.edit(index);
    let task = server.tasks.remove(position);
    server.free_gpus.extend(&task.gpus);
    server.free_gpus.sort_unstable();
    server.free_cpus += task.cpus;
    task
}
