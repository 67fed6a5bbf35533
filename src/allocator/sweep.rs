//! Freeing what ended by itself.

use super::cluster::{Cluster, Task};
use super::lease::{Facts, Lease, Tie};
use super::name::Name;
use super::release::give_back;
use super::steps::remove_dead_steps;

/// A task that ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freed {
    /// The task as it was.
    pub task: Task,
    /// The server's ID: its position in the cluster.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
    /// Why it is over.
    pub why: Over,
}

/// Why a task is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The process it lived with is gone.
    Ended,
    /// Its term is.
    Lapsed,
    /// The waiter that it was granted to is stopped, and did not take it.
    Untaken,
}

impl Task {
    /// Whether it is over, and why. A term alone never ends what a command runs on.
    pub fn over(&self, facts: &Facts) -> Option<Over> {
        let lease = self.lease.as_deref();
        if lease.is_some_and(|lease| facts.dead.contains(&lease.id)) {
            return Some(Over::Ended);
        }
        let untaken = lease.and_then(|lease| facts.untaken.get(&lease.id));
        if untaken == Some(&self.start) {
            return Some(Over::Untaken);
        }
        let runs = |lease: &Lease| lease.tie == Tie::Run && !facts.given_up.contains(&lease.id);
        let lapsed = self.term.is_some_and(|term| term.end <= facts.now);
        (lapsed && !lease.is_some_and(runs)).then_some(Over::Lapsed)
    }
}

/// Frees all tasks that are over, and the steps of others that are.
pub fn sweep(cluster: &mut Cluster, facts: &Facts) -> Vec<Freed> {
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
            freed.push(Freed {
                task: give_back(cluster, index, position),
                server_id: index,
                server_name: cluster.servers()[index].name.clone(),
                why,
            });
        }
    }
    freed
}

fn next_over(cluster: &Cluster, index: usize, facts: &Facts) -> Option<(usize, Over)> {
    let tasks = cluster.servers()[index].tasks.iter().enumerate();
    tasks
        .map(|(position, task)| Some((position, task.over(facts)?)))
        .find_map(|over| over)
}
