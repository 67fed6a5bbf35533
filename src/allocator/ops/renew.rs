//! Moving the end of a task.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::facts::Facts;
use crate::allocator::model::lease::Deadline;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::{Behind, CommandEnd, Refusal};
use crate::allocator::model::task::Task;
use crate::allocator::policy::backfill::reservation;
use crate::allocator::policy::ownership::Actor;
use crate::allocator::policy::reservation::reserve;
use chrono::TimeDelta;

/// A task whose end was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The task as it is now.
    pub task: Task,
    /// The name of its server.
    pub server_name: Name,
    /// Until when it is for now.
    pub term: Deadline,
}

/// Lets a task end that long from now, or as long as it was given before.
///
/// # Errors
/// There is no such task, it is another user's, whose command would end sooner, nothing says for how long, that is too long, or
/// the task was only started before somebody who waits because it would end in time.
pub fn renew(
    cluster: &mut Cluster,
    task: &Name,
    ttl: Option<TimeDelta>,
    actor: &Actor,
    limits: &Limits,
    facts: &Facts,
) -> Result<Renewed, Refusal> {
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return Err(Refusal::no_such_task(task, cluster));
    };
    let held = &cluster.servers()[index].tasks[position];
    actor.may_touch(&held.id, held.owner.as_ref())?;
    let given = held.term.map(|term| term.ttl);
    let no_ttl = || Refusal::NoTtl { task: task.clone() };
    let ttl = limits.ttl(ttl.or(given)).ok_or_else(no_ttl)?;
    if let Some(max) = limits.max_ttl.filter(|max| ttl > *max) {
        return Err(Refusal::AboveMaxTtl { asked: ttl, max });
    }
    let term = Deadline::starting(facts.now, ttl).ok_or_else(no_ttl)?;
    if held.command_lease().is_some() && held.term.is_none_or(|before| term.end < before.end) {
        actor.may_end_command(held, CommandEnd::Sooner)?;
    }
    keeps_its_promise(cluster, index, position, term, limits, facts)?;
    let server = cluster.edit(index);
    server.tasks[position].term = Some(term);
    Ok(Renewed {
        task: server.tasks[position].clone(),
        server_name: server.name.clone(),
        term,
    })
}

/// What was started on the reserved server because it would end in time must do so.
fn keeps_its_promise(
    cluster: &Cluster,
    index: usize,
    position: usize,
    term: Deadline,
    limits: &Limits,
    facts: &Facts,
) -> Result<(), Refusal> {
    let task = &cluster.servers()[index].tasks[position];
    let Some((first, kept)) = reservation(cluster, facts.now, limits) else {
        return Ok(());
    };
    if kept.server != index || task.start <= first.since {
        return Ok(());
    }
    let mut renewed = cluster.clone();
    renewed.edit(index).tasks[position].term = Some(term);
    let later = reserve(&renewed, &first, facts.now, limits);
    let later = later.and_then(|later| later.start);
    let in_time = |start| later.is_some_and(|later| later <= start);
    if kept.start.is_none_or(in_time) {
        return Ok(());
    }
    Err(Refusal::Behind(Box::new(Behind {
        task: first.request.task,
        owner: first.request.owner,
        server: cluster.servers()[index].name.clone(),
    })))
}
