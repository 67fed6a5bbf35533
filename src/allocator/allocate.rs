//! Granting a request.

use super::cluster::{Cluster, GpuId, Server, Task, Timestamp};
use super::gpus::Withheld;
use super::lease::Term;
use super::name::Name;
use super::order::{KEPT, choose, reservations};
use super::programs::{Program, check_asked, over};
use super::refusal::{Behind, Nearest, Refusal, Shortage};
use super::request::{Limits, Request};
use chrono::TimeDelta;

/// What a task got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The task that holds it.
    pub task: Name,
    /// The server's ID: its position in the cluster.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
    /// The device IDs, in ascending order.
    pub gpus: Vec<GpuId>,
    /// How many CPU cores.
    pub cpus: u32,
    /// Who the task belongs to.
    pub owner: Option<String>,
    /// When it was granted.
    pub start: Timestamp,
    /// Until when it is for.
    pub term: Option<Term>,
}

impl Grant {
    /// What this task got when it was granted.
    pub fn of(task: &Task, server_id: usize, server: &Server) -> Self {
        Self {
            task: task.id.clone(),
            server_id,
            server_name: server.name.clone(),
            gpus: task.gpus.clone(),
            cpus: task.cpus,
            owner: task.owner.clone(),
            start: task.start,
            term: task.term,
        }
    }
}

/// Grants all of a request on the first server that has room, or nothing. Whoever waits was there
/// first: what would make them wait longer is not granted.
///
/// # Errors
/// Why it cannot be granted; the cluster is as it was.
pub fn allocate(
    cluster: &mut Cluster,
    request: &Request,
    limits: &Limits,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let mut request = request.clone();
    admit(cluster, &mut request, limits)?;
    if let Some(over) = over(cluster, &request, &limits.caps) {
        return Err(Refusal::OverCap(over));
    }
    let lease = request.lease.as_ref();
    let (whose, kept) = reservations(cluster, KEPT, now, limits);
    if let Some(index) = choose(cluster, &request, lease, &kept, now, limits) {
        return Ok(grant(cluster, index, &request, now));
    }
    let room = choose(cluster, &request, lease, &[], now, limits);
    let mut others = whose.into_iter().zip(kept);
    let in_the_way = others.find(|(_, kept)| room == Some(kept.server));
    Err(match in_the_way {
        Some((other, kept)) => Refusal::Behind(Box::new(Behind {
            task: other.request.task,
            owner: other.request.owner,
            server: cluster.servers()[kept.server].name.clone(),
        })),
        None => why_not(cluster.servers(), &request),
    })
}

/// Whether a request may be granted at all, now or some day; and what it left open.
///
/// # Errors
/// Why it never can be.
pub(super) fn admit(
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
pub(super) fn check_ttl(
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
pub(super) fn check_name(cluster: &Cluster, asked: &Name) -> Result<(), Refusal> {
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

fn could_fit_somewhere(servers: &[Server], request: &Request) -> bool {
    let can = |server: &Server| request.is_at_home_on(server) && request.demand.could_fit(server);
    servers.iter().any(can)
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

pub(super) fn grant(
    cluster: &mut Cluster,
    index: usize,
    request: &Request,
    now: Timestamp,
) -> Grant {
    let term = request.ttl.and_then(|ttl| Term::starting(now, ttl));
    let server = cluster.edit(index);
    let cpus = request.demand.cpus_on(server);
    let gpus = request.demand.taken_from(server, &server.grantable());
    server.free_gpus.retain(|gpu| !gpus.contains(gpu));
    server.free_cpus -= cpus;
    server.tasks.push(Task {
        id: request.task.clone(),
        gpus,
        cpus,
        start: now,
        owner: request.owner.clone(),
        term,
        lease: request.lease.clone().map(Box::new),
        idle_since: None,
        program: request
            .automatic
            .then(|| Box::new(Program::starting(request.demand.gpus.count()))),
        steps: Vec::new(),
    });
    Grant::of(&server.tasks[server.tasks.len() - 1], index, server)
}

/// Room will come some day, or never.
pub(super) fn why_not(servers: &[Server], request: &Request) -> Refusal {
    let demand = &request.demand;
    let can = |server: &&Server| request.is_at_home_on(server) && demand.could_fit(server);
    if !could_fit_somewhere(servers, request) {
        return Refusal::impossible(servers, request);
    }
    let open = servers
        .iter()
        .enumerate()
        .filter(|(_, server)| request.may_run_on(server));
    let nearest = open.min_by_key(|(_, server)| demand.lacking_on(server));
    let nearest = nearest.map(|(id, server)| Nearest::new(id, server, demand));
    let mut draining = servers
        .iter()
        .filter(|server| server.drain && can(server) && demand.fits(server));
    let mut withheld = servers
        .iter()
        .filter(|server| request.may_run_on(server))
        .filter_map(|server| Withheld::from(server, demand));
    Refusal::Insufficient(Box::new(Shortage {
        demand: demand.clone(),
        nearest,
        draining: draining.next().map(|server| server.name.clone()),
        withheld: withheld.next(),
    }))
}
