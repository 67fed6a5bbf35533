//! Giving back.

use super::cluster::{Cluster, Task};
use super::name::Name;
use super::refusal::Refusal;

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The user; nobody in particular, who may touch only tasks of nobody, if none.
    pub user: Option<String>,
    /// Whether to act on other users' tasks too.
    pub force: bool,
}

impl Actor {
    /// The owner in the way, if this task belongs to somebody else.
    fn other_owner<'t>(&self, task: &'t Task) -> Option<&'t String> {
        let owner = task.owner.as_ref()?;
        (!self.force && self.user.as_ref() != Some(owner)).then_some(owner)
    }

    /// # Errors
    /// The tasks that belong to others, unless forced.
    pub(super) fn may_end<'t>(&self, tasks: impl Iterator<Item = &'t Task>) -> Result<(), Refusal> {
        let of_others = |task: &Task| Some((task.id.clone(), self.other_owner(task)?.clone()));
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
/// There is no such task, or it belongs to somebody else.
pub fn release(cluster: &mut Cluster, task: &Name, actor: &Actor) -> Result<Released, Refusal> {
    let find = |(index, server): (usize, &super::Server)| {
        server
            .tasks
            .iter()
            .position(|held| held.id == *task)
            .map(|position| (index, position))
    };
    let found = cluster.servers().iter().enumerate().find_map(find);
    let Some((index, position)) = found else {
        return Err(Refusal::UnknownTask { task: task.clone() });
    };
    actor.may_end(std::iter::once(&cluster.servers()[index].tasks[position]))?;
    let server = cluster.edit(index);
    let task = server.tasks.remove(position);
    server.free_gpus.extend(&task.gpus);
    server.free_gpus.sort_unstable();
    server.free_cpus += task.cpus;
    Ok(Released {
        task,
        server_id: index,
        server_name: server.name.clone(),
    })
}
