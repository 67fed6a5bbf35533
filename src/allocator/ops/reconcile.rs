//! Making a running cluster what a changed description says, without forgetting a task.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::{Blocker, Refusal};
use crate::allocator::model::server::Server;
use crate::allocator::model::spec::{ClusterSpec, ServerSpec};
use crate::allocator::model::task::Task;
use std::collections::HashMap;

/// One difference between a cluster and its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A server is described that is not there.
    Added {
        /// Its name.
        server: Name,
        /// Its GPUs.
        gpus: u32,
        /// Its CPUs.
        cpus: u32,
    },
    /// A server is there that is not described.
    Removed {
        /// Its name.
        server: Name,
    },
    /// A server has another number of GPUs.
    Gpus {
        /// Its name.
        server: Name,
        /// How many it has.
        from: u32,
        /// How many are described.
        to: u32,
    },
    /// A server has another number of CPUs.
    Cpus {
        /// Its name.
        server: Name,
        /// How many it has.
        from: u32,
        /// How many are described.
        to: u32,
    },
    /// A server starts or stops draining.
    Drain {
        /// Its name.
        server: Name,
        /// Whether nothing new is to be granted there.
        on: bool,
    },
    /// A server is another machine than was described before.
    Host {
        /// Its name.
        server: Name,
        /// The machine; any, if none.
        host: Option<String>,
    },
    /// What a server's GPUs are is described otherwise: another card, or another order.
    Cards {
        /// Its name.
        server: Name,
    },
    /// The servers that stay are described in another order.
    Reordered,
}

/// What differs, in the order of the description; servers that go come last.
pub fn plan_reconcile(cluster: &Cluster, spec: &ClusterSpec) -> Vec<Change> {
    let positions = positions(cluster);
    let mut changes = Vec::new();
    let mut kept = Vec::new();
    for described in spec.servers() {
        match positions.get(&described.name) {
            None => changes.push(Change::Added {
                server: described.name.clone(),
                gpus: described.gpus,
                cpus: described.cpus,
            }),
            Some(&index) => {
                kept.push(index);
                changes.extend(resize(&cluster.servers()[index], described));
            }
        }
    }
    if !kept.is_sorted() {
        changes.push(Change::Reordered);
    }
    kept.sort_unstable();
    let gone = (0..cluster.servers().len()).filter(|index| kept.binary_search(index).is_err());
    changes.extend(gone.map(|index| Change::Removed {
        server: cluster.servers()[index].name.clone(),
    }));
    changes
}

/// Makes the cluster what is described; returns what changed.
///
/// # Errors
/// The tasks that hold what would go; then nothing changed.
pub fn reconcile(cluster: &mut Cluster, spec: &ClusterSpec) -> Result<Vec<Change>, Refusal> {
    let changes = plan_reconcile(cluster, spec);
    if changes.is_empty() {
        return Ok(changes);
    }
    let blockers = blockers(cluster, spec);
    if !blockers.is_empty() {
        return Err(Refusal::InTheWay { blockers });
    }
    let positions = positions(cluster);
    let become_described = |described: &ServerSpec| match positions.get(&described.name) {
        None => Server::fresh(described),
        Some(&index) => resized(&cluster.servers()[index], described),
    };
    let servers = spec.servers().iter().map(become_described).collect();
    cluster.replace(servers);
    Ok(changes)
}

fn positions(cluster: &Cluster) -> HashMap<&Name, usize> {
    cluster
        .servers()
        .iter()
        .enumerate()
        .map(|(index, server)| (&server.name, index))
        .collect()
}

fn resize(server: &Server, described: &ServerSpec) -> impl Iterator<Item = Change> {
    let name = || server.name.clone();
    let (gpus, cpus) = (server.total_gpus, server.total_cpus);
    let gpus = (gpus != described.gpus).then(|| Change::Gpus {
        server: name(),
        from: gpus,
        to: described.gpus,
    });
    let cpus = (cpus != described.cpus).then(|| Change::Cpus {
        server: name(),
        from: cpus,
        to: described.cpus,
    });
    let drain = (server.drain != described.drain).then(|| Change::Drain {
        server: name(),
        on: described.drain,
    });
    let host = (server.host != described.host).then(|| Change::Host {
        server: name(),
        host: described.host.clone(),
    });
    let cards = (server.cards != described.cards).then(|| Change::Cards { server: name() });
    [gpus, cpus, drain, host, cards].into_iter().flatten()
}

fn blockers(cluster: &Cluster, spec: &ClusterSpec) -> Vec<Blocker> {
    let described: HashMap<_, _> = spec
        .servers()
        .iter()
        .map(|server| (&server.name, server))
        .collect();
    let block = |server: &Server| {
        let tasks = in_the_way(server, described.get(&server.name).copied());
        (!tasks.is_empty()).then(|| Blocker {
            server: server.name.clone(),
            tasks,
        })
    };
    cluster.servers().iter().filter_map(block).collect()
}

/// The tasks that hold a GPU that would go, or all of them where their CPUs would not suffice.
fn in_the_way(server: &Server, described: Option<&ServerSpec>) -> Vec<Name> {
    let Some(described) = described else {
        return server.tasks.iter().map(|task| task.id.clone()).collect();
    };
    let held_cpus = server.total_cpus - server.free_cpus;
    let goes = |gpu: &GpuId| u32::from(*gpu) >= described.gpus;
    let too_few_cpus = held_cpus > described.cpus;
    let blocks = |task: &&Task| (too_few_cpus && task.cpus > 0) || task.gpus.iter().any(goes);
    server
        .tasks
        .iter()
        .filter(blocks)
        .map(|task| task.id.clone())
        .collect()
}

/// Only called where nothing is in the way: what goes is free.
fn resized(server: &Server, described: &ServerSpec) -> Server {
    let held_cpus = server.total_cpus - server.free_cpus;
    let all = gpu_ids(described.gpus);
    let kept = server
        .free_gpus
        .iter()
        .copied()
        .filter(|gpu| all.contains(gpu));
    let new = all.clone().skip(server.total_gpus as usize);
    Server {
        total_gpus: described.gpus,
        free_gpus: kept.chain(new).collect(),
        total_cpus: described.cpus,
        free_cpus: described.cpus - held_cpus,
        drain: described.drain,
        host: described.host.clone(),
        cards: described.cards.clone(),
        ..server.clone()
    }
}
