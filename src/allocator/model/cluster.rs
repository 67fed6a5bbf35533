//! The cluster: its servers, the queue, and what may have changed.

use crate::allocator::model::check::{Disagreement, check, check_one};
use crate::allocator::model::lease::Lease;
use crate::allocator::model::name::Name;
use crate::allocator::model::outlook::Availability;
use crate::allocator::model::program::AutoProgram;
use crate::allocator::model::server::Server;
use crate::allocator::model::spec::{ClusterSpec, ServerSpec};
use crate::allocator::model::step::Step;
use crate::allocator::model::task::Task;
use crate::allocator::model::waiter::Waiter;
use std::collections::BTreeSet;

/// The servers in first-fit order, agreeing with themselves: every way to make one checks; and
/// who waits for them.
#[derive(Clone, Debug)]
pub struct Cluster {
    servers: Vec<Server>,
    edited: BTreeSet<usize>,
    queue: Vec<Waiter>,
    queue_edited: bool,
    auto_programs: Vec<AutoProgram>,
    auto_programs_edited: bool,
}

/// Compares the content, not the marks of what was changed.
impl PartialEq for Cluster {
    fn eq(&self, other: &Self) -> bool {
        self.servers == other.servers
            && self.queue == other.queue
            && self.auto_programs == other.auto_programs
    }
}

impl Eq for Cluster {}

impl Cluster {
    /// A cluster of these servers.
    ///
    /// # Errors
    /// The first place where they disagree with themselves or each other.
    pub fn new(mut servers: Vec<Server>) -> Result<Self, Disagreement> {
        for server in &mut servers {
            server.free_gpus.sort_unstable();
            for task in &mut server.tasks {
                task.gpus.sort_unstable();
                task.steps.iter_mut().for_each(Step::sort_gpus);
            }
        }
        let cluster = Self {
            servers,
            edited: BTreeSet::new(),
            queue: Vec::new(),
            queue_edited: false,
            auto_programs: Vec::new(),
            auto_programs_edited: false,
        };
        cluster.check()?;
        Ok(cluster)
    }

    /// The cluster as described, with nothing running.
    pub fn fresh(spec: &ClusterSpec) -> Self {
        let servers: Vec<_> = spec.servers().iter().map(Server::fresh).collect();
        let edited = (0..servers.len()).collect();
        Self {
            servers,
            edited,
            queue: Vec::new(),
            queue_edited: false,
            auto_programs: Vec::new(),
            auto_programs_edited: false,
        }
    }

    /// Returns this cluster with this queue.
    #[must_use]
    pub fn with_queue(self, queue: Vec<Waiter>) -> Self {
        Self { queue, ..self }
    }

    /// Returns this cluster with these records of programs that the monitor starts by itself.
    #[must_use]
    pub fn with_auto_programs(self, auto_programs: Vec<AutoProgram>) -> Self {
        Self {
            auto_programs,
            ..self
        }
    }

    /// The invariants: IDs in range, none held twice, free and used make the total, names unique.
    ///
    /// # Errors
    /// The first place that breaks one.
    pub fn check(&self) -> Result<(), Disagreement> {
        check(&self.servers)
    }

    /// The same for the servers that were edited, which is enough: all agreed when the cluster was
    /// made.
    ///
    /// # Errors
    /// The first place that breaks an invariant.
    pub fn check_edited(&self) -> Result<(), Disagreement> {
        match self.edited.first() {
            Some(&only) if self.edited.len() == 1 => check_one(&self.servers, only),
            Some(_) => self.check(),
            None => Ok(()),
        }
    }

    /// The servers, in first-fit order; a server's ID is its position here.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The servers, in first-fit order, without the rest of the cluster.
    pub fn into_servers(self) -> Vec<Server> {
        self.servers
    }

    /// All tasks, with the position of their server.
    pub fn tasks(&self) -> impl Iterator<Item = (usize, &Task)> {
        let servers = self.servers.iter().enumerate();
        servers.flat_map(|(index, server)| server.tasks.iter().map(move |task| (index, task)))
    }

    /// The waiters, in the order of the state file.
    pub fn queue(&self) -> &[Waiter] {
        &self.queue
    }

    /// How programs ended that the monitor starts by itself.
    pub fn auto_programs(&self) -> &[AutoProgram] {
        &self.auto_programs
    }

