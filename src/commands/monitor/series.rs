//! What programs used in the last rounds, as long as they had the same GPUs.

use crate::allocator::{Cluster, Facts, GpuId, LeaseId, Name, Phase, Task, used};
use std::collections::HashMap;

/// More than any window needs.
const MOST: usize = 1000;

/// A series of samples for each program on this machine.
#[derive(Debug, Default)]
pub(super) struct Series(HashMap<Name, OfProgram>);

#[derive(Debug)]
struct OfProgram {
    lease: Option<LeaseId>,
    pid: Option<u32>,
    gpus: Vec<GpuId>,
    uses: Vec<f64>,
}

impl Series {
    /// Adds what this look showed. What cannot be read is no sample; what was started anew, or has
    /// other GPUs, begins anew.
    pub(super) fn note(&mut self, cluster: &Cluster, facts: &Facts) {
        let Some((server, sample)) = facts.measured(cluster.servers()) else {
            return self.0.clear();
        };
        let server = &cluster.servers()[server];
        let programs: Vec<_> = server.tasks.iter().filter(|task| runs(task)).collect();
        self.0
            .retain(|name, _| programs.iter().any(|task| task.id == *name));
        for task in programs {
            let known = self.0.remove(&task.id).filter(|known| known.is_of(task));
            let mut series = known.unwrap_or_else(|| OfProgram::beginning(task));
            if let Some(used) = used(task, sample) {
                series.uses.push(used);
            }
            let surplus = series.uses.len().saturating_sub(MOST);
            series.uses.drain(..surplus);
            self.0.insert(task.id.clone(), series);
        }
    }

    /// The samples of that task's program, the last one last.
    pub(super) fn of(&self, task: &Name) -> &[f64] {
        self.0.get(task).map_or(&[], |series| &series.uses)
    }
}

impl OfProgram {
    fn beginning(task: &Task) -> Self {
        Self {
            lease: task.lease.as_deref().map(|lease| lease.id.clone()),
            pid: task.program.as_ref().and_then(|program| program.pid),
            gpus: task.gpus.clone(),
            uses: Vec::new(),
        }
    }

    fn is_of(&self, task: &Task) -> bool {
        let other = Self::beginning(task);
        (&self.lease, self.pid, &self.gpus) == (&other.lease, other.pid, &other.gpus)
    }
}

fn runs(task: &Task) -> bool {
    task.program
        .as_ref()
        .is_some_and(|program| program.phase == Phase::Running)
}
