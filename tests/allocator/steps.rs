//! Invariants of the steps of a run after any history.

use crate::support::*;
use gpumgr::allocator::{
    self, Cluster, Cpus, Demand, Facts, GpuId, Gpus, LeaseId, LeaseKind, Refusal, Step,
    StepRequest, StepState, Task,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeSet;

const GPUS: u32 = 6;
const CPUS: u32 = 9;

#[derive(Clone, Debug)]
enum Operation {
    /// A new step, inside the step of that position or of none, that waits or not.
    Take(Option<usize>, Demand, bool),
    /// The step of that position ends.
    Release(usize),
    /// The steps of these positions are found dead.
    Die(BTreeSet<usize>),
    /// The run ends, and another one begins.
    Again,
}

fn demands() -> impl Strategy<Value = Demand> {
    let gpus = prop_oneof![
        3 => (0_u32..=4).prop_map(Gpus::Count),
        1 => btree_set(0_u16..=6, 0..=2).prop_map(Gpus::These),
    ];
    let cpus = prop_oneof![
        3 => Just(Cpus::PerGpu),
        1 => (1_u32..=10).prop_map(|count| Cpus::exactly(count).unwrap()),
    ];
    (gpus, cpus).prop_map(|(gpus, cpus)| Demand::new(gpus, cpus))
}

fn operations() -> impl Strategy<Value = Operation> {
    let inside = option::weighted(0.4, 0_usize..12);
    prop_oneof![
        12 => (inside, demands(), prop::bool::weighted(0.7))
            .prop_map(|(inside, demand, waits)| Operation::Take(inside, demand, waits)),
        6 => (0_usize..12).prop_map(Operation::Release),
        2 => btree_set(0_usize..12, 0..=4).prop_map(Operation::Die),
        1 => Just(Operation::Again),
    ]
}

/// A server that a run named `outer` has but for one GPU and CPU, and what happens there.
struct Story {
    cluster: Cluster,
    steps: usize,
}

fn run() -> LeaseId {
    "outer".parse().unwrap()
}

impl Story {
    fn begin() -> Self {
        let mut cluster = idle(&[("a", GPUS + 1, CPUS + 1)]);
        let outer = ask_both("outer", GPUS, CPUS).tied_to(Some(lease("outer", LeaseKind::Run)));
        grant(&mut cluster, &outer);
        Self { cluster, steps: 0 }
    }

    fn task(&self) -> &Task {
        self.cluster.find_task(&name("outer")).unwrap().1
    }

    fn lease_of(&self, position: usize) -> Option<LeaseId> {
        let step = self.task().steps.get(position);
        step.map(|step| step.lease.id.clone())
    }

    fn does(&mut self, operation: &Operation) {
        match operation {
            Operation::Take(inside, demand, waits) => {
                let inside = inside.and_then(|position| self.lease_of(position));
                self.takes(inside, demand, *waits);
            }
            Operation::Release(position) => {
                if let Some(id) = self.lease_of(*position) {
                    allocator::release_step(&mut self.cluster, &id).unwrap();
                    assert!(self.task().step(&id).is_none());
                }
                self.settles(&Facts::at(now()));
            }
            Operation::Die(positions) => {
                let dead = positions
                    .iter()
                    .filter_map(|position| self.lease_of(*position));
                let mut facts = Facts::at(now());
                facts.dead = dead.collect();
                self.settles(&facts);
                assert!(facts.dead.iter().all(|id| self.task().step(id).is_none()));
            }
            Operation::Again => {
                release(&mut self.cluster, "outer");
                assert_eq!(self.cluster, idle(&[("a", GPUS + 1, CPUS + 1)]));
                let steps = self.steps;
                *self = Self::begin();
                self.steps = steps;
            }
        }
        self.is_sound();
    }

    fn takes(&mut self, inside: Option<LeaseId>, demand: &Demand, waits: bool) {
        self.steps += 1;
        let lease = lease(&format!("step{}", self.steps), LeaseKind::Run);
        let id = lease.id.clone();
        let before = self.cluster.clone();
        let request = StepRequest {
            run: run(),
            step: inside,
            lease,
            demand: demand.clone(),
            waits,
        };
        match allocator::take_step(&mut self.cluster, request, &any_size(), now()) {
            Ok(Some(grant)) => {
                let step = self.task().step(&id).unwrap();
                assert_eq!((&*grant.gpus, grant.cpus), (step.gpus(), step.cpus()));
                assert_eq!(grant.gpus.len(), demand.gpus.count() as usize);
                let mut others = self.siblings(step);
                assert!(others.all(|other| other.demand().is_none()), "it overtakes");
            }
            Ok(None) => assert!(waits && self.task().step(&id).unwrap().demand().is_some()),
            Err(Refusal::StepsInTheWay(_)) => {
                assert!(!waits);
                assert_eq!(self.cluster, before);
            }
            Err(Refusal::OuterLacks { .. }) => assert_eq!(self.cluster, before),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn settles(&mut self, facts: &Facts) {
        let settled = allocator::advance(&mut self.cluster, facts, &any_size());
        for step in &self.task().steps {
            if settled.steps.contains(&step.lease.id) {
                let mut others = self.task().steps.iter().take_while(|other| *other != step);
                let overtakes =
                    |other: &Step| other.parent == step.parent && other.demand().is_some();
                assert!(!others.any(overtakes), "it overtakes: {settled:?}");
            }
        }
        let again = allocator::advance(&mut self.cluster.clone(), &Facts::at(now()), &any_size());
        assert_eq!(again.steps, [], "it waits though there is room");
    }

    fn siblings<'s>(&'s self, of: &'s Step) -> impl Iterator<Item = &'s Step> {
        let steps = self.task().steps.iter();
        steps.filter(move |step| step.parent == of.parent && *step != of)
    }

    /// Worked out anew: each has what is its parent's and no other's.
    fn is_sound(&self) {
        self.cluster.check().unwrap();
        let task = self.task();
        for step in &task.steps {
            let (gpus, cpus) = match &step.parent {
                None => (&*task.gpus, task.cpus),
                Some(parent) => {
                    let parent = task.step(parent).expect("a parent");
                    (parent.gpus(), parent.cpus())
                }
            };
            let mut taken: Vec<GpuId> = step.gpus().to_vec();
            let mut cores = step.cpus();
            for other in self.siblings(step) {
                taken.extend(other.gpus());
                cores += other.cpus();
            }
            let all: BTreeSet<_> = taken.iter().collect();
            assert_eq!(all.len(), taken.len(), "they overlap: {:?}", task.steps);
            assert!(
                taken.iter().all(|gpu| gpus.contains(gpu)),
                "{:?}",
                task.steps
            );
            assert!(cores <= cpus, "{:?}", task.steps);
            if let StepState::Runs { cpus, .. } = step.state {
                assert!(cpus > 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn steps_never_overlap_leave_the_run_overtake_or_lose_anything(
        operations in vec(operations(), 1..=40)
    ) {
        let mut story = Story::begin();
        for operation in &operations {
            story.does(operation);
        }
        while let Some(id) = story.lease_of(0) {
            allocator::release_step(&mut story.cluster, &id).unwrap();
            story.settles(&Facts::at(now()));
            story.is_sound();
        }
        let free = story.task().free_of(None);
        prop_assert_eq!((free.gpus.len(), free.cpus), (GPUS as usize, CPUS));
        story.does(&Operation::Again);
    }
}
