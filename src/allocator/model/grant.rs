//! The GPUs and CPU cores that a task was granted.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::lease::Deadline;
use crate::allocator::model::name::Name;
use crate::allocator::model::server::Server;
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;

/// The resources that a task was granted.
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
    /// The owner of the task.
    pub owner: Option<String>,
    /// When it was granted.
    pub start: Timestamp,
    /// Until when it is for.
    pub term: Option<Deadline>,
}

impl Grant {
    /// The grant of this task.
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
