//! Who starts when: gpumgr's own rule, and the one to compare it with.

use crate::Result;
use crate::simulate::Rule;
use crate::trace::{GPUS, Job};
use chrono::{DateTime, TimeDelta};
use gpumgr::allocator::{
    self, Actor, Advanced, Cluster, ClusterSpec, Cpus, Facts, Gpus, Lease, LeaseId, LeaseKind,
    Limits, Name, Process, Refusal, Request, Timestamp, Waiter,
};
use std::collections::VecDeque;

const CPUS: u32 = 96;

const ANYONE: Actor = Actor {
    user: None,
    force: true,
    is_root: false,
};

/// Nobody starts before everybody earlier has.
pub(crate) struct Fifo {
    cluster: Cluster,
    line: VecDeque<(usize, Request)>,
}

impl Fifo {
    pub(crate) fn new(servers: usize) -> Result<Self> {
        Ok(Self {
            cluster: fresh(servers)?,
            line: VecDeque::new(),
        })
    }

    fn start(&mut self, now: i64) -> Result<Vec<usize>> {
        let mut started = Vec::new();
        while let Some((index, request)) = self.line.front() {
            match allocator::allocate(&mut self.cluster, request, &Limits::default(), at(now)?) {
                Ok(_) => started.push(*index),
                Err(Refusal::Insufficient(_)) => break,
                Err(refusal) => return Err(unexpected(&refusal)),
            }
            self.line.pop_front();
        }
        Ok(started)
    }
}

impl Rule for Fifo {
    fn end(&mut self, ended: &[usize], now: i64) -> Result<Vec<usize>> {
        release(&mut self.cluster, ended)?;
        self.start(now)
    }

    fn submit(&mut self, index: usize, job: &Job, now: i64) -> Result<Vec<usize>> {
        self.line.push_back((index, request(index, job)?));
        self.start(now)
    }
}

/// gpumgr's queue, told how long each job runs or not. Who is granted something takes it at once.
pub(crate) struct Ours {
    cluster: Cluster,
    with_ttl: bool,
}

impl Ours {
    pub(crate) fn new(servers: usize, with_ttl: bool) -> Result<Self> {
        let cluster = fresh(servers)?;
        Ok(Self { cluster, with_ttl })
    }

    fn settle(&mut self, now: i64) -> Result<Advanced> {
        let facts = Facts::at(at(now)?);
        Ok(allocator::advance(
            &mut self.cluster,
            &facts,
            &Limits::default(),
        ))
    }

    fn claim(&mut self, id: &LeaseId) -> Result<usize> {
        allocator::take_grant(&mut self.cluster, id, None)
            .map_err(|refusal| unexpected(&refusal))?;
        Ok(id.as_str().parse()?)
    }

    fn claim_all(&mut self, settled: &Advanced) -> Result<Vec<usize>> {
        let ids = settled.granted.iter().map(|(id, _)| id);
        ids.map(|id| self.claim(id)).collect()
    }
}

impl Rule for Ours {
    fn end(&mut self, ended: &[usize], now: i64) -> Result<Vec<usize>> {
        if !self.with_ttl {
            release(&mut self.cluster, ended)?;
        }
        let settled = self.settle(now)?;
        if self.with_ttl && settled.freed.len() != ended.len() {
            return Err("a task did not lapse at its end".into());
        }
        self.claim_all(&settled)
    }

    fn submit(&mut self, index: usize, job: &Job, now: i64) -> Result<Vec<usize>> {
        let settled = self.settle(now)?;
        let mut started = self.claim_all(&settled)?;
        let ttl = self.with_ttl.then(|| TimeDelta::seconds(job.duration));
        let waiter = Waiter {
            lease: lease(index)?,
            request: request(index, job)?.lapsing_after(ttl),
            since: at(now)?,
            order: None,
            until: None,
            reserved: None,
            cancelled: false,
        };
        let id = waiter.lease.id.clone();
        let limits = Limits::default();
        let grant = allocator::enqueue(&mut self.cluster, waiter, &limits, at(now)?);
        if grant.map_err(|refusal| unexpected(&refusal))?.is_some() {
            started.push(self.claim(&id)?);
        }
        Ok(started)
    }
}

fn fresh(servers: usize) -> Result<Cluster> {
    Ok(Cluster::fresh(&ClusterSpec::equal(servers, GPUS, CPUS)?))
}

fn request(index: usize, job: &Job) -> Result<Request> {
    Ok(Request::new(
        name(index)?,
        Gpus::exactly(job.gpus)?,
        Cpus::PerGpu,
    ))
}

fn name(index: usize) -> Result<Name> {
    Ok(index.to_string().parse()?)
}

/// As many digits each, so that of two jobs submitted in the same second the earlier is first.
fn lease(index: usize) -> Result<Lease> {
    let process = Process {
        host: String::new(),
        boot: None,
        namespace: None,
        pid: 0,
        started: 0,
    };
    Ok(Lease {
        id: format!("{index:012}").parse()?,
        tie: LeaseKind::Claim,
        process,
    })
}

fn release(cluster: &mut Cluster, ended: &[usize]) -> Result<()> {
    for &index in ended {
        let released = allocator::release(cluster, &name(index)?, &ANYONE);
        released.map_err(|refusal| unexpected(&refusal))?;
    }
    Ok(())
}

fn at(seconds: i64) -> Result<Timestamp> {
    let moment = DateTime::from_timestamp(seconds, 0).ok_or("no such moment")?;
    Ok(moment.fixed_offset())
}

fn unexpected(refusal: &Refusal) -> Box<dyn std::error::Error> {
    format!("unexpected: {refusal:?}").into()
}
