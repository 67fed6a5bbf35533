//! Starting over.

use super::cluster::{Cluster, Task};
use super::refusal::Refusal;
use super::release::Actor;
use super::spec::ClusterSpec;

/// Forgets all tasks and lays the cluster anew; returns the forgotten. Who waits, waits on.
///
/// # Errors
/// Some of the tasks belong to somebody else.
pub fn reset(
    cluster: &mut Cluster,
    spec: &ClusterSpec,
    actor: &Actor,
) -> Result<Vec<Task>, Refusal> {
    actor.may_end(cluster.tasks().map(|(_, task)| task))?;
    let forgotten = cluster.tasks().map(|(_, task)| task.clone()).collect();
    *cluster = Cluster::fresh(spec).with_queue(cluster.queue().to_vec());
    Ok(forgotten)
}
