//! Granting and releasing the steps of a run.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::Demand;
use crate::allocator::model::facts::Facts;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::{Lease, LeaseId};
use crate::allocator::model::limits::Limits;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::step::{Portion, Step, StepState};
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::steps::{
    check_possible, is_run, next_step, shortage, step_grant, tasks_with_waiting_steps,
};

/// A request for a step.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The run that it is inside of.
    pub run: LeaseId,
    /// The step that it is inside of; counts as `None` if that is not recorded any more.
    pub step: Option<LeaseId>,
    /// Its own gpumgr.
    pub lease: Lease,
    /// The GPUs and CPUs it needs.
    pub demand: Demand,
    /// Whether it waits until there is room.
    pub waits: bool,
}

/// Grants a step, or lets it wait: then `None`.
///
/// # Errors
/// The run is over, it never has that much, or it has not now and the request does not wait.
pub fn take_step(
    cluster: &mut Cluster,
    request: StepRequest,
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<Grant>, Refusal> {
    let Some((index, position)) = cluster.place_of(|task| is_run(task, &request.run)) else {
        return Err(Refusal::GrantLost);
    };
    let server = &cluster.servers()[index];
    let task = &server.tasks[position];
    let runs = |id: &LeaseId| task.step(id).is_some_and(|step| !step.waits());
    let parent = request.step.filter(runs);
    check_possible(task, parent.as_ref(), &request.demand, server, limits)?;
    let others_wait = task.steps_of(parent.as_ref()).any(Step::waits);
    let share = task.share(parent.as_ref(), &request.demand, server);
    let state = match share.filter(|_| !others_wait) {
        Some(Portion { gpus, cpus }) => StepState::Runs { gpus, cpus },
        None if request.waits => StepState::Waits(request.demand),
        None => {
            let shortage = shortage(task, parent.as_ref(), &request.demand);
            return Err(Refusal::StepsInTheWay(Box::new(shortage)));
        }
    };
    let step = Step {
        lease: request.lease,
        parent,
        since: now,
        state,
    };
    let id = step.lease.id.clone();
    cluster.edit(index).tasks[position].steps.push(step);
    Ok(step_grant(cluster, &id))
}

/// Gives back what a step holds, or takes it out if it waits. Steps inside it go on inside its
/// parent.
///
/// # Errors
/// It is not there, or no longer.
pub fn release_step(cluster: &mut Cluster, id: &LeaseId) -> Result<(), Refusal> {
    let place = cluster.place_of(|task| task.step(id).is_some());
    let (index, position) = place.ok_or(Refusal::GrantLost)?;
    remove_step(&mut cluster.edit(index).tasks[position], id);
    Ok(())
}

fn remove_step(task: &mut Task, id: &LeaseId) {
    let Some(position) = task.steps.iter().position(|step| step.lease.id == *id) else {
        return;
    };
    let parent = task.steps.remove(position).parent;
    let children = task.steps.iter_mut();
    let children = children.filter(|step| step.parent.as_ref() == Some(id));
    for child in children {
        child.parent.clone_from(&parent);
    }
}

/// Removes the steps whose leases are dead.
pub(in crate::allocator) fn remove_dead_steps(cluster: &mut Cluster, facts: &Facts) {
    let dead = cluster.tasks().flat_map(|(_, task)| &task.steps);
    let dead = dead.filter(|step| facts.dead.contains(&step.lease.id));
    let dead: Vec<_> = dead.map(|step| step.lease.id.clone()).collect();
    for id in &dead {
        let _ = release_step(cluster, id);
    }
}

/// Grants the steps that wait, as far as there is room; returns those that run now.
pub(in crate::allocator) fn advance_steps(cluster: &mut Cluster, now: Timestamp) -> Vec<LeaseId> {
    let mut granted = Vec::new();
    for (index, position) in tasks_with_waiting_steps(cluster) {
        while let Some((step, portion)) = next_step(&cluster.servers()[index], position) {
            let step = &mut cluster.edit(index).tasks[position].steps[step];
            let Portion { gpus, cpus } = portion;
            step.state = StepState::Runs { gpus, cpus };
            step.since = now;
            granted.push(step.lease.id.clone());
        }
    }
    granted
}