    /// How the last program of that name ended, if a monitor starts it by itself.
    pub fn auto_program(&self, name: &Name) -> Option<&AutoProgram> {
        self.auto_programs
            .iter()
            .find(|record| record.task == *name)
    }

    /// The task of that name, with the position of its server.
    pub fn find_task(&self, name: &Name) -> Option<(usize, &Task)> {
        self.tasks().find(|(_, task)| task.id == *name)
    }

    /// Whether a waiter has that name.
    pub fn is_waiting(&self, name: &Name) -> bool {
        let mut waiting = self.queue.iter().filter(|waiter| !waiter.cancelled);
        waiting.any(|waiter| waiter.request.task == *name)
    }

    /// All leases, of tasks, of their steps and of waiters.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        let waiting = self.queue.iter().map(|waiter| &waiter.lease);
        self.held_leases().chain(waiting)
    }

    /// The leases of tasks and of their steps.
    pub fn held_leases(&self) -> impl Iterator<Item = &Lease> {
        self.tasks().flat_map(|(_, task)| {
            let steps = task.steps.iter().map(|step| &step.lease);
            task.lease.as_deref().into_iter().chain(steps)
        })
    }

    /// The positions of the first such task's server, and of the task there.
    pub(in crate::allocator) fn place_of(
        &self,
        is_it: impl Fn(&Task) -> bool,
    ) -> Option<(usize, usize)> {
        let servers = self.servers.iter().enumerate();
        servers
            .map(|(index, server)| Some((index, server.tasks.iter().position(&is_it)?)))
            .find_map(|place| place)
    }

    /// The position of the server with this name, else with this ID.
    pub fn find_server(&self, name_or_id: &str) -> Option<usize> {
        let by_name = self
            .servers
            .iter()
            .position(|server| server.name.as_str() == name_or_id);
        let is_id = name_or_id.bytes().all(|byte| byte.is_ascii_digit());
        let id = name_or_id
            .parse()
            .ok()
            .filter(|&id: &usize| is_id && id < self.servers.len());
        by_name.or(id)
    }

    /// Whether it has exactly the servers described, in that order.
    pub fn is_as_described(&self, spec: &ClusterSpec) -> bool {
        let same = |(server, described): (&Server, &ServerSpec)| {
            server.name == described.name
                && (server.total_gpus, server.total_cpus) == (described.gpus, described.cpus)
                && server.drain == described.drain
                && server.host == described.host
                && server.cards == described.cards
        };
        self.servers.len() == spec.servers().len()
            && self.servers.iter().zip(spec.servers()).all(same)
    }

    /// The positions of the servers that may have changed since this cluster was made from its
    /// parts, and are to be written again. All of them in a fresh one, or where servers came or went.
    pub fn edited(&self) -> &BTreeSet<usize> {
        &self.edited
    }

    /// Whether the queue may have changed, likewise.
    pub fn queue_edited(&self) -> bool {
        self.queue_edited
    }

    /// Whether what is recorded of the monitor's programs may have changed, likewise.
    pub fn auto_programs_edited(&self) -> bool {
        self.auto_programs_edited
    }

    /// Whether anything may have changed.
    pub fn is_edited(&self) -> bool {
        self.queue_edited || self.auto_programs_edited || !self.edited.is_empty()
    }

    /// The one way to change the queue, so that every change is saved.
    pub(in crate::allocator) fn edit_queue(&mut self) -> &mut Vec<Waiter> {
        self.queue_edited = true;
        &mut self.queue
    }

    /// The one way to change what is recorded of the monitor's programs.
    pub(in crate::allocator) fn edit_auto_programs(&mut self) -> &mut Vec<AutoProgram> {
        self.auto_programs_edited = true;
        &mut self.auto_programs
    }

    /// The one way to change a server, so that none is changed unnoticed.
    pub(in crate::allocator) fn edit(&mut self, index: usize) -> &mut Server {
        self.edited.insert(index);
        &mut self.servers[index]
    }

    /// The availability of a server. It is never saved, so changing it is no change of the cluster.
    pub(in crate::allocator) fn look_at(&mut self, index: usize) -> &mut Availability {
        &mut self.servers[index].outlook
    }

    /// The one way to change which servers there are, and their order.
    pub(in crate::allocator) fn replace(&mut self, servers: Vec<Server>) {
        self.edited = (0..servers.len()).collect();
        self.servers = servers;
    }
}
