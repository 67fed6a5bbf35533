//! All that can happen, and what must hold whatever does.

use super::{Action, At, Deletes, PROCESSES, Pid, Protocol, State};
use stateright::{Model, Property};

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            at: [At::Start; PROCESSES],
            folder: None,
            named: None,
            files: Vec::new(),
            state: Some([None; PROCESSES]),
            temps: [None; PROCESSES],
            told: [None; PROCESSES],
            deletions: if self.deletes == Deletes::Never { 0 } else { 2 },
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for pid in 0..PROCESSES {
            actions.extend(self.step(state, pid).map(|step| Action::Go(pid, step)));
            let ended = matches!(
                state.at[pid],
                At::Done | At::Refused | At::Failed | At::Dead
            );
            if !ended && (self.v01_crashes || !self.is_v01(pid)) {
                actions.push(Action::Crash(pid));
            }
        }
        if self.may_delete(state) {
            actions.push(Action::Delete);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Go(pid, _) => self.go(&mut state, pid),
            Action::Crash(pid) => {
                state.let_go(pid);
                state.at[pid] = At::Dead;
            }
            Action::Delete => {
                state.named = None;
                state.deletions -= 1;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "no two gpumgr change it at once",
                |model: &Self, state: &State| state.changing(|pid| !model.is_v01(pid)) <= 1,
            ),
            Property::always("nobody else changes it, either", |_, state: &State| {
                state.changing(|_| true) <= 1
            }),
            Property::always("no change is lost", |_, state: &State| {
                let stands = |pid: Pid| {
                    state.told[pid]
                        .is_none_or(|gpu| state.state.is_none_or(|gpus| gpus[gpu] == Some(pid)))
                };
                (0..PROCESSES).all(stands)
            }),
            Property::always("no GPU is granted twice", |_, state: &State| {
                let mut told: Vec<_> = state.told.iter().flatten().collect();
                told.sort();
                told.windows(2).all(|two| two[0] != two[1])
            }),
            Property::always("the file is whole", |model: &Self, state: &State| {
                let writes = |at: &At| matches!(at, At::V01Emptied(..));
                state.state.is_some() || model.v01 > 0 && state.at.iter().any(writes)
            }),
            Property::always(
                "nothing is recorded that nobody was told",
                |_, state: &State| {
                    let knows = |pid: Pid| {
                        let at = state.at[pid];
                        state.told[pid].is_some()
                            || matches!(
                                at,
                                At::Dead | At::Renamed(..) | At::FileReleased(_) | At::V01Wrote(..)
                            )
                    };
                    let recorded = state.state.iter().flatten().flatten();
                    recorded.into_iter().all(|pid| knows(*pid))
                },
            ),
            Property::always(
                "no temporary file is swept that is in use",
                |_, state: &State| !state.at.contains(&At::Failed),
            ),
            Property::always(
                "whoever saves leaves no litter of the dead",
                |_, state: &State| {
                    let mut swept = state.at.iter().filter(|at| matches!(at, At::Swept(..)));
                    let is_alone = state.changing(|_| true) == 1;
                    !is_alone || swept.all(|_| state.temps.iter().all(Option::is_none))
                },
            ),
            Property::sometimes("all three are done", |_, state: &State| {
                state.at == [At::Done; PROCESSES]
            }),
            Property::always("nobody is stuck", |model: &Self, state: &State| {
                let mut going = (0..PROCESSES).filter(|pid| {
                    !matches!(
                        state.at[*pid],
                        At::Done | At::Refused | At::Failed | At::Dead
                    )
                });
                let can_go = (0..PROCESSES).any(|pid| model.step(state, pid).is_some());
                can_go || going.next().is_none()
            }),
        ]
    }
}
