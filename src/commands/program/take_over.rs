//! Programs whose supervisor was killed go on, and get another one.

use super::hand_over::Handed;
use crate::allocator::{Cluster, Lease, LeaseId, Name, Process, Refusal, Task};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::leases::LeaseSeen;
use crate::manager::{Manager, now};
use crate::outcome::{Began, Started};
use crate::system::{self, Fate, Here};
use crate::variables;
use std::fs::File;

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
        let program = self.program_of(lease);
        let user = program.and_then(|(pid, _)| system::holder(pid)?.user);
        user.is_some() && self.user().is_ok_and(|own| own == user)
    }

    /// Whether the program under that lease has ended, and only what it started goes on.
    pub(crate) fn is_headless(&self, lease: &Lease) -> bool {
        let (LeaseSeen::Held(notes) | LeaseSeen::Free(notes)) = self.leases.look_at(&lease.id)
        else {
            return false;
        };
        notes.command.is_some_and(|(pid, started)| {
            let program = Process {
                pid,
                started,
                ..lease.process.clone()
            };
            system::fate(&program, &system::here()) == Fate::Gone
        })
    }

    /// The program that is noted under that lease, and when it started. Anybody who shares the folder
    /// could have written the note; nobody can give another's process a variable, or have it open the
    /// lease.
    pub(super) fn program_of(&self, lease: &LeaseId) -> Option<(u32, u64)> {
        let (LeaseSeen::Held(notes) | LeaseSeen::Free(notes)) = self.leases.look_at(lease) else {
            return None;
        };
        let (pid, started) = notes.command?;
        let run = system::variable(pid, variables::RUN).flatten();
        let run = run.and_then(|run| run.parse().ok());
        let is_its_run = run.is_some_and(|run| lease.continues(&run));
        let holds = |file: File| system::has_open(pid, &file);
        let holds = || self.leases.open(lease).is_some_and(holds);
        (is_its_run || holds()).then_some((pid, started))
    }

    /// Gives a program that goes on without a supervisor a new one.
    pub(crate) fn take_over(&self, task: Name, lease: LeaseId) -> Result<Started, Error> {
        self.check_trust()?;
        let Some(program) = self.program_of(&lease) else {
            return Err(Refusal::Occupied { task }.into());
        };
        let log = self.own_log(&task)?.path;
        let held = self.leases.hold_after(&lease, program)?;
        let (attached, supervisor) = self.hand_over(Handed {
            task,
            held,
            from: Some(lease),
            runs: Some(program),
            found: false,
        })?;
        supervisor.leave();
        let (pid, _) = program;
        let event = Event::new(Deed::TakeOver, now()).granting(&attached.value);
        self.note(vec![Event {
            pid: Some(pid),
            ..event
        }]);
        Ok(Self::started(attached, Began::TakenOver { pid }, log))
    }
}
