//! Which task somebody means, where all names begin alike.

use super::cluster::Cluster;
use super::name::Name;

/// The name of the task that is called so, or else so with the prefix before it; if there is none, of
/// the one that waits; if there is none either, what was asked for.
pub fn resolve(cluster: &Cluster, asked: &Name, prefix: Option<&str>) -> Name {
    let runs = |name: &&Name| cluster.find_task(name).is_some();
    let waits = |name: &&Name| cluster.is_waiting(name);
    let names = known_as(asked, prefix);
    let found = names.iter().find(runs).or(names.iter().find(waits));
    found.unwrap_or(asked).clone()
}

/// The same among those who wait, and only then among those who run.
pub fn resolve_waiting(cluster: &Cluster, asked: &Name, prefix: Option<&str>) -> Name {
    let names = known_as(asked, prefix);
    let found = names.iter().find(|name| cluster.is_waiting(name));
    found.map_or_else(|| resolve(cluster, asked, prefix), Name::clone)
}

/// All that a task may be called whom somebody calls this: just so, or with the prefix before it.
pub fn known_as(asked: &Name, prefix: Option<&str>) -> Vec<Name> {
    let prefixed = prefix.and_then(|prefix| asked.prefixed(prefix).ok());
    let prefixed = prefixed.filter(|prefixed| prefixed != asked);
    std::iter::once(asked.clone()).chain(prefixed).collect()
}
