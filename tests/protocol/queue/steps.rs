//! Who can do what next, and what that does.

use super::{Action, At, Change, PROCESSES, Pid, Protocol, Set, State, Task, Then};

impl State {
    pub(super) fn lives(&self, pid: Pid) -> bool {
        !matches!(self.at[pid], At::Dead | At::Done)
    }

    pub(super) fn granted(&self, pid: Pid) -> bool {
        self.task.is_some_and(|task| task.of == pid && task.tied)
    }

    /// Those of the leases in the state that are dead.
    pub(super) fn dead(&self) -> Set {
        let tied = self.task.filter(|task| task.tied).map(|task| task.of);
        let mut dead = Set::default();
        for pid in self.queue.iter().copied().chain(tied) {
            dead.0[pid] = !self.locked.0[pid] && !self.lives(pid);
        }
        dead
    }

    /// Frees what is over, drops who waits no longer, grants the first in line.
    pub(super) fn settle(&mut self, model: &Protocol, dead: Set) -> Set {
        let is_over = |task: &Task| task.tied && dead.0[task.of];
        if model.sweeps_tasks && self.task.as_ref().is_some_and(is_over) {
            self.task = None;
        }
        if model.sweeps_waiters {
            self.queue.retain(|pid| !dead.0[*pid]);
        }
        self.decide(dead)
    }

    pub(super) fn decide(&mut self, dead: Set) -> Set {
        let mut granted = Set::default();
        if self.task.is_none() && !self.queue.is_empty() {
            let of = self.queue.remove(0);
            self.task = Some(Task { of, tied: true });
            self.granted_to_dead |= dead.0[of];
            granted.0[of] = true;
        }
        granted
    }

    pub(super) fn enqueue(&mut self, pid: Pid) {
        self.queue.push(pid);
        self.queue.sort_unstable();
    }

    /// Lease files that the state does not name, and nobody holds.
    pub(super) fn sweep_leases(&mut self) {
        for pid in 0..PROCESSES {
            let named = self.queue.contains(&pid) || self.granted(pid);
            self.files.0[pid] &= named || self.locked.0[pid];
        }
    }

    pub(super) fn claim(&mut self, model: &Protocol, pid: Pid) {
        let tied = pid < model.runs;
        self.task = Some(Task { of: pid, tied });
    }

    pub(super) fn change(&mut self, model: &Protocol, pid: Pid, change: Change, dead: Set) {
        let before = self.clone();
        let first = match change {
            Change::Interrupt | Change::GiveBack => Set::default(),
            _ => self.settle(model, dead),
        };
        let then = match change {
            Change::Join => {
                if self.granted(pid) {
                    self.task = None;
                }
                self.enqueue(pid);
                let granted = self.decide(dead);
                match granted.0[pid] {
                    true => {
                        self.claim(model, pid);
                        Then::Holds
                    }
                    false => Then::Waits,
                }
            }
            Change::Settle => Then::Waits,
            Change::Take if self.granted(pid) => {
                self.claim(model, pid);
                Then::Holds
            }
            // It was lost, so it looks again.
            Change::Take => Then::Waits,
            Change::Leave => {
                self.queue.retain(|other| *other != pid);
                match self.granted(pid) {
                    true => {
                        self.claim(model, pid);
                        Then::Holds
                    }
                    false => Then::Ends,
                }
            }
            Change::Interrupt => {
                self.queue.retain(|other| *other != pid);
                if self.granted(pid) {
                    self.task = None;
                }
                Then::Ends
            }
            Change::GiveBack => {
                if self.task.is_some_and(|task| task.of == pid) {
                    self.task = None;
                }
                Then::Ends
            }
        };
        let second = self.settle(model, dead);
        let mut woken = Set::default();
        for other in 0..PROCESSES {
            woken.0[other] = first.0[other] || second.0[other];
        }
        if self.task != before.task || self.queue != before.queue {
            self.sweep_leases();
        }
        self.at[pid] = At::Saved(woken, then);
    }

    /// Whether a change by nobody would change something.
    pub(super) fn is_due(&self, model: &Protocol) -> bool {
        let mut settled = self.clone();
        settled.settle(model, self.dead());
        settled.task != self.task || settled.queue != self.queue
    }

    pub(super) fn is_using(&self, pid: Pid) -> bool {
        self.at[pid] == At::Holds || self.commands.0[pid]
    }
}

impl Protocol {
    pub(super) fn is_run(&self, pid: Pid) -> bool {
        pid < self.runs
    }

    /// What that process can do next by itself, but for leaving.
    pub(super) fn next(&self, state: &State, pid: Pid) -> Option<Action> {
        match state.at[pid] {
            At::Start => Some(Action::CreateLease(pid)),
            At::LeaseCreated => Some(Action::LockLease(pid)),
            At::LeaseHeld => Some(Action::LookAround(pid, Change::Join)),
            At::Looked(change, _) => Some(Action::Change(pid, change)),
            At::Saved(..) => Some(Action::Wake(pid)),
            At::Waits => self.looked(state, pid),
            At::Holds => Some(Action::LookAround(pid, Change::GiveBack)),
            At::Ended => Some(Action::EndLease(pid)),
            At::Done | At::Dead => None,
        }
    }

    pub(super) fn looked(&self, state: &State, pid: Pid) -> Option<Action> {
        let sees = state.woken.0[pid] || self.looks_by_itself;
        if state.granted(pid) {
            return sees.then_some(match self.is_run(pid) {
                true => Action::Look(pid),
                false => Action::LookAround(pid, Change::Take),
            });
        }
        if !state.queue.contains(&pid) {
            return self
                .joins_again
                .then_some(Action::LookAround(pid, Change::Join));
        }
        let is_due = self.looks_after_others && state.is_due(self);
        is_due.then_some(Action::LookAround(pid, Change::Settle))
    }
}

impl State {
    pub(super) fn go_on(&mut self, model: &Protocol, pid: Pid, then: Then) {
        self.woken.0[pid] = false;
        self.at[pid] = match then {
            Then::Waits => At::Waits,
            Then::Holds => {
                self.commands.0[pid] = model.is_run(pid);
                At::Holds
            }
            Then::Ends => At::Ended,
        };
    }
}
