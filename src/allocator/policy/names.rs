//! Which task a name means, with and without the prefix, and which names are free.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::name::Name;
use std::collections::HashSet;

/// The name with the lowest number behind it that no task has and no waiter asks for: `train-1`.
pub fn unused_name(cluster: &Cluster, base: &Name) -> Name {
    let held = cluster.tasks().map(|(_, task)| &task.id);
    let waiting = cluster.queue().iter().map(|waiter| &waiter.request.task);
    let taken: HashSet<_> = held.chain(waiting).collect();
    let mut names = (1..).map(|number| base.numbered(number));
    let unused = names.find(|name| !taken.contains(name));
    unused.unwrap_or_else(|| base.clone())
}

/// The name of the task that is called so, or else so with the prefix before it; if there is none, of
/// the one that waits; if there is none either, what was asked for.
pub fn find_by_name(cluster: &Cluster, asked: &Name, prefix: Option<&str>) -> Name {
    let runs = |name: &&Name| cluster.find_task(name).is_some();
    let waits = |name: &&Name| cluster.is_waiting(name);
    let names = candidate_names(asked, prefix);
    let found = names.iter().find(runs).or(names.iter().find(waits));
    found.unwrap_or(asked).clone()
}

/// The same among those who wait, and only then among those who run.
pub fn find_waiting_by_name(cluster: &Cluster, asked: &Name, prefix: Option<&str>) -> Name {
    let names = candidate_names(asked, prefix);
    let found = names.iter().find(|name| cluster.is_waiting(name));
    found.map_or_else(|| find_by_name(cluster, asked, prefix), Name::clone)
}

/// All that a task may be called whom somebody calls this: just so, or with the prefix before it.
pub fn candidate_names(asked: &Name, prefix: Option<&str>) -> Vec<Name> {
    let prefixed = prefix.and_then(|prefix| asked.prefixed(prefix).ok());
    let prefixed = prefixed.filter(|prefixed| prefixed != asked);
    std::iter::once(asked.clone()).chain(prefixed).collect()
}
