//! Which programs make room for the queue.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::program::Phase;
use crate::allocator::model::request::Request;
use crate::allocator::model::server::Server;
use crate::allocator::model::task::Task;
use crate::allocator::policy::backfill::queue_order;
use crate::allocator::policy::pass::Pass;
use crate::allocator::policy::scaling::{can_leave, share};

/// What makes room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preempt {
    /// This task shrinks by a GPU.
    Shrink(Name),
    /// This one, that nobody asked for, ends.
    Stop(Name),
}

/// What is to make room, by a GPU of each task at most, for the first in line whom that would serve.
/// Programs that nobody asked for go first: they shrink, and then they end. `min_gpus` is what the
/// others keep; they keep all, if none. Only tasks for which `may` holds give anything.
pub fn preemption(
    cluster: &Cluster,
    min_gpus: Option<u32>,
    limits: &Limits,
    may: impl Fn(&Task) -> bool,
) -> Vec<Preempt> {
    let pass = Pass::over(cluster);
    let waiting = queue_order(cluster).filter(|waiter| pass.may_start(&waiter.request, limits));
    for waiter in waiting {
        let request = &waiter.request;
        let servers = cluster.servers().iter();
        let open: Vec<_> = servers
            .filter(|server| request.may_run_on(server))
            .collect();
        if open.iter().any(|server| request.demand.fits(server)) {
            // It is about to start.
            continue;
        }
        let mut served = open.iter();
        if let Some(yields) = served.find_map(|server| on_server(server, request, min_gpus, &may)) {
            return yields;
        }
    }
    Vec::new()
}

/// The first steps of what would serve the request on that server; none if nothing would.
fn on_server(
    server: &Server,
    request: &Request,
    min_gpus: Option<u32>,
    may: &impl Fn(&Task) -> bool,
) -> Option<Vec<Preempt>> {
    let mut after = server.clone();
    for task in &server.tasks {
        // What is on its way out will be free.
        give(&mut after, &task.id, leaves(task));
    }
    let keeps = |task: &Task| match (task.is_automatic(), min_gpus) {
        (true, _) => 0,
        (false, Some(min)) => min as usize,
        (false, None) => usize::MAX,
    };
    let may_give = |task: &&Task| task.program.is_some() && may(task) && leaves(task) == 0;
    let mut givers: Vec<_> = server.tasks.iter().filter(may_give).collect();
    // What nobody asked for first; of those alike, whoever has most.
    givers.sort_by_key(|task| (!task.is_automatic(), std::cmp::Reverse(task.gpus.len())));
    let mut yields = Vec::new();
    loop {
        if request.demand.fits(&after) {
            return Some(yields);
        }
        // A GPU of each in turn.
        let before = after.free_gpus.len();
        for task in &givers {
            if request.demand.fits(&after) {
                break;
            }
            let left = after.tasks.iter().find(|left| left.id == task.id);
            if left.is_none_or(|left| left.gpus.len() <= keeps(task)) {
                continue;
            }
            give(&mut after, &task.id, 1);
            first_step(task, keeps(task), &mut yields);
        }
        if after.free_gpus.len() == before {
            return None;
        }
    }
}

/// What a task does first to give a GPU, if it does nothing yet.
fn first_step(task: &Task, keeps: usize, yields: &mut Vec<Preempt>) {
    let least = u32::try_from(keeps.max(1)).unwrap_or(u32::MAX);
    let step = match can_leave(task, least) {
        true => Preempt::Shrink(task.id.clone()),
        false if task.is_automatic() => Preempt::Stop(task.id.clone()),
        false => return,
    };
    if !yields.contains(&step) {
        yields.push(step);
    }
}

/// The server after that task has given so many of its GPUs, the highest first, and with all of them
/// itself.
fn give(server: &mut Server, task: &Name, count: usize) {
    let Some(position) = server.tasks.iter().position(|held| held.id == *task) else {
        return;
    };
    let held = &mut server.tasks[position];
    let before = held.gpus.len();
    let leaving = held.program.as_ref().map(|program| program.leaving.clone());
    for gpu in leaving.into_iter().flatten().take(count) {
        held.gpus.retain(|other| *other != gpu);
        server.free_gpus.push(gpu);
    }
    while before - held.gpus.len() < count.min(before) {
        server.free_gpus.extend(held.gpus.pop());
    }
    server.free_gpus.sort_unstable();
    if held.gpus.is_empty() {
        server.free_cpus += held.cpus;
        server.tasks.remove(position);
    } else {
        let cpus = share(held.cpus, held.gpus.len(), before);
        server.free_cpus += held.cpus - cpus;
        held.cpus = cpus;
    }
}

/// How many GPUs it is about to give back.
fn leaves(task: &Task) -> usize {
    task.program
        .as_ref()
        .map_or(0, |program| match program.phase {
            Phase::Stopping => task.gpus.len(),
            _ => program.leaving.len(),
        })
}
