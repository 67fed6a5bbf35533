//! Which GPUs and CPU cores of a run a step gets.
//!
//! A step takes free GPUs and CPUs of the run around it, or of the step around it. Steps with the same parent
//! never overlap. A step that waits is granted strictly first come, first served among those with its parent:
//! their order in [`Task::steps`].

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::{Cpus, Demand};
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::{Lease, LeaseId, LeaseKind};
use crate::allocator::model::limits::Limits;
use crate::allocator::model::refusal::{Refusal, StepShortage};
use crate::allocator::model::server::Server;
use crate::allocator::model::step::{Portion, Step, StepState};
use crate::allocator::model::task::Task;
use std::collections::HashSet;

impl Cluster {
    /// The run under that lease, with the position of its server: a command's, or a program's.
    pub fn find_run(&self, id: &LeaseId) -> Option<(usize, &Task)> {
        self.tasks().find(|(_, task)| is_run(task, id))
    }

    /// The step under that lease, with its task and the position of its server.
    pub fn find_step(&self, id: &LeaseId) -> Option<(usize, &Task, &Step)> {
        self.tasks()
            .find_map(|(index, task)| Some((index, task, task.step(id)?)))
    }
}

impl Task {
    /// The step under that lease.
    pub fn step(&self, id: &LeaseId) -> Option<&Step> {
        self.steps.iter().find(|step| step.lease.id == *id)
    }

    /// All that the parent has, with what its steps hold.
    fn portion_of(&self, parent: Option<&LeaseId>) -> Portion {
        match parent.map(|id| self.step(id)) {
            None => Portion {
                gpus: self.gpus_to_use(),
                cpus: self.cpus,
            },
            Some(step) => Portion {
                gpus: step.map_or(&[][..], Step::gpus).to_vec(),
                cpus: step.map_or(0, Step::cpus),
            },
        }
    }

    /// The rest that no step with this parent holds.
    pub fn free_of(&self, parent: Option<&LeaseId>) -> Portion {
        let mut free = self.portion_of(parent);
        for step in self.steps_of(parent) {
            free.gpus.retain(|gpu| !step.gpus().contains(gpu));
            free.cpus = free.cpus.saturating_sub(step.cpus());
        }
        free
    }

    pub(in crate::allocator) fn steps_of<'t>(
        &'t self,
        parent: Option<&'t LeaseId>,
    ) -> impl Iterator<Item = &'t Step> {
        let is_child = move |step: &&Step| step.parent.as_ref() == parent;
        self.steps.iter().filter(is_child)
    }

    /// Takes of the parent's free ones as this demand says; `None` if they do not suffice.
    pub(in crate::allocator) fn share(
        &self,
        parent: Option<&LeaseId>,
        demand: &Demand,
        server: &Server,
    ) -> Option<Portion> {
        let free = self.free_of(parent);
        let cpus = match demand.cpus {
            Cpus::Exactly(count) => count.get(),
            Cpus::PerGpu => in_proportion(&self.portion_of(parent), demand).min(free.cpus.max(1)),
        };
        let (lacking, _) = demand.lacking(server, &free.gpus, u32::MAX);
        (lacking == 0 && cpus <= free.cpus).then(|| Portion {
            gpus: demand.taken_from(server, &free.gpus),
            cpus,
        })
    }
}

pub(in crate::allocator) fn is_run(task: &Task, id: &LeaseId) -> bool {
    let is_it = |lease: &Lease| lease.tie == LeaseKind::Run && lease.id.continues(id);
    task.lease.as_deref().is_some_and(is_it)
}

/// CPUs in proportion to the GPUs, at least 1.
fn in_proportion(of: &Portion, demand: &Demand) -> u32 {
    let gpus = u32::try_from(of.gpus.len().max(1)).unwrap_or(u32::MAX);
    let share = (of.cpus / gpus).saturating_mul(demand.gpus.count());
    share.max(1)
}

pub(in crate::allocator) fn shortage(
    task: &Task,
    parent: Option<&LeaseId>,
    demand: &Demand,
) -> StepShortage {
    StepShortage {
        task: task.id.clone(),
        demand: demand.clone(),
        free: task.free_of(parent),
        others: task.steps_of(parent).cloned().collect(),
    }
}

/// Why a step waits; `None` if it runs, or is not there.
pub fn step_shortage(cluster: &Cluster, id: &LeaseId) -> Option<StepShortage> {
    let (_, task, step) = cluster.find_step(id)?;
    let mut shortage = shortage(task, step.parent.as_ref(), step.demand()?);
    shortage.others.retain(|other| other.lease.id != *id);
    Some(shortage)
}

/// The share of a step, as a grant of its task; `None` if it waits, or is not there.
pub fn step_grant(cluster: &Cluster, id: &LeaseId) -> Option<Grant> {
    let (index, task, step) = cluster.find_step(id)?;
    match &step.state {
        StepState::Waits(_) => None,
        StepState::Runs { gpus, cpus } => Some(Grant {
            gpus: gpus.clone(),
            cpus: *cpus,
            ..Grant::of(task, index, &cluster.servers()[index])
        }),
    }
}

/// Refuses what the parent could not grant with all its other steps gone.
pub(in crate::allocator) fn check_possible(
    task: &Task,
    parent: Option<&LeaseId>,
    demand: &Demand,
    server: &Server,
    limits: &Limits,
) -> Result<(), Refusal> {
    if demand.gpus.count() == 0 && limits.min_gpus_per_task > 0 {
        return Err(Refusal::BelowMinimum { asked: 0, min: 1 });
    }
    let all = task.portion_of(parent);
    let cpus = match demand.cpus {
        Cpus::Exactly(count) => count.get(),
        Cpus::PerGpu => 1,
    };
    let (lacking, _) = demand.lacking(server, &all.gpus, u32::MAX);
    if lacking == 0 && cpus <= all.cpus {
        return Ok(());
    }
    Err(Refusal::OuterLacks {
        task: task.id.clone(),
        demand: demand.clone(),
        gpus: all.gpus.len(),
        cpus: all.cpus,
    })
}

pub(in crate::allocator) fn tasks_with_waiting_steps(cluster: &Cluster) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (index, server) in cluster.servers().iter().enumerate() {
        for (position, task) in server.tasks.iter().enumerate() {
            if task.steps.iter().any(Step::waits) {
                found.push((index, position));
            }
        }
    }
    found
}

/// The first waiting step of a task that is granted now, by its position, and what it gets.
pub(in crate::allocator) fn next_step(server: &Server, task: usize) -> Option<(usize, Portion)> {
    let task = &server.tasks[task];
    let mut parents = HashSet::new();
    for (position, step) in task.steps.iter().enumerate() {
        let parent = step.parent.as_ref();
        let Some(demand) = step.demand().filter(|_| parents.insert(parent)) else {
            continue;
        };
        if let Some(portion) = task.share(parent, demand, server) {
            return Some((position, portion));
        }
    }
    None
}
