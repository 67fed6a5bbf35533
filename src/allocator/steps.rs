//! Steps: runs inside a run.
//!
//! A step takes free GPUs and CPUs of the run around it, or of the step around it. Steps with the
//! same parent never overlap. A step that waits is granted strictly first come, first served among
//! those with its parent: their order in [`Task::steps`].

use super::allocate::Grant;
use super::cluster::{Cluster, GpuId, Server, Task, Timestamp};
use super::lease::{Facts, Lease, LeaseId, Tie};
use super::name::Name;
use super::refusal::Refusal;
use super::request::{Cpus, Demand, Limits};
use std::collections::HashSet;

/// A run inside a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its gpumgr. The step lives as long as this does.
    pub lease: Lease,
    /// The step around it; `None` if that is the run itself.
    pub parent: Option<LeaseId>,
    /// When it was granted, or began to wait.
    pub since: Timestamp,
    /// Its share, or the demand it waits for.
    pub state: StepState,
}

/// The share of a step, or the demand it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It holds these.
    Runs {
        /// Its devices, in ascending order.
        gpus: Vec<GpuId>,
        /// How many CPU cores it may use.
        cpus: u32,
    },
    /// It waits for this, and holds nothing.
    Waits(Demand),
}

impl Step {
    /// The GPUs that it holds.
    pub fn gpus(&self) -> &[GpuId] {
        match &self.state {
            StepState::Runs { gpus, .. } => gpus,
            StepState::Waits(_) => &[],
        }
    }

    /// How many CPU cores it holds.
    pub fn cpus(&self) -> u32 {
        match &self.state {
            StepState::Runs { cpus, .. } => *cpus,
            StepState::Waits(_) => 0,
        }
    }

    /// The demand it waits for; `None` if it runs.
    pub fn demand(&self) -> Option<&Demand> {
        match &self.state {
            StepState::Runs { .. } => None,
            StepState::Waits(demand) => Some(demand),
        }
    }

    fn waits(&self) -> bool {
        self.demand().is_some()
    }

    pub(super) fn sort_gpus(&mut self) {
        if let StepState::Runs { gpus, .. } = &mut self.state {
            gpus.sort_unstable();
        }
    }
}

/// GPUs and CPU cores of a run or step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The devices, in ascending order.
    pub gpus: Vec<GpuId>,
    /// How many CPU cores.
    pub cpus: u32,
}

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

/// Why a step is not granted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepShortage {
    /// The task around it.
    pub task: Name,
    /// The demand.
    pub demand: Demand,
    /// The rest that no step with the same parent holds.
    pub free: Portion,
    /// The other steps with the same parent: those that hold the rest, and those that wait.
    pub others: Vec<Step>,
}

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

    fn steps_of<'t>(&'t self, parent: Option<&'t LeaseId>) -> impl Iterator<Item = &'t Step> {
        let is_child = move |step: &&Step| step.parent.as_ref() == parent;
        self.steps.iter().filter(is_child)
    }

    /// Takes of the parent's free ones as this demand says; `None` if they do not suffice.
    fn share(&self, parent: Option<&LeaseId>, demand: &Demand, server: &Server) -> Option<Portion> {
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

fn is_run(task: &Task, id: &LeaseId) -> bool {
    let is_it = |lease: &Lease| lease.tie == Tie::Run && lease.id.continues(id);
    task.lease.as_deref().is_some_and(is_it)
}

/// CPUs in proportion to the GPUs, at least 1.
fn in_proportion(of: &Portion, demand: &Demand) -> u32 {
    let gpus = u32::try_from(of.gpus.len().max(1)).unwrap_or(u32::MAX);
    let share = (of.cpus / gpus).saturating_mul(demand.gpus.count());
    share.max(1)
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

fn shortage(task: &Task, parent: Option<&LeaseId>, demand: &Demand) -> StepShortage {
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
fn check_possible(
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
pub(super) fn remove_dead_steps(cluster: &mut Cluster, facts: &Facts) {
    let dead = cluster.tasks().flat_map(|(_, task)| &task.steps);
    let dead = dead.filter(|step| facts.dead.contains(&step.lease.id));
    let dead: Vec<_> = dead.map(|step| step.lease.id.clone()).collect();
    for id in &dead {
        let _ = release_step(cluster, id);
    }
}

/// Grants the steps that wait, as far as there is room; returns those that run now.
pub(super) fn advance_steps(cluster: &mut Cluster, now: Timestamp) -> Vec<LeaseId> {
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

fn tasks_with_waiting_steps(cluster: &Cluster) -> Vec<(usize, usize)> {
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
fn next_step(server: &Server, task: usize) -> Option<(usize, Portion)> {
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
