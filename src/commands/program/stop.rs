//! `--stop-program`: ends a program, and with it the task.

use super::instance::Instance;
use super::take_over::runs_unattended;
use crate::allocator::{Name, Process, Released, Task, release_lease, stop_program};
use crate::commands::change::{Changed, Grants};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{GivenBack, StateFile};
use crate::store::{IfAbsent, LeaseSeen};
use crate::system;
use std::thread;
use std::time::{Duration, Instant};

/// How much longer than its grace a program may take to be gone.
const SLACK: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Manager {
    /// Ends the program of a task, and returns once what it held is given back.
    ///
    /// # Errors
    /// There is no such task, it is another user's, it has no program, or that has not ended in time.
    pub(crate) fn stop_program(&self, task: &Name) -> Result<GivenBack, Error> {
        let told = self.tell_to_stop(task, None)?;
        let released = told.value;
        let over = self.end_program(&released.task)?;
        Ok(GivenBack {
            released,
            state: StateFile {
                freed: over.into_iter().chain(told.state.freed).collect(),
                ..told.state
            },
            running: Vec::new(),
        })
    }

    /// Tells the program of a task to end, and returns at once.
    pub(in crate::commands) fn tell_to_stop(
        &self,
        task: &Name,
        why: Option<&str>,
    ) -> Result<Changed<Released>, Error> {
        let (name, actor) = (task.clone(), self.actor());
        let told = self.change(IfAbsent::Fail, Grants::None, move |cluster, _| {
            let task = stop_program(cluster, &name, &actor)?;
            let place = cluster.find_task(&name).map_or(0, |(index, _)| index);
            Ok(Released {
                server_name: cluster.servers()[place].name.clone(),
                server_id: place,
                task,
            })
        })?;
        let Released {
            task, server_name, ..
        } = &told.value;
        let event = Event::new(Deed::Stop, now()).holding(task, server_name);
        self.note(vec![Event {
            why: why.map(str::to_owned),
            ..event
        }]);
        if let Some(lease) = task.lease.as_deref() {
            self.store.wake(&lease.id);
        }
        Ok(told)
    }

    /// Sees to it that the program which was told to end does.
    fn end_program(&self, task: &Task) -> Result<Vec<crate::allocator::Freed>, Error> {
        let Some(lease) = task.lease.as_deref() else {
            return Ok(Vec::new());
        };
        let grace = self.config.limits.grace.to_std().unwrap_or_default();
        if runs_unattended(task, &system::here()) {
            let notes = match self.store.look_at_lease(&lease.id) {
                LeaseSeen::Held(notes) | LeaseSeen::Free(notes) => notes.command,
                LeaseSeen::Missing => None,
            };
            if let Some((pid, started)) = notes {
                self.end_unattended(&lease.process, pid, started, grace);
            }
            let id = lease.id.clone();
            let left = self.change_first(move |cluster, _| release_lease(cluster, &id));
            return match left {
                Ok(left) => Ok(left.state.freed),
                Err(error) if Self::is_lost(&error) => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let give_up = Instant::now() + grace.saturating_add(SLACK);
        while self.is_held(task) {
            if Instant::now() >= give_up {
                return Err(Error::StillRuns {
                    task: task.id.clone(),
                });
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(Vec::new())
    }

    /// Nobody else does it.
    fn end_unattended(&self, supervisor: &Process, pid: u32, started: u64, grace: Duration) {
        let program = Instance::Found(Process {
            pid,
            started,
            ..supervisor.clone()
        });
        let until = |give_up: Instant| {
            while program.ended().is_none() && Instant::now() < give_up {
                thread::sleep(LOOK_AGAIN);
            }
        };
        if program.ended().is_none() {
            program.end(false);
            until(Instant::now() + grace);
        }
        if program.ended().is_none() {
            program.end(true);
            until(Instant::now() + SLACK);
        }
        program.clear(grace);
    }

    /// Whether the task holds what it held under that lease, or one that goes on from it.
    fn is_held(&self, task: &Task) -> bool {
        let Some(seen) = self.store.look() else {
            // What cannot be read says nothing.
            return true;
        };
        let goes_on = |held: &Task| match (held.lease.as_deref(), task.lease.as_deref()) {
            (Some(now), Some(then)) => now.id.continues(&then.id),
            _ => false,
        };
        let held = seen.cluster().find_task(&task.id);
        held.is_some_and(|(_, held)| goes_on(held) && !self.has_died(held, seen.cluster()))
    }

    /// Whether it ended with its supervisor, and is about to be freed by whoever acts next.
    fn has_died(&self, task: &Task, cluster: &crate::allocator::Cluster) -> bool {
        task.over(&self.facts(cluster, now())).is_some()
    }
}
