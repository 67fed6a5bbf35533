//! Whether a request may be granted at all, now or later.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::request::Request;
use crate::allocator::policy::quotas::check_asked;
use crate::allocator::policy::shortage::could_fit_somewhere;
use chrono::TimeDelta;

/// Whether a request may be granted at all, now or some day; and what it left open.
///
/// # Errors
/// Why it never can be.
pub(in crate::allocator) fn admit(
    cluster: &Cluster,
    request: &mut Request,
    limits: &Limits,
) -> Result<(), Refusal> {
    check_limits(request.demand.gpus.count(), limits)?;
    check_asked(request, &limits.caps)?;
    request.ttl = check_ttl(request.ttl, limits)?;
    check_name(cluster, &request.task)?;
    if let Some(asked) = request.prefer.as_ref() {
        let known = cluster.find_server(asked);
        known.ok_or_else(|| Refusal::unknown_server(asked, cluster))?;
    }
    if could_fit_somewhere(cluster.servers(), request) {
        Ok(())
    } else {
        Err(Refusal::impossible(cluster.servers(), request))
    }
}

/// How long a task is for that asks for this, or for nothing.
///
/// # Errors
/// That is more than it may ask for.
pub(in crate::allocator) fn check_ttl(
    asked: Option<TimeDelta>,
    limits: &Limits,
) -> Result<Option<TimeDelta>, Refusal> {
    let ttl = limits.ttl(asked);
    match ttl.zip(limits.max_ttl).filter(|(ttl, max)| ttl > max) {
        Some((asked, max)) => Err(Refusal::AboveMaxTtl { asked, max }),
        None => Ok(ttl),
    }
}

/// # Errors
/// A task of that name is there, or waits.
pub(in crate::allocator) fn check_name(cluster: &Cluster, asked: &Name) -> Result<(), Refusal> {
    if let Some((index, task)) = cluster.find_task(asked) {
        return Err(Refusal::TaskExists {
            task: task.id.clone(),
            server: Some(cluster.servers()[index].name.clone()),
            owner: task.owner.clone(),
        });
    }
    let mut waiting = cluster.queue().iter().filter(|waiter| !waiter.cancelled);
    match waiting.find(|waiter| waiter.request.task == *asked) {
        None => Ok(()),
        Some(waiter) => Err(Refusal::TaskExists {
            task: asked.clone(),
            server: None,
            owner: waiter.request.owner.clone(),
        }),
    }
}

fn check_limits(asked: u32, limits: &Limits) -> Result<(), Refusal> {
    let min = limits.min_gpus_per_task;
    if asked < min {
        return Err(Refusal::BelowMinimum { asked, min });
    }
    match limits.max_gpus_per_task {
        Some(max) if asked > max => Err(Refusal::AboveMaximum { asked, max }),
        _ => Ok(()),
    }
}
