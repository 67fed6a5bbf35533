//! What is known from outside before something is decided: which leases are dead.
//!
//! Only the machine that the work is on can tell. There, a lease is dead when nobody holds its
//! lock and the process noted with it is gone: a lock alone can be closed by mistake (`sudo` and
//! Python's `subprocess` do), an ID alone can be another process's. After a restart of the machine
//! all its leases are dead. What cannot be found out counts as alive; on another machine, until its
//! time is over.

use crate::allocator::{
    Cluster, Facts, Lease, LeaseId, LeaseKind, Process, Task, Timestamp, queue_order,
};
use crate::leases::{LeaseSeen, Notes};
use crate::manager::Manager;
use crate::system::{self, Fate, Here, Processes, RunScope};
use chrono::TimeDelta;
use std::collections::HashSet;
use std::fs::Metadata;

/// A longer queue is not looked at as a whole before each change.
const LONG_QUEUE: usize = 64;
/// How many of a long queue are looked at then: the first in line on this machine.
const FIRST_IN_LINE: usize = 32;
/// A stopped waiter has that long to take what it was granted.
const UNTAKEN_FOR: TimeDelta = TimeDelta::seconds(10);

/// Of which waiters to find out whether they live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Of all.
    All,
    /// Of the first in line; of all if one of those is dead. The others count as alive, until they are
    /// first in line or the housekeeper looks at all.
    First,
}

impl Manager {
    /// What is known about the leases of this cluster at this moment.
    pub(crate) fn facts(&self, cluster: &Cluster, now: Timestamp) -> Facts {
        self.facts_of(cluster, Judged::All, now)
    }

    /// The same, about all tasks and some of those who wait.
    pub(crate) fn facts_of(&self, cluster: &Cluster, judged: Judged, now: Timestamp) -> Facts {
        let mut facts = Facts::at(now);
        if cluster.leases().next().is_some() {
            let here = system::here();
            facts.host = Some(here.host.clone());
            facts.dead.extend(self.dead(cluster.held_leases(), &here));
            facts.dead.extend(self.dead_waiters(cluster, judged, &here));
            let untaken = cluster.tasks().map(|(_, task)| task);
            let untaken = untaken.filter(|task| self.is_untaken(task, &here, now));
            let untaken = untaken.filter_map(|task| Some((task.lease.as_deref()?, task.start)));
            let untaken = untaken.map(|(lease, start)| (lease.id.clone(), start));
            facts.untaken.extend(untaken);
            self.keep_with_members(cluster, &here, &mut facts);
            let tasks = cluster.tasks().map(|(_, task)| task);
            let out_of_sight = tasks.filter(|task| self.is_out_of_sight(task, &here, now));
            let leases = out_of_sight.filter_map(|task| task.lease.as_deref());
            facts.given_up.extend(leases.map(|lease| lease.id.clone()));
        }
        facts
    }

