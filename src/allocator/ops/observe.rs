//! Noting what was measured of a machine.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::facts::Facts;
use crate::allocator::model::host::same_host;
use crate::allocator::model::sample::Sample;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::availability::{measured_server, withheld};
use crate::allocator::policy::idle::idle_since;

/// Notes the moment since which a task on the measured server was not seen to use its GPUs, and
/// forgets it when it does.
pub(in crate::allocator) fn note_idle(
    cluster: &mut Cluster,
    index: usize,
    sample: &Sample,
    now: Timestamp,
) {
    let tasks = cluster.servers()[index].tasks.iter().enumerate();
    let changed: Vec<_> = tasks
        .filter_map(|(position, task)| {
            let since = idle_since(task, sample, now)?;
            (since != task.idle_since).then_some((position, since))
        })
        .collect();
    for (position, since) in changed {
        cluster.edit(index).tasks[position].idle_since = since;
    }
}

/// Notes what was seen from outside, so that what follows heeds it; and since when tasks idle.
pub fn apply_sample(cluster: &mut Cluster, facts: &Facts) {
    let Some(host) = &facts.host else {
        return;
    };
    if !cluster.queue().is_empty() {
        for index in 0..cluster.servers().len() {
            let own = cluster.servers()[index].host.as_ref();
            let elsewhere = own.filter(|own| !same_host(own, host)).cloned();
            cluster.look_at(index).elsewhere = elsewhere;
        }
    }
    if let Some(sample) = &facts.sample
        && let Ok(index) = measured_server(cluster.servers(), host)
    {
        let withheld = withheld(&cluster.servers()[index], sample);
        cluster.look_at(index).withheld = withheld;
        if facts.notes_idle {
            note_idle(cluster, index, sample, facts.now);
        }
    }
}
