//! `--stop-program`: ends a program, and with it the task.

use super::instance::found;
use super::take_over::runs_unattended;
use crate::allocator::{
    Expired, LeaseId, Name, Process, Released, Task, find_by_name, note_end, note_room,
    release_lease, stop_program,
};
use crate::commands::change::{Changed, Grants};
use crate::commands::ending::Ending;
use crate::error::Error;
use crate::journal::{Deed, Event, How};
use crate::manager::{Manager, now};
use crate::outcome::{GivenBack, StateFile};
use crate::progress::Progress;
use crate::store::IfAbsent;
use crate::system::{self, Processes, RunScope};
use std::thread;
use std::time::{Duration, Instant};

/// How much longer than its grace a program may take to be gone.
const SLACK: Duration = Duration::from_secs(10);
/// Whoever waits for longer than that is told for what.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Manager {
    /// Ends the program of a task, and returns once what it held is given back.
    ///
    /// # Errors
    /// There is no such task, it is another user's, it has no program, or that has not ended in time.
    pub(crate) fn stop_program(&self, task: &Name) -> Result<GivenBack, Error> {
        let told = self.tell_to_stop(task, How::Stopped)?;
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
        how: How,
    ) -> Result<Changed<Released>, Error> {
        let (name, actor) = (task.clone(), self.actor()?);
        let prefix = self.config.task_prefix.clone();
        let told = self.change_first(
            move |cluster, _| {
                let name = find_by_name(cluster, &name, prefix.as_deref());
                let told = stop_program(cluster, &name, &actor)?;
                note_room(cluster, &name, how == How::MakesRoom);
                Ok(told)
            },
            move |told, now| {
                let event = Event::new(Deed::Stop, now).holding(&told.task, &told.server_name);
                vec![event.so(how)]
            },
        )?;
        self.tell_supervisor(&told.value.task)?;
        Ok(told)
    }

    /// Tells the supervisor, which ends its program by its owner's word and not by the state.
    fn tell_supervisor(&self, task: &Task) -> Result<(), Error> {
        let Some(lease) = task.command_lease() else {
            return Ok(());
        };
        let told = self.leases.tell_to_stop(&lease.id);
        told.map_err(|error| self.leases.error(&lease.id, error))?;
        self.leases.wake(&lease.id);
        Ok(())
    }

    /// Sees to it that the program which was told to end does; what was freed besides.
    fn end_program(&self, task: &Task) -> Result<Vec<Expired>, Error> {
        let grace = self.grace();
        let began = Instant::now();
        let give_up = began + grace.saturating_add(SLACK);
        let mut told = false;
        let mut lease = task.lease.clone();
        while let Some(held) = self.still_held(task) {
            if held.lease != lease {
                // Another supervisor has taken it over meanwhile.
                self.tell_supervisor(&held)?;
                lease = held.lease.clone();
            }
            if runs_unattended(&held, &system::here()) {
                return self.end_unattended(&held, How::Stopped);
            }
            if Instant::now() >= give_up {
                return Err(Error::StillRuns {
                    task: task.id.clone(),
                });
            }
            if !told && began.elapsed() >= PATIENCE {
                told = true;
                self.tell(&Progress::ToldToEnd {
                    task: &task.id,
                    grace: self.config.limits.grace.num_seconds(),
                });
            }
            thread::sleep(LOOK_AGAIN);
        }
        // The supervisor logs the end before it gives the lock back.
        let _ = self.change(IfAbsent::Fail, Grants::None, |_, _| Ok(()));
        Ok(Vec::new())
    }

    /// Ends what is left of a program that nobody looks after, and gives back what it held; what was freed
    /// besides.
    pub(in crate::commands) fn end_unattended(
        &self,
        task: &Task,
        how: How,
    ) -> Result<Vec<Expired>, Error> {
        let Some(lease) = task.lease.as_deref() else {
            return Ok(Vec::new());
        };
        let program = self.program_of(&lease.id).map(|(pid, started)| Process {
            pid,
            started,
            ..lease.process.clone()
        });
        let scope = match &program {
            Some(program) => found(program, &lease.id),
            None => RunScope::of(&lease.id),
        };
        if !end_all(&scope, self.grace()) || !self.is_over(&lease.id) {
            // Whose it is may end it; until then it is on these GPUs.
            return Err(Error::StillRuns {
                task: task.id.clone(),
            });
        }
        let id = lease.id.clone();
        let given_back = self.change_first(
            move |cluster, facts| {
                let released = release_lease(cluster, &id)?;
                if let Some(end) = how.recorded() {
                    note_end(cluster, &released.task, end, facts.now);
                }
                Ok(released)
            },
            move |released, now| vec![Event::new(Deed::End, now).giving_back(released).so(how)],
        );
        match given_back {
            Ok(left) => Ok(left.state.freed),
            Err(error) if Self::is_lost(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether the lease is dead, or another gpumgr has given back what was held under it. A state that
    /// cannot be read says nothing.
    fn is_over(&self, lease: &LeaseId) -> bool {
        self.store.snapshot().is_some_and(|seen| {
            let cluster = seen.cluster();
            let is_held = cluster.leases().any(|held| held.id.continues(lease));
            !is_held || self.facts(cluster, now()).dead.contains(lease)
        })
    }

    /// The task, if it holds what it held under that lease, or one that goes on from it. What cannot be
    /// read says nothing.
    fn still_held(&self, task: &Task) -> Option<Task> {
        let Some(seen) = self.store.snapshot() else {
            return Some(task.clone());
        };
        let cluster = seen.cluster();
        let (_, held) = cluster.find_task(&task.id)?;
        let (current, then) = (held.lease.as_deref()?, task.lease.as_deref()?);
        // What ended with its supervisor is freed by whoever acts next.
        let is_over = || held.over(&self.facts(cluster, now())).is_some();
        (current.id.continues(&then.id) && !is_over()).then(|| held.clone())
    }
}

/// Ends all that belongs to that run. False if some of it cannot be ended.
fn end_all(run: &RunScope<'_>, grace: Duration) -> bool {
    let mut ending = Ending::after(grace);
    loop {
        let living = Processes::look().members(run);
        if living.is_empty() {
            return true;
        }
        ending.advance(&living);
        if ending.is_stuck() {
            return false;
        }
        thread::sleep(ending.pause());
    }
}
