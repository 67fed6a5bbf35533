//! `--release`: gives everything back.

use crate::allocator::{LeaseKind, Name, Refusal, Released, find_by_name, release};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::outcome::GivenBack;
use crate::system::{self, Holder, Processes, RunScope};

impl Manager {
    /// Gives back what the task holds. A program that gpumgr keeps running there is ended first.
    ///
    /// # Errors
    /// There is no such task, it is another user's, or the state cannot be changed.
    pub fn release(&self, task: &Name) -> Result<GivenBack, Error> {
        let asked = task;
        let (task, actor) = (task.clone(), self.actor()?);
        let prefix = self.config.task_prefix.clone();
        let changed = self.change_first(
            move |cluster, _| {
                let task = find_by_name(cluster, &task, prefix.as_deref());
                release(cluster, &task, &actor)
            },
            |released, now| vec![Event::new(Deed::Release, now).giving_back(released)],
        );
        let changed = match changed {
            // Others must not get GPUs that a program is still on.
            Err(Error::Refused(Refusal::StillUsed { .. })) => return self.stop_program(asked),
            changed => changed?,
        };
        Ok(GivenBack {
            running: self.still_running(&changed.value),
            released: changed.value,
            state: changed.state,
        })
    }

    /// The processes of a run that was released while it runs.
    fn still_running(&self, released: &Released) -> Vec<Holder> {
        let lease = released.task.lease.as_deref();
        match lease.filter(|lease| lease.tie == LeaseKind::Run) {
            None => Vec::new(),
            Some(lease) => {
                let members = Processes::look().members(&RunScope::of(&lease.id));
                members.into_iter().filter_map(system::holder).collect()
            }
        }
    }
}
