//! The protocol by which processes share a state file, as a model that is gone through exhaustively:
//! three processes, each step in every order, with a crash after each.
//!
//! [`lock`] is how a change is made; it shows that changes come one after the other, whole or not at
//! all. So [`queue`], which is how one who waits gets its turn, takes each change as one step. Both can
//! fail: each has variants that leave out what the real one does, and a test that it is missed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and these say how many states there are"
)]

mod lock;
mod queue;

use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};
use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// Goes through all states; returns the names of the properties that do not hold.
fn broken<M>(what: &str, model: M) -> Vec<&'static str>
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Clone + Debug + Send + Sync + Eq,
    M::Action: Clone + Debug + Send + Sync + PartialEq,
{
    assert!(ends(&model), "{what}");
    let properties = model.properties();
    let checker = model.checker().spawn_bfs().join();
    println!("{what}: {} states", checker.unique_state_count());
    let found = checker.discoveries();
    let is_broken = |property: &Property<M>| {
        let is_found = found.contains_key(property.name);
        is_found != (property.expectation == Expectation::Sometimes)
    };
    let broken = properties.into_iter().filter(is_broken);
    let broken: Vec<_> = broken.map(|property| property.name).collect();
    for name in &broken {
        let path = found.get(name).cloned().map(|path| path.into_actions());
        println!("not \"{name}\": {path:#?}");
    }
    broken
}

/// The same, only until one is found that does not hold.
fn breaks<M>(model: M) -> Vec<&'static str>
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Clone + Debug + Send + Sync + PartialEq,
    M::Action: Clone + Debug + Send + Sync + PartialEq,
{
    let is_always = |property: &Property<M>| property.expectation == Expectation::Always;
    let always = model.properties().into_iter().filter(is_always);
    let always: Vec<_> = always.map(|property| property.name).collect();
    let checker = model.checker().finish_when(HasDiscoveries::AnyFailures);
    let found = checker.spawn_bfs().join().discoveries();
    always
        .into_iter()
        .filter(|name| found.contains_key(name))
        .collect()
}

/// Whether no state comes back. Then nobody waits for ever who is not stuck at some end.
fn ends<M>(model: &M) -> bool
where
    M: Model,
    M::State: Hash + Clone + Eq,
{
    let mut entries: HashMap<M::State, usize> = HashMap::new();
    let mut found: VecDeque<_> = model.init_states().into();
    entries.extend(found.iter().map(|state| (state.clone(), 0)));
    while let Some(state) = found.pop_front() {
        for next in model.next_states(&state) {
            let count = entries.entry(next.clone()).or_insert_with(|| {
                found.push_back(next);
                0
            });
            *count += 1;
        }
    }
    let all = entries.len();
    let mut ready: Vec<_> = model.init_states();
    let mut left = 0;
    while let Some(state) = ready.pop() {
        left += 1;
        for next in model.next_states(&state) {
            let count = entries.get_mut(&next).unwrap();
            *count -= 1;
            if *count == 0 {
                ready.push(next);
            }
        }
    }
    left == all
}
