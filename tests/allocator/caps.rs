//! What holds for the caps of users, whatever happens: nobody is ever over one, nobody waits for
//! whoever would be, and whoever would not be waits for nothing else.

use crate::support::*;
use gpumgr::allocator::{
    self, Cluster, Grant, Limits, QuotaExceeded, Quotas, Refusal, Request, Why, explain,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[derive(Clone, Debug)]
struct Wish {
    owner: Option<&'static str>,
    gpus: u32,
    automatic: bool,
    ttl: Option<i64>,
}

#[derive(Clone, Debug)]
enum Step {
    Allocate(Wish),
    Enqueue(Wish),
    Release(Index),
    Cancel(Index),
    Leave(Index),
    Pass,
}

/// What happens, how many minutes after what was before, and how many GPUs the user who is over the cap
/// asks for just before that.
type Story = Vec<(i64, Step, Option<u32>)>;

fn wishes() -> impl Strategy<Value = Wish> {
    let owner = option::weighted(0.8, select(vec!["ann", "bob"]));
    let ttl = option::weighted(0.5, 1_i64..=8);
    (owner, 0_u32..=4, any::<bool>(), ttl).prop_map(|(owner, gpus, automatic, ttl)| Wish {
        owner,
        gpus,
        automatic,
        ttl,
    })
}

fn stories() -> impl Strategy<Value = Story> {
    let one = any::<Index>;
    let step = prop_oneof![
        5 => wishes().prop_map(Step::Allocate),
        8 => wishes().prop_map(Step::Enqueue),
        6 => one().prop_map(Step::Release),
        1 => one().prop_map(Step::Cancel),
        1 => one().prop_map(Step::Leave),
        2 => Just(Step::Pass),
    ];
    vec((0_i64..=3, step, option::weighted(0.4, 1_u32..=2)), 1..=40)
}

fn caps() -> impl Strategy<Value = Quotas> {
    let cap = || option::weighted(0.7, 0_u32..=5);
    (cap(), cap(), cap()).prop_map(|(total, manual, auto)| Quotas {
        total,
        manual,
        auto,
    })
}

fn sizes() -> impl Strategy<Value = Vec<u32>> {
    vec(2_u32..=6, 1..=3)
}

struct World {
    cluster: Cluster,
    limits: Limits,
    minute: i64,
    born: usize,
}

impl World {
    fn new(sizes: &[u32], caps: Quotas) -> Self {
        let names: Vec<_> = (0..sizes.len()).map(|index| format!("s{index}")).collect();
        let servers: Vec<_> = names
            .iter()
            .zip(sizes)
            .map(|(name, gpus)| (name.as_str(), *gpus, 4 * *gpus))
            .collect();
        Self {
            cluster: idle(&servers),
            limits: Limits { caps, ..any_size() },
            minute: 0,
            born: 0,
        }
    }

    fn request(&mut self, wish: &Wish) -> Request {
        self.born += 1;
        Request {
            owner: wish.owner.map(ToOwned::to_owned),
            automatic: wish.automatic,
            ttl: wish.ttl.map(minutes),
            ..ask(&format!("t{:03}", self.born), wish.gpus)
        }
    }

    /// Who of those who waited was granted what.
    fn settle(&mut self) -> Vec<Grant> {
        let facts = facts(self.minute, &[]);
        let settled = allocator::advance(&mut self.cluster, &facts, &self.limits);
        settled
            .granted
            .into_iter()
            .map(|(_, grant)| grant)
            .collect()
    }

    fn enqueue(&mut self, request: Request) -> Result<Option<Grant>, Refusal> {
        let waiter = waiting(request, self.minute);
        allocator::enqueue(&mut self.cluster, waiter, &self.limits, at(self.minute))
    }

    /// Of tasks, or of those who wait, all but the one user's.
    fn pick(&self, which: &Index, waits: bool) -> Option<allocator::Name> {
        let waiting = self
            .cluster
            .queue()
            .iter()
            .map(|waiter| &waiter.request.task);
        let all: Vec<_> = match waits {
            true => waiting.collect(),
            false => self.cluster.tasks().map(|(_, task)| &task.id).collect(),
        };
        let others: Vec<_> = all
            .into_iter()
            .filter(|name| !name.as_str().starts_with("eve"))
            .collect();
        (!others.is_empty()).then(|| (*which.get(&others)).clone())
    }

    /// What is granted by this step, and at once after it.
    fn take(&mut self, step: &Step) -> Vec<Grant> {
        let actor = forced(nobody());
        let mut granted = Vec::new();
        match step {
            Step::Allocate(wish) => {
                let request = self.request(wish);
                let now = at(self.minute);
                let result = allocator::allocate(&mut self.cluster, &request, &self.limits, now);
                granted.extend(result);
            }
            Step::Enqueue(wish) => {
                let request = self.request(wish);
                granted.extend(self.enqueue(request).ok().flatten());
            }
            Step::Release(which) => {
                if let Some(task) = self.pick(which, false) {
                    end(&mut self.cluster, &task);
                }
            }
            Step::Cancel(which) => {
                if let Some(task) = self.pick(which, true) {
                    let _ = allocator::cancel(&mut self.cluster, &task, &actor);
                }
            }
            Step::Leave(which) => {
                if let Some(task) = self.pick(which, true) {
                    let queue = self.cluster.queue().iter();
                    let mut own = queue.filter(|waiter| waiter.request.task == task);
                    let id = own.next().unwrap().lease.id.clone();
                    allocator::leave(&mut self.cluster, &id).unwrap();
                }
            }
            Step::Pass => {}
        }
        granted.extend(self.settle());
        granted
    }

    /// In all, asked for, acquired automatically.
    fn held(&self, user: &str) -> [u32; 3] {
        let mut held = [0; 3];
        for (_, task) in self.cluster.tasks() {
            if task.owner.as_deref() == Some(user) {
                let gpus = u32::try_from(task.gpus.len()).unwrap();
                held[0] += gpus;
                held[if task.program.is_some() { 2 } else { 1 }] += gpus;
            }
        }
        held
    }

    /// Whether so many GPUs more are more than some cap allows.
    fn is_over(&self, request: &Request) -> bool {
        let Some(user) = &request.owner else {
            return false;
        };
        let asked = request.demand.gpus.count();
        let [total, manual, auto] = self.held(user);
        let Quotas {
            total: of_total,
            manual: of_manual,
            auto: of_auto,
        } = self.limits.caps;
        let own = match request.automatic {
            true => (auto, of_auto),
            false => (manual, of_manual),
        };
        let is_over = |(held, cap): (u32, Option<u32>)| cap.is_some_and(|cap| held + asked > cap);
        asked > 0 && [(total, of_total), own].into_iter().any(is_over)
    }

    fn check(&self) {
        let Quotas {
            total,
            manual,
            auto,
        } = self.limits.caps;
        for user in ["ann", "bob"] {
            let held = self.held(user);
            for (held, cap) in held.into_iter().zip([total, manual, auto]) {
                assert!(
                    cap.is_none_or(|cap| held <= cap),
                    "{user} holds {held} of {cap:?}"
                );
            }
        }
        for explained in explain(&self.cluster, at(self.minute), &self.limits) {
            let waiter = &explained.waiter;
            let is_over = self.is_over(&waiter.request);
            let is_told = matches!(explained.why, Why::QuotaExceeded(QuotaExceeded { .. }));
            assert_eq!(is_told, is_over, "{explained:?}");
            // Whoever could start has started.
            assert_ne!(explained.why, Why::Ready, "{explained:?}");
            assert!(!is_over || waiter.reserved.is_none(), "{explained:?}");
        }
        if let Some((first, _)) =
            allocator::reservation(&self.cluster, at(self.minute), &self.limits)
        {
            assert!(!self.is_over(&first.request), "{first:?}");
        }
    }
}

/// A later request of the same user is granted behind it, and puts it over the cap.
#[test]
fn nothing_stays_kept_for_one_whose_own_later_request_was_granted() {
    let wish = |owner, gpus, automatic, ttl| Wish {
        owner,
        gpus,
        automatic,
        ttl,
    };
    let caps = Quotas {
        auto: Some(3),
        ..Quotas::default()
    };
    let mut world = World::new(&[5], caps);
    for step in [
        Step::Allocate(wish(None, 0, false, None)),
        Step::Allocate(wish(None, 3, false, None)),
        Step::Enqueue(wish(None, 3, false, Some(1))),
        Step::Enqueue(wish(Some("bob"), 3, true, None)),
        Step::Enqueue(wish(Some("bob"), 1, true, None)),
        Step::Allocate(wish(None, 0, false, None)),
        Step::Allocate(wish(None, 0, false, None)),
    ] {
        world.take(&step);
        world.check();
    }
    let tasks = world.cluster.tasks().map(|(_, task)| task.id.clone());
    for task in tasks.collect::<Vec<_>>() {
        end(&mut world.cluster, &task);
        world.settle();
        world.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_ever_over_a_cap(sizes in sizes(), caps in caps(), story in stories()) {
        let mut world = World::new(&sizes, caps);
        for (later, step, _) in &story {
            world.minute += later;
            world.settle();
            world.take(step);
            world.check();
        }
    }

    /// All others get the same at the same moments, whether one who is over the cap waits or not.
    #[test]
    fn nobody_waits_for_one_who_is_over_a_cap(sizes in sizes(), own in 1_u32..=2, story in stories()) {
        let caps = Quotas { total: Some(own), ..Quotas::default() };
        let eve = |task: &str, gpus| owned(ask(task, gpus), "eve");
        let [mut with, mut without] = [(), ()].map(|()| World::new(&sizes, caps));
        for world in [&mut with, &mut without] {
            allocator::allocate(&mut world.cluster, &eve("eve", own), &world.limits, at(0)).unwrap();
        }
        for (index, (later, step, asks)) in story.iter().enumerate() {
            with.minute += later;
            without.minute += later;
            prop_assert_eq!(with.settle(), without.settle());
            if let Some(gpus) = asks {
                let request = eve(&format!("eve{index}"), (*gpus).min(own));
                prop_assert_eq!(with.enqueue(request), Ok(None));
            }
            prop_assert_eq!(with.take(step), without.take(step));
            prop_assert_eq!(with.cluster.servers(), without.cluster.servers());
        }
    }
}
