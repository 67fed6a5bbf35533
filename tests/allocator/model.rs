//! The allocator over again, as plainly as it can be said. It keeps no free lists and no
//! totals: what is free is worked out anew each time from what tasks hold.

use gpumgr::allocator::{
    Actor, Cluster, Cpus, GpuId, Gpus, Limits, Refusal, Request, ServerSpec, Task,
};
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) servers: Vec<ServerSpec>,
    /// In the order they were granted.
    pub(crate) tasks: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) server: String,
    pub(crate) gpus: BTreeSet<GpuId>,
    pub(crate) cpus: u32,
    pub(crate) owner: Option<String>,
}

/// What a refusal comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum No {
    BelowMinimum,
    AboveMaximum,
    TaskExists { server: String },
    UnknownServer,
    Impossible { gpus: u32, cpus: u32 },
    Insufficient(Option<Near>),
    UnknownTask,
    NotOwner(BTreeSet<String>),
    InTheWay(BTreeSet<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Near {
    server: String,
    lacks_gpus: u32,
    lacks_cpus: u32,
}

impl From<&Refusal> for No {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::BelowMinimum { .. } => Self::BelowMinimum,
            Refusal::AboveMaximum { .. } => Self::AboveMaximum,
            Refusal::TaskExists { server, .. } => Self::TaskExists {
                server: server.as_ref().unwrap().to_string(),
            },
            Refusal::UnknownServer { .. } => Self::UnknownServer,
            Refusal::Impossible(too_much) => Self::Impossible {
                gpus: too_much.gpus,
                cpus: too_much.cpus,
            },
            Refusal::Insufficient(shortage) => {
                Self::Insufficient(shortage.nearest.as_ref().map(|near| Near {
                    server: near.server_name.to_string(),
                    lacks_gpus: u32::try_from(near.lacks_gpus).unwrap(),
                    lacks_cpus: near.lacks_cpus,
                }))
            }
            Refusal::UnknownTask { .. } => Self::UnknownTask,
            Refusal::NotOwner { tasks } => {
                Self::NotOwner(tasks.iter().map(|(task, _)| task.to_string()).collect())
            }
            Refusal::InTheWay { blockers } => {
                let tasks = blockers.iter().flat_map(|blocker| &blocker.tasks);
                Self::InTheWay(tasks.map(ToString::to_string).collect())
            }
            other => panic!("the model knows no {other:?}"),
        }
    }
}

impl Held {
    fn is_others(&self, actor: &Actor) -> bool {
        !actor.force && self.owner.is_some() && self.owner != actor.user
    }
}

impl Model {
    pub(crate) fn new(servers: &[ServerSpec]) -> Self {
        Self {
            servers: servers.to_vec(),
            tasks: Vec::new(),
        }
    }

    fn on<'m>(&'m self, server: &'m ServerSpec) -> impl Iterator<Item = &'m Held> {
        self.tasks
            .iter()
            .filter(|task| task.server == server.name.as_str())
    }

    fn free_gpus(&self, server: &ServerSpec) -> BTreeSet<GpuId> {
        let mut free = all_gpus(server);
        for task in self.on(server) {
            for gpu in &task.gpus {
                assert!(free.remove(gpu), "two tasks hold it");
            }
        }
        free
    }

    fn free_cpus(&self, server: &ServerSpec) -> u32 {
        server.cpus - self.on(server).map(|task| task.cpus).sum::<u32>()
    }

    fn find_server(&self, called: &str) -> Option<usize> {
        for (index, server) in self.servers.iter().enumerate() {
            if server.name.as_str() == called {
                return Some(index);
            }
        }
        (0..self.servers.len()).find(|index| index.to_string() == called)
    }

    /// The order in which servers are tried: the preferred one, then all.
    fn tried(&self, preferred: Option<usize>) -> Vec<&ServerSpec> {
        let order = preferred.into_iter().chain(0..self.servers.len());
        order.map(|index| &self.servers[index]).collect()
    }

    pub(crate) fn allocate(&mut self, request: &Request, limits: &Limits) -> Result<Held, No> {
        let wish = &request.demand.gpus;
        if wish_count(wish) < limits.min_gpus_per_task {
            return Err(No::BelowMinimum);
        }
        if limits
            .max_gpus_per_task
            .is_some_and(|max| wish_count(wish) > max)
        {
            return Err(No::AboveMaximum);
        }
        for task in &self.tasks {
            if task.id == request.task.as_str() {
                let server = task.server.clone();
                return Err(No::TaskExists { server });
            }
        }
        let preferred = match &request.prefer {
            None => None,
            Some(called) => Some(self.find_server(called).ok_or(No::UnknownServer)?),
        };
        for server in self.tried(preferred) {
            let cpus = cpus_on(server, request);
            let gpus = choose(wish, &self.free_gpus(server));
            if let (false, Some(gpus), true) = (server.drain, gpus, cpus <= self.free_cpus(server))
            {
                let held = Held {
                    id: request.task.to_string(),
                    server: server.name.to_string(),
                    gpus,
                    cpus,
                    owner: request.owner.clone(),
                };
                self.tasks.push(held.clone());
                return Ok(held);
            }
        }
        Err(self.why_not(request))
    }

