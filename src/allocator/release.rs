//! Giving back.

use super::cluster::{Cluster, Task};
use super::lease::LeaseId;
use super::name::Name;
use super::refusal::{CommandEnd, Refusal};

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The user; nobody in particular, who may touch only tasks of nobody, if none.
    pub user: Option<String>,
    /// Whether to act on other users' tasks too.
    pub force: bool,
    /// Whether the system lets this user end everyone's processes.
    pub is_root: bool,
}

impl Actor {
    /// The owner in the way, if this task belongs to somebody else.
    fn other_owner<'t>(&self, owner: Option<&'t String>) -> Option<&'t String> {
        owner.filter(|owner| !self.force && self.user.as_ref() != Some(owner))
    }

    /// # Errors
    /// This belongs to somebody else, unless forced.
    pub(super) fn may_touch(&self, task: &Name, owner: Option<&String>) -> Result<(), Refusal> {
        match self.other_owner(owner) {
            None => Ok(()),
            Some(owner) => Err(Refusal::NotOwner {
                tasks: vec![(task.clone(), owner.clone())],
            }),
        }
    }

    /// # Errors
    /// The command that runs on this task belongs to another user, which force does not change.
    pub(super) fn may_end_command(&self, task: &Task, end: CommandEnd) -> Result<(), Refusal> {
        match &task.owner {
            Some(owner) if !self.is_root && self.user.as_ref() != Some(owner) => {
                Err(Refusal::OwnersAlone {
                    task: task.id.clone(),
                    owner: owner.clone(),
                    end,
                })
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// The tasks that belong to others, unless forced.
    pub(super) fn may_end<'t>(&self, tasks: impl Iterator<Item = &'t Task>) -> Result<(), Refusal> {
        let of_others = |task: &Task| {
            let owner = self.other_owner(task.owner.as_ref())?;
            Some((task.id.clone(), owner.clone()))
        };
        let tasks: Vec<_> = tasks.filter_map(of_others).collect();
        if tasks.is_empty() {
            Ok(())
        } else {
            Err(Refusal::NotOwner { tasks })
        }
    }
}

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

pub(super) fn give_back(cluster: &mut Cluster, index: usize, position: usize) -> Task {
    let server = cluster.edit(index);
    let task = server.tasks.remove(position);
    server.free_gpus.extend(&task.gpus);
    server.free_gpus.sort_unstable();
    server.free_cpus += task.cpus;
    task
}
