//! Making room for somebody who waits.

use super::program::Phase;
use super::scale::can_leave;
use crate::allocator::cluster::{Cluster, Server, Task};
use crate::allocator::name::Name;
use crate::allocator::order::{in_order, may_start};
use crate::allocator::request::Limits;

/// What makes room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yield {
    /// This task shrinks by a GPU.
    Shrink(Name),
    /// This one, that nobody asked for, ends.
    Stop(Name),
}

/// What is to make room, by a GPU of each task at most, for the first in line whom that would serve.
/// Programs that nobody asked for go first: they shrink, and then they end. `min_gpus` is what the
/// others keep; they keep all, if none. Only tasks for which `may` holds give anything.
pub fn yielding(
    cluster: &Cluster,
    min_gpus: Option<u32>,
    limits: &Limits,
    may: impl Fn(&Task) -> bool,
) -> Vec<Yield> {
    let waiting = in_order(cluster).filter(|waiter| may_start(cluster, waiter, limits));
    for waiter in waiting {
        let request = &waiter.request;
        let servers = cluster.servers().iter();
        let open = servers.filter(|server| request.may_run_on(server));
        for server in open {
            let (gpus, cpus) = request.demand.lacking_on(server);
            if (gpus, cpus) == (0, 0) {
                // It is about to start.
                break;
            }
            let yields = on_server(server, gpus.max(usize::from(cpus > 0)), min_gpus, &may);
            if let Some(yields) = yields {
                return yields;
            }
        }
    }
    Vec::new()
}

/// What frees that many GPUs of a server, or begins to; none if nothing can.
fn on_server(
    server: &Server,
    lacking: usize,
    min_gpus: Option<u32>,
    may: &impl Fn(&Task) -> bool,
) -> Option<Vec<Yield>> {
    let coming: usize = server.tasks.iter().map(leaves).sum();
    let keeps = |task: &Task| match (task.is_automatic(), min_gpus) {
        (true, _) => 0,
        (false, Some(min)) => min as usize,
        (false, None) => usize::MAX,
    };
    let mut givers: Vec<_> = server
        .tasks
        .iter()
        .filter(|task| task.program.is_some() && may(task) && leaves(task) == 0)
        .map(|task| (task, task.gpus.len().saturating_sub(keeps(task))))
        .filter(|(_, spare)| *spare > 0)
        .collect();
    let spare: usize = givers.iter().map(|(_, spare)| spare).sum();
    if coming + spare < lacking {
        return None;
    }
    // What nobody asked for first; of those alike, whoever has most.
    givers.sort_by_key(|(task, _)| (!task.is_automatic(), std::cmp::Reverse(task.gpus.len())));
    let mut missing = lacking.saturating_sub(coming);
    let mut yields = Vec::new();
    for (task, _) in givers {
        if missing == 0 {
            break;
        }
        let least = u32::from(task.is_automatic());
        if can_leave(task, min_gpus.unwrap_or(0).max(least)) {
            yields.push(Yield::Shrink(task.id.clone()));
            missing -= 1;
        } else if task.is_automatic() {
            yields.push(Yield::Stop(task.id.clone()));
            missing = missing.saturating_sub(task.gpus.len());
        }
    }
    Some(yields)
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
