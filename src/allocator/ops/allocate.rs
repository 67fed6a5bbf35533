//! Granting a request.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::grant::Grant;
use crate::allocator::model::lease::Deadline;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::program::Program;
use crate::allocator::model::refusal::{Behind, Refusal};
use crate::allocator::model::request::Request;
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::admission::admit;
use crate::allocator::policy::backfill::{KEPT, reservations};
use crate::allocator::policy::choice::choose;
use crate::allocator::policy::quotas::over;
use crate::allocator::policy::shortage::why_not;

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
        return Err(Refusal::QuotaExceeded(over));
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

pub(in crate::allocator) fn grant(
    cluster: &mut Cluster,
    index: usize,
    request: &Request,
    now: Timestamp,
) -> Grant {
    let term = request.ttl.and_then(|ttl| Deadline::starting(now, ttl));
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
