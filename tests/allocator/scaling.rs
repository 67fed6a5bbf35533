//! Growing and shrinking on recorded series: what a program asks of its GPUs, round by round.

use crate::support::*;
use chrono::TimeDelta;
use gpumgr::allocator::{self, Cluster, LeaseKind, Limits, Name, Phase, Scale, Scaling, Timestamp};
use proptest::prelude::*;

/// A server of 8 GPUs, a task on some of them, and what the monitor saw of its use.
struct Rounds {
    cluster: Cluster,
    scaling: Scaling,
    limits: Limits,
    uses: Vec<f64>,
    now: Timestamp,
    /// How many GPUs it had in each round.
    history: Vec<usize>,
}

/// A program that runs.
pub(crate) fn run_program(cluster: &mut Cluster, task: &str) {
    let lease = lease(task, LeaseKind::Run);
    let id = lease.id.clone();
    let actor = allocator::Actor {
        user: None,
        force: true,
        is_root: false,
    };
    allocator::attach(cluster, &name(task), None, lease, &actor).unwrap();
    allocator::note_program(cluster, &id, Phase::Running, Some(1), 0).unwrap();
}

impl Rounds {
    fn of(gpus: u32, scaling: Scaling) -> Self {
        let mut cluster = idle(&[("s", 8, 64)]);
        grant(&mut cluster, &ask("t", gpus));
        run_program(&mut cluster, "t");
        Self {
            cluster,
            scaling,
            limits: Limits::default(),
            uses: Vec::new(),
            now: now(),
            history: Vec::new(),
        }
    }

    fn task() -> Name {
        name("t")
    }

    fn gpus(&self) -> usize {
        let (_, task) = self.cluster.find_task(&Self::task()).unwrap();
        task.gpus.len()
    }

    /// Five seconds in which each of its GPUs is used so much, in percent.
    fn round(&mut self, used: f64) {
        self.now += TimeDelta::seconds(5);
        self.uses.push(used.clamp(0.0, 100.0));
        let (scaling, limits, now) = (self.scaling, self.limits, self.now);
        let task = Self::task();
        let wanted =
            allocator::scaling_decision(&self.cluster, &task, &self.uses, &scaling, &limits, now);
        let cluster = &mut self.cluster;
        let changed = match wanted {
            None => None,
            Some(Scale::Grow) => allocator::grow(cluster, &task, &scaling, &limits, now).unwrap(),
            Some(Scale::Shrink) => {
                let told = allocator::shrink(cluster, &task, scaling.min_gpus, now).unwrap();
                let id = lease("t", LeaseKind::Run).id;
                told.map(|_| allocator::release_vacated(cluster, &id, now).unwrap())
            }
        };
        if changed.is_some() {
            self.uses.clear();
        }
        assert_eq!(self.cluster.check(), Ok(()));
        self.history.push(self.gpus());
    }

    /// A program that has so much work for one GPU, shared among those that it has.
    fn work(&mut self, load: f64) {
        self.round(load / self.gpus() as f64);
    }

    /// How often its size changed its direction.
    fn turns(&self) -> usize {
        let steps: Vec<_> = self
            .history
            .windows(2)
            .map(|two| two[1].cmp(&two[0]))
            .collect();
        let changes: Vec<_> = steps.into_iter().filter(|step| step.is_ne()).collect();
        changes.windows(2).filter(|two| two[0] != two[1]).count()
    }
}

fn quick() -> Scaling {
    Scaling {
        cooldown: TimeDelta::zero(),
        ..Scaling::default()
    }
}

/// Less and more than nothing in turn, the same each time.
fn noise(round: usize) -> f64 {
    [3.0, -2.0, 1.0, -3.0, 2.0, 0.0, -1.0][round % 7]
}

#[test]
fn steady_full_use_grows_within_three_rounds_and_as_far_as_it_may() {
    let mut rounds = Rounds::of(1, quick());
    rounds.round(100.0);
    rounds.round(100.0);
    assert_eq!(rounds.gpus(), 1);
    rounds.round(100.0);
    assert_eq!(rounds.gpus(), 2);
    rounds.scaling.max_gpus = Some(4);
    for _ in 0..30 {
        rounds.round(100.0);
    }
    assert_eq!(rounds.gpus(), 4);
    assert_eq!(rounds.turns(), 0);
}