    fn dead<'l>(
        &self,
        leases: impl Iterator<Item = &'l Lease>,
        here: &Here,
    ) -> impl Iterator<Item = LeaseId> {
        leases
            .filter(|lease| self.is_dead(lease, here))
            .map(|lease| lease.id.clone())
    }

    fn dead_waiters(&self, cluster: &Cluster, judged: Judged, here: &Here) -> HashSet<LeaseId> {
        let queue = cluster.queue();
        if judged == Judged::First && queue.len() > LONG_QUEUE {
            let first = queue_order(cluster).map(|waiter| &waiter.lease);
            let first = first.filter(|lease| place(&lease.process, here) != Place::Elsewhere);
            if self.dead(first.take(FIRST_IN_LINE), here).next().is_none() {
                return HashSet::new();
            }
        }
        self.dead(queue.iter().map(|waiter| &waiter.lease), here)
            .collect()
    }

    /// Whether a waiter was granted this task, but is stopped and has not seen that for long.
    fn is_untaken(&self, task: &Task, here: &Here, now: Timestamp) -> bool {
        let Some(lease) = task.lease.as_deref().filter(|_| task.program.is_none()) else {
            return false;
        };
        now - task.start >= UNTAKEN_FOR
            && matches!(lease.tie, LeaseKind::Run | LeaseKind::Claim)
            && place(&lease.process, here) == Place::Here
            && system::is_stopped(&lease.process, here)
            && matches!(
                self.leases.look_at(&lease.id),
                LeaseSeen::Held(Notes {
                    sleeps: true,
                    command: None,
                    ..
                })
            )
    }

    /// No run is dead while a process of it lives, though gpumgr and the command do not, nor anything that
    /// holds the lock. Few look dead, so that processes are seldom looked at.
    fn keep_with_members(&self, cluster: &Cluster, here: &Here, facts: &mut Facts) {
        let looks_dead = |lease: &&Lease| {
            lease.tie == LeaseKind::Run
                && place(&lease.process, here) == Place::Here
                && facts.dead.contains(&lease.id)
        };
        let runs = cluster.held_leases().filter(looks_dead);
        let runs: Vec<_> = runs.collect();
        if runs.is_empty() {
            return;
        }
        let processes = Processes::look();
        let lives = |lease: &&&Lease| self.has_members(cluster, lease, here, &processes);
        let living: Vec<_> = runs.iter().filter(lives).map(|lease| &lease.id).collect();
        facts.dead.retain(|dead| !living.contains(&dead));
    }

    fn has_members(
        &self,
        cluster: &Cluster,
        lease: &Lease,
        here: &Here,
        processes: &Processes,
    ) -> bool {
        let command = match self.leases.look_at(&lease.id) {
            LeaseSeen::Held(notes) | LeaseSeen::Free(notes) => notes.command,
            // Nothing tells of the command any longer.
            LeaseSeen::Missing => return !processes.members(&RunScope::of(&lease.id)).is_empty(),
        };
        let Some((pid, started)) = command else {
            // Nothing was started.
            return false;
        };
        let run = cluster.find_run(&lease.id);
        let is_program = run.is_some_and(|(_, task)| task.program.is_some());
        let led_group = is_program && lease.process.namespace == here.namespace;
        let scope = RunScope {
            leader: Some((pid, started)).filter(|_| led_group),
            is_step: run.is_none(),
            ..RunScope::of(&lease.id)
        };
        !processes.members(&scope).is_empty()
    }

    /// On another machine, a run counts as alive until it ought to have been ended there.
    fn is_out_of_sight(&self, task: &Task, here: &Here, now: Timestamp) -> bool {
        let elsewhere = |lease: &Lease| place(&lease.process, here) == Place::Elsewhere;
        let ends_by = task.ends_by(&self.config.limits);
        task.lease.as_deref().is_some_and(elsewhere) && ends_by.is_some_and(|end| end <= now)
    }

    /// Whether one of these is dead for certain.
    pub(crate) fn any_dead<'l>(&self, mut leases: impl Iterator<Item = &'l Lease>) -> bool {
        let here = system::here();
        leases.any(|lease| self.is_dead(lease, &here))
    }

    fn is_dead(&self, lease: &Lease, here: &Here) -> bool {
        match place(&lease.process, here) {
            Place::Elsewhere => false,
            Place::BeforeRestart => true,
            Place::Here => match lease.tie {
                LeaseKind::Process => system::fate(&lease.process, here) == Fate::Gone,
                LeaseKind::Run | LeaseKind::Claim => self.is_abandoned(lease, here),
            },
        }
    }

    /// gpumgr itself never lets go of the lock while it lives.
    fn is_abandoned(&self, lease: &Lease, here: &Here) -> bool {
        match self.leases.look_at(&lease.id) {
            LeaseSeen::Held(_) => false,
            LeaseSeen::Missing => system::fate(&lease.process, here) == Fate::Gone,
            LeaseSeen::Free(notes) => match command(lease, notes) {
                None => true,
                Some(command) => match system::fate(&command, here) {
                    Fate::Alive => false,
                    Fate::Gone => true,
                    Fate::Hidden => notes.keeps,
                },
            },
        }
    }

    /// Ends the commands whose time is over and whose gpumgr is gone or does nothing about it, as
    /// far as this user may. They have the grace that gpumgr would have given them.
    pub(crate) fn end_overdue(&self, cluster: &Cluster, now: Timestamp) {
        // Whatever the owner said, a later end in the state counts.
        let may_be_overdue = |task: &Task| task.term.is_none_or(|term| term.end <= now);
        let tasks = cluster.tasks().map(|(_, task)| task);
        let runs = tasks.filter_map(|task| Some((task, task.command_lease()?)));
        for (task, lease) in runs.filter(|(task, _)| may_be_overdue(task)) {
            let Some((word, owner)) = self.leases.owners_word(&lease.id) else {
                continue;
            };
            let end = word.end(task.term.map(|term| term.end));
            let Some(end) = end.filter(|end| *end <= now) else {
                continue;
            };
            let here = system::here();
            if place(&lease.process, &here) == Place::Here
                && (system::fate(&lease.process, &here) == Fate::Gone
                    || self.is_neglected(end, now))
            {
                self.end_command(lease, &owner, end, now);
            }
        }
    }

    /// Its gpumgr ought to have ended it long ago, but is stopped, perhaps.
    fn is_neglected(&self, end: Timestamp, now: Timestamp) -> bool {
        let grace = self.config.limits.grace;
        let overdue = now - end;
        overdue - grace >= grace
    }

    fn end_command(&self, lease: &Lease, owner: &Metadata, end: Timestamp, now: Timestamp) {
        let (LeaseSeen::Held(notes) | LeaseSeen::Free(notes)) = self.leases.look_at(&lease.id)
        else {
            return;
        };
        // Before a renewal it was told of an earlier end. The note has whole seconds.
        let told = notes
            .told
            .filter(|told| told.timestamp() >= end.timestamp());
        let too_late = match told {
            None => false,
            Some(told) if now - told >= self.config.limits.grace => true,
            Some(_) => return,
        };
        // Only what carries the run's own mark is ended, and only of the user who made the lease.
        let mut pids = Processes::look().members(&RunScope::of(&lease.id));
        pids.retain(|pid| system::is_of_user(*pid, owner));
        let ended = pids.into_iter().map(|pid| system::end(pid, too_late));
        // All are told, and one that could be shows that this user may.
        if ended.filter(Result::is_ok).count() > 0 && !too_late {
            let _ = self.leases.note_told(&lease.id, now);
        }
    }
}

fn command(lease: &Lease, notes: Notes) -> Option<Process> {
    let (pid, started) = notes.command?;
    Some(Process {
        pid,
        started,
        ..lease.process.clone()
    })
}

/// Where a process is, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine, since its last start.
    Here,
    /// On this machine, before that.
    BeforeRestart,
    /// On another machine, so that nothing can be said from here.
    Elsewhere,
}

pub(crate) fn place(process: &Process, here: &Here) -> Place {
    match (process.boot == here.boot, process.host == here.host) {
        // One start of one machine, whatever its containers call it.
        (true, _) if here.boot.is_some() => Place::Here,
        (true, true) => Place::Here,
        (false, true) if process.boot.is_some() && here.boot.is_some() => Place::BeforeRestart,
        // Windows, which tells no restart, and a Linux inside of it (WSL) have one name.
        (false, true) => Place::Elsewhere,
        (_, false) => Place::Elsewhere,
    }
}
