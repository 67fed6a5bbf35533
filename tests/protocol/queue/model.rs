//! All that can happen, and what must hold whatever does.

use super::{Action, At, Change, Command, PROCESSES, Protocol, Set, State, Task, Then};
use stateright::{Model, Property};

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            at: [At::Start; PROCESSES],
            task: None,
            queue: Vec::new(),
            files: Set::default(),
            locked: Set::default(),
            woken: Set::default(),
            commands: Set::default(),
            drops: self.drops,
            leaves: self.leaves,
            granted_to_dead: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for pid in 0..PROCESSES {
            actions.extend(self.next(state, pid));
            if state.lives(pid) {
                actions.push(Action::Crash(pid, Command::Dies));
                if state.commands.0[pid] {
                    actions.push(Action::Crash(pid, Command::LivesOn));
                }
            } else if state.commands.0[pid] {
                actions.push(Action::CommandEnds(pid));
            }
            if state.at[pid] == At::Waits && state.leaves > 0 {
                actions.push(Action::LookAround(pid, Change::Leave));
                actions.push(Action::LookAround(pid, Change::Interrupt));
            }
        }
        // Of an allocation that outlives the gpumgr that made it.
        let by_hand = |task: &Task| !task.tied && state.at[task.of] == At::Dead;
        if state.task.as_ref().is_some_and(by_hand) {
            actions.push(Action::ReleaseByHand);
        }
        if state.drops > 0 && !state.queue.is_empty() {
            actions.push(Action::V01Drops);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::CreateLease(pid) => {
                state.files.0[pid] = true;
                state.at[pid] = At::LeaseCreated;
            }
            // Somebody who sweeps may have been quicker: then it makes another one.
            Action::LockLease(pid) if !state.files.0[pid] => state.at[pid] = At::Start,
            Action::LockLease(pid) => {
                state.locked.0[pid] = true;
                state.at[pid] = At::LeaseHeld;
            }
            Action::LookAround(pid, change) => {
                if matches!(change, Change::Leave | Change::Interrupt) {
                    state.leaves -= 1;
                }
                state.commands.0[pid] = false;
                state.at[pid] = At::Looked(change, state.dead());
            }
            Action::Change(pid, change) => {
                if let At::Looked(_, dead) = state.at[pid] {
                    state.change(self, pid, change, dead);
                }
            }
            Action::Wake(pid) => {
                if let At::Saved(mut woken, then) = state.at[pid] {
                    match woken.0.iter().position(|woken| *woken) {
                        Some(next) => {
                            woken.0[next] = false;
                            state.woken.0[next] = true;
                            state.at[pid] = At::Saved(woken, then);
                        }
                        None => state.go_on(self, pid, then),
                    }
                }
            }
            Action::Look(pid) => state.go_on(self, pid, Then::Holds),
            Action::EndLease(pid) => {
                state.files.0[pid] = false;
                state.locked.0[pid] = false;
                state.at[pid] = At::Done;
            }
            Action::Crash(pid, command) => {
                state.at[pid] = At::Dead;
                state.commands.0[pid] &= command == Command::LivesOn;
                state.locked.0[pid] = state.commands.0[pid] && self.lock_is_inherited;
            }
            Action::CommandEnds(pid) => {
                state.commands.0[pid] = false;
                state.locked.0[pid] = false;
            }
            Action::ReleaseByHand => {
                state.task = None;
                let dead = state.dead();
                state.settle(self, dead);
            }
            Action::V01Drops => {
                state.queue.clear();
                state.drops -= 1;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no GPU is granted twice", |_, state: &State| {
                (0..PROCESSES).filter(|pid| state.is_using(*pid)).count() <= 1
            }),
            Property::always(
                "what somebody uses is recorded as theirs",
                |_, state: &State| {
                    let is_recorded = |pid| state.task.is_some_and(|task| task.of == pid);
                    (0..PROCESSES).all(|pid| !state.is_using(pid) || is_recorded(pid))
                },
            ),
            Property::always(
                "nothing is granted to one who is known to be gone",
                |_, state: &State| !state.granted_to_dead,
            ),
            Property::always(
                "the lease file of one who lives is there",
                |_, state: &State| {
                    (0..PROCESSES).all(|pid| !state.locked.0[pid] || state.files.0[pid])
                },
            ),
            Property::always("nobody is stuck", |model: &Self, state: &State| {
                let mut pids = 0..PROCESSES;
                let lives = pids.clone().any(|pid| state.lives(pid));
                let goes = pids.any(|pid| {
                    model.next(state, pid).is_some() || !state.lives(pid) && state.commands.0[pid]
                });
                let by_hand = state
                    .task
                    .is_some_and(|task| !task.tied && state.at[task.of] == At::Dead);
                !lives || goes || by_hand
            }),
            Property::sometimes(
                "all three end, though one left and one was dropped",
                |model: &Self, state: &State| {
                    state.leaves < model.leaves
                        && state.drops == 0
                        && state.at == [At::Done; PROCESSES]
                },
            ),
        ]
    }
}
