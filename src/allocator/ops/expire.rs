//! Releasing the tasks that are over.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::facts::Facts;
use crate::allocator::model::name::Name;
use crate::allocator::model::task::Task;
use crate::allocator::ops::release::give_back;
use crate::allocator::ops::steps::remove_dead_steps;
use crate::allocator::policy::expiry::ExpiryReason;

/// A task that ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The task as it was.
    pub task: Task,
    /// The server's ID: its position in the cluster.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
    /// Why it is over.
    pub why: ExpiryReason,
}

/// Frees all tasks that are over, and the steps of others that are.
pub fn expire(cluster: &mut Cluster, facts: &Facts) -> Vec<Expired> {
    remove_dead_steps(cluster, facts);
    let over: Vec<_> = cluster
        .servers()
        .iter()
        .enumerate()
        .filter(|(_, server)| server.tasks.iter().any(|task| task.over(facts).is_some()))
        .map(|(index, _)| index)
        .collect();
    let mut freed = Vec::new();
    for index in over {
        while let Some((position, why)) = next_over(cluster, index, facts) {
            freed.push(Expired {
                task: give_back(cluster, index, position),
                server_id: index,
                server_name: cluster.servers()[index].name.clone(),
                why,
            });
        }
    }
    freed
}

fn next_over(cluster: &Cluster, index: usize, facts: &Facts) -> Option<(usize, ExpiryReason)> {
    let tasks = cluster.servers()[index].tasks.iter().enumerate();
    tasks
        .map(|(position, task)| Some((position, task.over(facts)?)))
        .find_map(|over| over)
}
