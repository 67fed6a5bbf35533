//! The invariants of a cluster, as code.

use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::lease::LeaseId;
use crate::allocator::model::name::Name;
use crate::allocator::model::server::Server;
use crate::allocator::model::spec::{MAX_CPUS, MAX_GPUS, MAX_SERVERS};
use crate::allocator::model::task::Task;
use std::collections::{HashMap, HashSet};

/// Where a cluster first contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("server {server:?}, task {task:?}: {what}")]
pub struct Disagreement {
    /// The server's position; none where the cluster as a whole is out of bounds.
    pub server: Option<usize>,
    /// The task's position on that server; none where the server itself disagrees.
    pub task: Option<usize>,
    /// What is wrong there.
    pub what: What,
}

/// A rule that a cluster breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// More servers than [`MAX_SERVERS`].
    #[error("{0} servers, more than {MAX_SERVERS}")]
    TooManyServers(usize),
    /// More GPUs than [`MAX_GPUS`].
    #[error("{0} GPUs, more than {MAX_GPUS}")]
    TooManyGpus(u32),
    /// More CPUs than [`MAX_CPUS`].
    #[error("{0} CPUs, more than {MAX_CPUS}")]
    TooManyCpus(u32),
    /// The name of an earlier server.
    #[error("a second server named {0}")]
    SameServer(Name),
    /// The ID of an earlier task.
    #[error("a second task named {0}")]
    SameTask(Name),
    /// A GPU that the server does not have.
    #[error("GPU {0} does not exist there")]
    NoSuchGpu(GpuId),
    /// A GPU in two tasks, or in a task and free.
    #[error("GPU {0} stands there and elsewhere")]
    GpuTwice(GpuId),
    /// A GPU that is neither free nor held.
    #[error("GPU {0} is neither free nor held by a task")]
    GpuLost(GpuId),
    /// Free and held CPUs do not make the total.
    #[error("{free} free and {held} held CPUs do not make {total}")]
    Cpus {
        /// CPUs said to be free.
        free: u32,
        /// CPUs that the tasks hold together.
        held: u64,
        /// CPUs the server has.
        total: u32,
    },
    /// A step with the lease of an earlier one.
    #[error("step {step}: a second step with that lease")]
    SameStep {
        /// Its position in the task.
        step: usize,
    },
    /// A step inside one that does not stand before it.
    #[error("step {step}: no step before it has that lease")]
    NoParent {
        /// Its position in the task.
        step: usize,
    },
    /// A GPU of a step that is not its parent's, or is another step's.
    #[error("step {step}: GPU {gpu} is not the parent's, or another step has it")]
    StepGpu {
        /// Its position in the task.
        step: usize,
        /// The GPU.
        gpu: GpuId,
    },
    /// More CPUs than the steps before it leave of the parent's.
    #[error("step {step}: {cpus} CPUs, of which {free} are free")]
    StepCpus {
        /// Its position in the task.
        step: usize,
        /// Its CPUs.
        cpus: u32,
        /// How many its parent has beside the steps before it.
        free: u32,
    },
}

pub(in crate::allocator) fn check(servers: &[Server]) -> Result<(), Disagreement> {
    if servers.len() > MAX_SERVERS {
        let what = What::TooManyServers(servers.len());
        return Err(Disagreement {
            server: None,
            task: None,
            what,
        });
    }
    let tasks = servers.iter().map(|server| server.tasks.len()).sum();
    let mut names = Names {
        servers: HashSet::with_capacity(servers.len()),
        tasks: HashSet::with_capacity(tasks),
    };
    for (index, server) in servers.iter().enumerate() {
        check_server(server)
            .and_then(|()| names.check(server))
            .map_err(|(task, what)| Disagreement {
                server: Some(index),
                task,
                what,
            })?;
    }
    Ok(())
}

/// One server, and its tasks' names against all others'; server names never change in place.
pub(in crate::allocator) fn check_one(
    servers: &[Server],
    index: usize,
) -> Result<(), Disagreement> {
    let (before, rest) = servers.split_at(index);
    let (server, after) = (&rest[0], &rest[1..]);
    let mut names = Names::default();
    let here = check_server(server).and_then(|()| names.check(server));
    let elsewhere = before.iter().chain(after).flat_map(|other| &other.tasks);
    let twice = || {
        elsewhere
            .map(|task| &task.id)
            .find(|name| names.tasks.contains(name))
    };
    let wrong = |(task, what)| Disagreement {
        server: Some(index),
        task,
        what,
    };
    here.map_err(wrong)?;
    match twice() {
        None => Ok(()),
        Some(name) => {
            let task = server.tasks.iter().position(|task| task.id == *name);
            Err(wrong((task, What::SameTask(name.clone()))))
        }
    }
}

