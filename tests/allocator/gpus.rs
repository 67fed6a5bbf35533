//! Whatever is seen of GPUs and asked for: what is granted was free in fact, and of that kind.

use crate::examples::gpus::{device, occupant, sample, seen};
use crate::support::{any_size, at, name, release, waiting};
use gpumgr::allocator::{
    self, Cards, Cluster, ClusterSpec, Cpus, Device, GpuKind, Gpus, Grant, PerGpu, Request, Sample,
    ServerSpec, Unreadable, advance, apply_sample,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;

const GPUS: u16 = 6;

/// What may be seen of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Free,
    Busy,
    Draining,
    Unknown,
    Swapped,
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Gpus, Option<bool>),
    Wait(Gpus, Option<bool>),
    Release(Index),
    Look(Vec<Sight>, bool),
}

fn sights() -> impl Strategy<Value = Vec<Sight>> {
    let sight = prop_oneof![
        4 => Just(Sight::Free),
        1 => Just(Sight::Busy),
        1 => Just(Sight::Draining),
        1 => Just(Sight::Unknown),
        1 => Just(Sight::Swapped),
    ];
    vec(sight, usize::from(GPUS))
}

fn gpus() -> impl Strategy<Value = Gpus> {
    prop_oneof![
        3 => (0..=u32::from(GPUS)).prop_map(Gpus::Count),
        1 => btree_set(0..GPUS, 1..4).prop_map(Gpus::These),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let kind = || proptest::option::of(any::<bool>());
    prop_oneof![
        3 => (gpus(), kind()).prop_map(|(gpus, kind)| Step::Ask(gpus, kind)),
        3 => (gpus(), kind()).prop_map(|(gpus, kind)| Step::Wait(gpus, kind)),
        3 => any::<Index>().prop_map(Step::Release),
        3 => (sights(), any::<bool>()).prop_map(|(sights, trust)| Step::Look(sights, trust)),
    ]
}

/// GPUs with an odd ID are of another model.
fn model(gpu: u16) -> String {
    if gpu.is_multiple_of(2) { "even" } else { "odd" }.to_owned()
}

fn cluster() -> Cluster {
    let cards = Cards {
        models: Some(PerGpu::List((0..GPUS).map(model).collect())),
        memory: None,
        uuids: (0..GPUS).map(|gpu| gpu.to_string()).collect(),
    };
    let server = ServerSpec {
        name: name("s"),
        gpus: GPUS.into(),
        cpus: 64,
        drain: false,
        host: Some("here".to_owned()),
        cards,
    };
    Cluster::fresh(&ClusterSpec::new(vec![server]).unwrap())
}

fn seen_as(sights: &[Sight], trust: bool) -> Sample {
    let device = |(gpu, sight): (usize, &Sight)| {
        let mut device = device(&gpu.to_string());
        match sight {
            Sight::Free => {}
            Sight::Busy => device.processes = Ok(vec![occupant(7)]),
            Sight::Draining => set_used(&mut device, 1 << 40),
            Sight::Unknown => device.processes = Err(Unreadable::Late),
            Sight::Swapped => device.uuid = Ok("other".to_owned()),
        }
        device
    };
    Sample {
        trust_bookkeeping: trust,
        ..sample(sights.iter().enumerate().map(device).collect())
    }
}

fn set_used(device: &mut Device, bytes: u64) {
    if let Ok(memory) = &mut device.memory {
        memory.used = bytes;
    }
}

struct World {
    cluster: Cluster,
    sights: Vec<Sight>,
    trust: bool,
    asked: Vec<(String, Gpus, Option<bool>)>,
    born: i64,
}

impl World {
    fn request(&mut self, gpus: Gpus, odd: Option<bool>) -> Request {
        self.born += 1;
        let task = format!("t{}", self.born);
        self.asked.push((task.clone(), gpus.clone(), odd));
        let kind = GpuKind {
            model: odd.map(|odd| if odd { "ODD" } else { "Even" }.to_owned()),
            memory: None,
        };
        Request::new(name(&task), gpus, Cpus::exactly(1).unwrap()).on(kind)
    }

    fn first_task(&self) -> Option<String> {
        let first = self.cluster.tasks().next();
        first.map(|(_, task)| task.id.to_string())
    }

    fn advance(&mut self) {
        let facts = seen(self.born, seen_as(&self.sights, self.trust));
        for (_, grant) in advance(&mut self.cluster, &facts, &any_size()).granted {
            self.check(&grant);
        }
    }

    fn check(&self, grant: &Grant) {
        let mut asked = self.asked.iter();
        let asked = asked.find(|(task, ..)| *task == grant.task.as_str());
        let (_, gpus, odd) = asked.unwrap();
        match gpus {
            Gpus::Count(count) => assert_eq!(grant.gpus.len(), *count as usize),
            Gpus::These(ids) => assert!(grant.gpus.iter().eq(ids)),
        }
        for gpu in &grant.gpus {
            let sight = self.sights[usize::from(*gpu)];
            let may = sight == Sight::Free || sight == Sight::Unknown && self.trust;
            assert!(may, "GPU {gpu} is {sight:?}");
            assert!(odd.is_none_or(|odd| odd == (gpu % 2 == 1)), "GPU {gpu}");
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Ask(gpus, odd) => {
                let request = self.request(gpus.clone(), *odd);
                self.advance();
                let now = at(self.born);
                let granted = allocator::allocate(&mut self.cluster, &request, &any_size(), now);
                granted.iter().for_each(|grant| self.check(grant));
            }
            Step::Wait(gpus, odd) => {
                let request = self.request(gpus.clone(), *odd);
                self.advance();
                let waiter = waiting(request, self.born);
                let now = at(self.born);
                let granted = allocator::enqueue(&mut self.cluster, waiter, &any_size(), now);
                granted.iter().flatten().for_each(|grant| self.check(grant));
            }
            Step::Release(which) => {
                let tasks: Vec<_> = self
                    .cluster
                    .tasks()
                    .map(|(_, task)| task.id.clone())
                    .collect();
                if !tasks.is_empty() {
                    release(&mut self.cluster, which.get(&tasks).as_str());
                }
            }
            Step::Look(sights, trust) => {
                self.sights.clone_from(sights);
                self.trust = *trust;
            }
        }
        self.advance();
        self.cluster.check().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_granted_is_free_in_fact_and_of_the_kind_asked_for(steps in vec(steps(), 1..40)) {
        let mut world = World {
            cluster: cluster(),
            sights: vec![Sight::Free; GPUS.into()],
            trust: false,
            asked: Vec::new(),
            born: 0,
        };
        for step in &steps {
            world.take(step);
        }
        // Once all is free again and nobody holds anything, whoever waits first is granted.
        world.take(&Step::Look(vec![Sight::Free; GPUS.into()], false));
        while let Some(task) = world.first_task() {
            release(&mut world.cluster, &task);
            world.advance();
        }
        prop_assert!(world.cluster.queue().is_empty());
    }

    #[test]
    fn what_is_seen_is_never_written(sights in sights(), trust in any::<bool>()) {
        let mut cluster = Cluster::new(cluster().servers().to_vec()).unwrap();
        let before = cluster.servers()[0].free_gpus.clone();
        apply_sample(&mut cluster, &seen(0, seen_as(&sights, trust)));
        prop_assert!(!cluster.is_edited());
        prop_assert_eq!(&cluster.servers()[0].free_gpus, &before);
    }
}
