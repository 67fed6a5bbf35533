//! Starting over.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::spec::ClusterSpec;
use crate::allocator::model::task::Task;
use crate::allocator::policy::ownership::Actor;

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