/// The position of the task that is wrong, if one is, and what is wrong.
type Wrong = (Option<usize>, What);

fn check_server(server: &Server) -> Result<(), Wrong> {
    if server.total_gpus > MAX_GPUS {
        return Err((None, What::TooManyGpus(server.total_gpus)));
    }
    if server.total_cpus > MAX_CPUS {
        return Err((None, What::TooManyCpus(server.total_cpus)));
    }
    check_gpus(server)?;
    for (position, task) in server.tasks.iter().enumerate() {
        check_steps(task).map_err(|what| (Some(position), what))?;
    }
    let held = server.tasks.iter().map(|task| u64::from(task.cpus)).sum();
    let (free, total) = (server.free_cpus, server.total_cpus);
    if u64::from(free) + held == u64::from(total) {
        Ok(())
    } else {
        Err((None, What::Cpus { free, held, total }))
    }
}

/// Each GPU stands exactly once: among the free ones, or in one task.
fn check_gpus(server: &Server) -> Result<(), Wrong> {
    let mut seen = GpuSet::default();
    let lists = server
        .tasks
        .iter()
        .enumerate()
        .map(|(index, task)| (Some(index), &task.gpus));
    for (task, gpus) in std::iter::once((None, &server.free_gpus)).chain(lists) {
        for &gpu in gpus {
            if u32::from(gpu) >= server.total_gpus {
                return Err((task, What::NoSuchGpu(gpu)));
            }
            if !seen.insert(gpu) {
                return Err((task, What::GpuTwice(gpu)));
            }
        }
    }
    let lost = gpu_ids(server.total_gpus).find(|&gpu| !seen.contains(gpu));
    lost.map_or(Ok(()), |gpu| Err((None, What::GpuLost(gpu))))
}

/// Each GPU and CPU of a step is its parent's, and no other step's with that parent.
fn check_steps(task: &Task) -> Result<(), What> {
    let own = |gpus: &[GpuId], cpus| (gpus.iter().copied().collect::<HashSet<_>>(), cpus);
    let mut left = HashMap::<Option<&LeaseId>, _>::new();
    if !task.steps.is_empty() {
        left.insert(None, own(&task.gpus, task.cpus));
    }
    for (step, here) in task.steps.iter().enumerate() {
        let parent = left.get_mut(&here.parent.as_ref());
        let (gpus, free) = parent.ok_or(What::NoParent { step })?;
        if let Some(gpu) = here.gpus().iter().find(|gpu| !gpus.remove(gpu)) {
            return Err(What::StepGpu { step, gpu: *gpu });
        }
        let (cpus, before) = (here.cpus(), *free);
        *free = before.checked_sub(cpus).ok_or(What::StepCpus {
            step,
            cpus,
            free: before,
        })?;
        let portion = own(here.gpus(), cpus);
        if left.insert(Some(&here.lease.id), portion).is_some() {
            return Err(What::SameStep { step });
        }
    }
    Ok(())
}

/// GPU IDs below [`MAX_GPUS`], a bit each: a check of 10,000 servers allocates nothing.
#[derive(Default)]
struct GpuSet([u64; MAX_GPUS as usize / 64]);

impl GpuSet {
    /// False if it was there already.
    fn insert(&mut self, gpu: GpuId) -> bool {
        let fresh = !self.contains(gpu);
        self.0[usize::from(gpu) / 64] |= 1 << (gpu % 64);
        fresh
    }

    fn contains(&self, gpu: GpuId) -> bool {
        self.0[usize::from(gpu) / 64] & (1 << (gpu % 64)) != 0
    }
}

/// The names of the servers before, and of their tasks.
#[derive(Default)]
struct Names<'s> {
    servers: HashSet<&'s Name>,
    tasks: HashSet<&'s Name>,
}

impl<'s> Names<'s> {
    fn check(&mut self, server: &'s Server) -> Result<(), Wrong> {
        if !self.servers.insert(&server.name) {
            return Err((None, What::SameServer(server.name.clone())));
        }
        for (position, task) in server.tasks.iter().enumerate() {
            if !self.tasks.insert(&task.id) {
                return Err((Some(position), What::SameTask(task.id.clone())));
            }
        }
        Ok(())
    }
}