    fn why_not(&self, request: &Request) -> No {
        let wish = &request.demand.gpus;
        let large_enough = |server: &&ServerSpec| {
            choose(wish, &all_gpus(server)).is_some() && cpus_on(server, request) <= server.cpus
        };
        if !self.servers.iter().any(|server| large_enough(&server)) {
            return No::Impossible {
                gpus: self.servers.iter().map(|server| server.gpus).max().unwrap(),
                cpus: self.servers.iter().map(|server| server.cpus).max().unwrap(),
            };
        }
        let mut nearest: Option<Near> = None;
        for server in self.servers.iter().filter(large_enough) {
            let near = Near {
                server: server.name.to_string(),
                lacks_gpus: lacking(wish, &self.free_gpus(server)),
                lacks_cpus: cpus_on(server, request).saturating_sub(self.free_cpus(server)),
            };
            let nearer = nearest.as_ref().is_none_or(|best| {
                (near.lacks_gpus, near.lacks_cpus) < (best.lacks_gpus, best.lacks_cpus)
            });
            if !server.drain && nearer {
                nearest = Some(near);
            }
        }
        No::Insufficient(nearest)
    }

    pub(crate) fn release(&mut self, task: &str, actor: &Actor) -> Result<Held, No> {
        let Some(position) = self.tasks.iter().position(|held| held.id == task) else {
            return Err(No::UnknownTask);
        };
        if self.tasks[position].is_others(actor) {
            return Err(No::NotOwner([task.to_owned()].into()));
        }
        Ok(self.tasks.remove(position))
    }

    pub(crate) fn reconcile(&mut self, servers: &[ServerSpec]) -> Result<(), No> {
        let mut in_the_way = BTreeSet::new();
        for task in &self.tasks {
            let Some(server) = servers.iter().find(|s| s.name.as_str() == task.server) else {
                in_the_way.insert(task.id.clone());
                continue;
            };
            let held: u32 = self.on(server).map(|task| task.cpus).sum();
            if held > server.cpus || !task.gpus.is_subset(&all_gpus(server)) {
                in_the_way.insert(task.id.clone());
            }
        }
        if !in_the_way.is_empty() {
            return Err(No::InTheWay(in_the_way));
        }
        self.servers = servers.to_vec();
        Ok(())
    }

    pub(crate) fn reset(&mut self, servers: &[ServerSpec], actor: &Actor) -> Result<(), No> {
        let others: BTreeSet<_> = self
            .tasks
            .iter()
            .filter(|task| task.is_others(actor))
            .map(|task| task.id.clone())
            .collect();
        if !others.is_empty() {
            return Err(No::NotOwner(others));
        }
        *self = Self::new(servers);
        Ok(())
    }

    /// The allocator's cluster must say what the model says, and in the same order.
    pub(crate) fn assert_same(&self, cluster: &Cluster) {
        assert_eq!(cluster.servers().len(), self.servers.len());
        for (server, model) in cluster.servers().iter().zip(&self.servers) {
            assert_eq!(server.name, model.name);
            assert_eq!(
                (server.total_gpus, server.total_cpus, server.drain),
                (model.gpus, model.cpus, model.drain)
            );
            let free: Vec<_> = self.free_gpus(model).into_iter().collect();
            assert_eq!(server.free_gpus, free);
            assert_eq!(server.free_cpus, self.free_cpus(model));
            let held: Vec<_> = server
                .tasks
                .iter()
                .map(|task| held(model.name.as_str(), task))
                .collect();
            assert_eq!(held, self.on(model).cloned().collect::<Vec<_>>());
        }
    }
}

/// A task of the allocator, as the model would keep it.
pub(crate) fn held(server: &str, task: &Task) -> Held {
    assert!(task.gpus.is_sorted());
    Held {
        id: task.id.to_string(),
        server: server.to_owned(),
        gpus: task.gpus.iter().copied().collect(),
        cpus: task.cpus,
        owner: task.owner.clone(),
    }
}

fn all_gpus(server: &ServerSpec) -> BTreeSet<GpuId> {
    (0..GpuId::try_from(server.gpus).unwrap()).collect()
}

fn wish_count(wish: &Gpus) -> u32 {
    match wish {
        Gpus::Count(count) => *count,
        Gpus::These(ids) => u32::try_from(ids.len()).unwrap(),
    }
}

/// The GPUs to give, if these free ones can meet the wish.
fn choose(wish: &Gpus, free: &BTreeSet<GpuId>) -> Option<BTreeSet<GpuId>> {
    (lacking(wish, free) == 0).then(|| match wish {
        Gpus::Count(count) => free.iter().copied().take(*count as usize).collect(),
        Gpus::These(ids) => ids.clone(),
    })
}

fn lacking(wish: &Gpus, free: &BTreeSet<GpuId>) -> u32 {
    match wish {
        Gpus::Count(count) => count.saturating_sub(u32::try_from(free.len()).unwrap()),
        Gpus::These(ids) => u32::try_from(ids.difference(free).count()).unwrap(),
    }
}

fn cpus_on(server: &ServerSpec, request: &Request) -> u32 {
    match request.demand.cpus {
        Cpus::Exactly(cpus) => cpus.get(),
        Cpus::PerGpu => {
            // A server without GPUs has no share to give; what comes with none is 1 CPU.
            let a_gpu = server.cpus.checked_div(server.gpus).unwrap_or(0).max(1);
            (a_gpu * wish_count(&request.demand.gpus)).max(1)
        }
    }
}