#[test]
fn a_starved_program_shrinks_within_three_rounds_and_keeps_its_least() {
    let scaling = Scaling {
        min_gpus: 2,
        ..quick()
    };
    let mut rounds = Rounds::of(4, scaling);
    for _ in 0..3 {
        rounds.round(0.0);
    }
    assert_eq!(rounds.gpus(), 3);
    for _ in 0..30 {
        rounds.round(0.0);
    }
    assert_eq!(rounds.gpus(), 2);
}

#[test]
fn use_in_between_changes_nothing() {
    let mut rounds = Rounds::of(3, quick());
    for round in 0..100 {
        rounds.round(55.0 + 4.0 * noise(round));
    }
    assert_eq!(rounds.history, [3; 100]);
}

#[test]
fn bursts_shorter_than_the_window_change_nothing() {
    let mut rounds = Rounds::of(3, quick());
    for round in 0..100 {
        rounds.round(if round % 4 < 2 { 100.0 } else { 50.0 });
    }
    assert_eq!(rounds.history, [3; 100]);
    let mut rounds = Rounds::of(3, quick());
    for round in 0..100 {
        rounds.round(if round % 4 < 2 { 0.0 } else { 50.0 });
    }
    assert_eq!(rounds.history, [3; 100]);
}

#[test]
fn noise_at_a_threshold_does_not_flap() {
    for threshold in [80.0, 30.0] {
        let mut rounds = Rounds::of(3, quick());
        for round in 0..300 {
            rounds.round(threshold + noise(round));
        }
        assert_eq!(rounds.turns(), 0, "{:?}", rounds.history);
    }
}

#[test]
fn work_that_would_be_too_much_for_fewer_does_not_flap() {
    // 45 % on two GPUs would be 90 % on one, which would grow again at once.
    let scaling = Scaling {
        up: 80.0,
        down: 50.0,
        ..quick()
    };
    let mut rounds = Rounds::of(1, scaling);
    for round in 0..300 {
        rounds.work(90.0 + noise(round));
    }
    assert_eq!(rounds.gpus(), 2);
    assert_eq!(rounds.turns(), 0, "{:?}", rounds.history);
}

#[test]
fn bursty_work_follows_the_bursts_and_no_more() {
    let mut rounds = Rounds::of(1, quick());
    for round in 0..200 {
        rounds.work(if round % 100 < 50 { 350.0 } else { 20.0 });
    }
    assert_eq!(rounds.history.iter().max(), Some(&5));
    assert_eq!(rounds.history[99], 1);
    // Up, down, up, down.
    assert_eq!(rounds.turns(), 3, "{:?}", rounds.history);
}

#[test]
fn after_a_change_there_is_none_until_it_has_cooled() {
    let scaling = Scaling {
        cooldown: TimeDelta::seconds(60),
        ..Scaling::default()
    };
    let mut rounds = Rounds::of(1, scaling);
    for _ in 0..14 {
        rounds.round(100.0);
    }
    // The third round grew; the twelfth after it is a minute later.
    assert_eq!(rounds.history[2], 2);
    assert_eq!(rounds.history[13], 2);
    rounds.round(100.0);
    assert_eq!(rounds.gpus(), 3);
}

proptest! {
    /// Whatever work there is, as long as it stays the same the size settles.
    #[test]
    fn steady_work_settles(
        gpus in 1_u32..=8,
        load in 0_u32..=900,
        up in 40_u32..=100,
        down in 0_u32..=100,
    ) {
        prop_assume!(down < up);
        let scaling = Scaling { up: f64::from(up), down: f64::from(down), ..quick() };
        let mut rounds = Rounds::of(gpus, scaling);
        for round in 0..120 {
            rounds.work(f64::from(load) * (1.0 + noise(round) / 1000.0));
        }
        prop_assert!(rounds.turns() <= 1, "{:?}", rounds.history);
        let last = &rounds.history[60..];
        prop_assert!(last.iter().all(|gpus| gpus == &last[0]), "{:?}", rounds.history);
    }
}
