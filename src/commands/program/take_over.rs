//! Programs whose supervisor was killed go on, and get another one.

use super::hand_over::Handed;
use crate::allocator::{Cluster, LeaseId, Name, Task};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{Began, Started};
use crate::store::{LeaseSeen, Notes};
use crate::system::{self, Fate, Here};

/// Whether the task's program is one of this machine, and nobody looks after it.
pub(crate) fn runs_unattended(task: &Task, here: &Here) -> bool {
    let lease = task.lease.as_deref().filter(|_| task.program.is_some());
    lease.is_some_and(|lease| {
        lease.process.host == here.host
            && lease.process.boot == here.boot
            && system::fate(&lease.process, here) == Fate::Gone
    })
}

impl Manager {
    /// The tasks of this machine whose programs nobody looks after.
    pub(crate) fn unattended(&self, cluster: &Cluster) -> Vec<Name> {
        let tasks = cluster.tasks().map(|(_, task)| task);
        let mut programs = tasks.filter(|task| task.program.is_some()).peekable();
        if programs.peek().is_none() {
            return Vec::new();
        }
        let here = system::here();
        let unattended = programs.filter(|task| runs_unattended(task, &here));
        unattended.map(|task| task.id.clone()).collect()
    }

    /// Whether the program under that lease is this user's own: whoever takes it over may have to start it
    /// anew, which is nobody else's to do, by force neither.
    pub(crate) fn is_own_program(&self, lease: &LeaseId) -> bool {
        let command = self.notes_of(lease).command;
        let user = command.and_then(|(pid, _)| system::holder(pid)?.user);
        user.is_some() && user == self.user()
    }

    fn notes_of(&self, lease: &LeaseId) -> Notes {
        match self.store.look_at_lease(lease) {
            LeaseSeen::Held(notes) | LeaseSeen::Free(notes) => notes,
            LeaseSeen::Missing => Notes::default(),
        }
    }

    /// Gives a program that goes on without a supervisor a new one.
    pub(crate) fn take_over(&self, task: Name, lease: LeaseId) -> Result<Started, Error> {
        self.check_trust()?;
        let notes = self.notes_of(&lease);
        // Without a note it was never begun.
        let held = match notes.command {
            Some(command) => self.store.hold_lease_after(&lease, command)?,
            None => self.store.hold_lease()?,
        };
        let (attached, supervisor) = self.hand_over(Handed {
            task,
            held,
            from: Some(lease),
            runs: notes.command,
            found: false,
        })?;
        supervisor.leave();
        let event = Event::new(Deed::TakeOver, now()).granting(&attached.value);
        self.note(vec![Event {
            pid: notes.command.map(|(pid, _)| pid),
            ..event
        }]);
        let pid = notes.command.map_or(0, |(pid, _)| pid);
        Ok(self.started(attached, Began::TakenOver { pid }))
    }
}
