//! A server: its GPUs and CPU cores, and the tasks on it.

use crate::allocator::model::cards::Cards;
use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::name::Name;
use crate::allocator::model::outlook::Availability;
use crate::allocator::model::spec::ServerSpec;
use crate::allocator::model::task::Task;
use std::borrow::Cow;

/// One server: what it has, what is free, what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Unique in the cluster.
    pub name: Name,
    /// Its GPU IDs are `0..total_gpus`.
    pub total_gpus: u32,
    /// The free ones, in ascending order.
    pub free_gpus: Vec<GpuId>,
    /// How many CPU cores it has.
    pub total_cpus: u32,
    /// How many of them no task holds.
    pub free_cpus: u32,
    /// Nothing new is granted here; what runs stays.
    pub drain: bool,
    /// The machine it is, by its own name; any, if none.
    pub host: Option<String>,
    /// The properties of its GPUs, as far as they are known.
    pub cards: Cards,
    /// The view of it from outside, for one decision. It is never saved.
    pub outlook: Availability,
    /// In the order they were granted.
    pub tasks: Vec<Task>,
}

impl Server {
    /// A server on which nothing runs.
    pub(in crate::allocator) fn fresh(spec: &ServerSpec) -> Self {
        Self {
            name: spec.name.clone(),
            total_gpus: spec.gpus,
            free_gpus: gpu_ids(spec.gpus).collect(),
            total_cpus: spec.cpus,
            free_cpus: spec.cpus,
            drain: spec.drain,
            host: spec.host.clone(),
            cards: spec.cards.clone(),
            outlook: Availability::default(),
            tasks: Vec::new(),
        }
    }

    /// The GPUs that are free in the state and actually available, in ascending order.
    pub fn grantable(&self) -> Cow<'_, [GpuId]> {
        self.outlook.open(&self.free_gpus)
    }
}

impl ServerSpec {
    /// A server as it is.
    pub fn of(server: &Server) -> Self {
        Self {
            name: server.name.clone(),
            gpus: server.total_gpus,
            cpus: server.total_cpus,
            drain: server.drain,
            host: server.host.clone(),
            cards: server.cards.clone(),
        }
    }
}
