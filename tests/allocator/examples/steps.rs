//! Runs inside a run: the share of a step, and invariants of steps.

use crate::support::*;
use gpumgr::allocator::{
    self, Cluster, Cpus, Demand, Disagreement, GpuKind, Gpus, Grant, LeaseKind, Limits, Phase,
    Portion, Refusal, Server, Step, StepRequest, StepState, What,
};

/// A run `outer` on a server, with that many GPUs and CPUs.
fn outer(gpus: u32, cpus: u32) -> Cluster {
    let mut cluster = idle(&[("a", gpus, cpus)]);
    let request = ask_both("outer", gpus, cpus).tied_to(Some(lease("outer", LeaseKind::Run)));
    grant(&mut cluster, &request);
    cluster
}

fn wants(step: &str, demand: Demand) -> StepRequest {
    StepRequest {
        run: "outer".parse().unwrap(),
        step: None,
        lease: lease(step, LeaseKind::Run),
        demand,
        waits: false,
    }
}

fn gpus(count: u32) -> Demand {
    Demand::new(Gpus::Count(count), Cpus::PerGpu)
}

fn take(cluster: &mut Cluster, request: StepRequest) -> Result<Option<Grant>, Refusal> {
    allocator::take_step(cluster, request, &any_size(), now())
}

fn taken(cluster: &mut Cluster, request: StepRequest) -> (Vec<u16>, u32) {
    let grant = take(cluster, request).unwrap().unwrap();
    (grant.gpus, grant.cpus)
}

#[test]
fn steps_get_the_lowest_free_gpus_and_their_share_of_cpus() {
    let mut cluster = outer(4, 10);
    assert_eq!(taken(&mut cluster, wants("s1", gpus(1))), (vec![0], 2));
    let these = Demand::new(ids(&[2]), Cpus::PerGpu);
    assert_eq!(taken(&mut cluster, wants("s2", these)), (vec![2], 2));
    assert_eq!(taken(&mut cluster, wants("s3", gpus(2))), (vec![1, 3], 4));
    assert_eq!(taken(&mut cluster, wants("s4", gpus(0))), (vec![], 1));
}

#[test]
fn the_last_step_gets_what_cpus_are_left() {
    let mut cluster = outer(2, 8);
    let most = Demand::new(Gpus::Count(1), Cpus::exactly(7).unwrap());
    taken(&mut cluster, wants("s1", most));
    assert_eq!(taken(&mut cluster, wants("s2", gpus(1))), (vec![1], 1));
}

#[test]
fn a_refusal_says_what_is_free_and_who_has_the_rest() {
    let mut cluster = outer(2, 8);
    taken(&mut cluster, wants("s1", gpus(1)));
    let before = cluster.clone();
    let Err(Refusal::StepsInTheWay(shortage)) = take(&mut cluster, wants("s2", gpus(2))) else {
        panic!("it is granted");
    };
    assert_eq!(cluster, before);
    let free = Portion {
        gpus: vec![1],
        cpus: 4,
    };
    assert_eq!(shortage.free, free);
    assert_eq!(shortage.others[0].gpus(), [0]);
}

#[test]
fn more_than_the_run_has_is_never_waited_for() {
    let mut cluster = outer(2, 8);
    let much = Demand::new(Gpus::Count(1), Cpus::exactly(9).unwrap());
    let other_kind = Demand {
        kind: GpuKind {
            model: Some("H100".to_owned()),
            memory: None,
        },
        ..gpus(1)
    };
    for demand in [
        gpus(3),
        much,
        Demand::new(ids(&[2]), Cpus::PerGpu),
        other_kind,
    ] {
        let request = StepRequest {
            waits: true,
            ..wants("s1", demand)
        };
        let refused = take(&mut cluster, request);
        assert!(
            matches!(refused, Err(Refusal::OuterLacks { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_step_without_gpus_needs_limits_that_allow_it() {
    let mut cluster = outer(2, 8);
    let limits = Limits::default();
    let refused = allocator::take_step(&mut cluster, wants("s1", gpus(0)), &limits, now());
    assert_eq!(refused, Err(Refusal::BelowMinimum { asked: 0, min: 1 }));
    let strict = Limits {
        min_gpus_per_task: 2,
        ..limits
    };
    let granted = allocator::take_step(&mut cluster, wants("s1", gpus(1)), &strict, now());
    assert!(granted.unwrap().is_some(), "that is for tasks");
}

#[test]
fn steps_of_a_program_end_when_it_leaves_a_gpu() {
    let mut cluster = outer(3, 9);
    taken(&mut cluster, wants("s1", gpus(1)));
    let (from, actor) = ("outer".parse().unwrap(), forced(nobody()));
    let supervisor = lease("outer", LeaseKind::Run);
    let task = name("outer");
    allocator::attach(&mut cluster, &task, Some(&from), supervisor, &actor).unwrap();
    allocator::note_program(&mut cluster, &from, Phase::Running, Some(1), 0).unwrap();
    allocator::shrink(&mut cluster, &task, 1, now())
        .unwrap()
        .unwrap();
    let leaving = take(&mut cluster, wants("s2", gpus(2)));
    assert!(
        matches!(leaving, Err(Refusal::StepsInTheWay(_))),
        "{leaving:?}"
    );
    allocator::release_vacated(&mut cluster, &from, now()).unwrap();
    assert!(cluster.find_task(&task).unwrap().1.steps.is_empty());
    cluster.check().unwrap();
}

/// The servers of a run of 3 GPUs and 6 CPUs with two steps, of which one has a step inside.
fn with_steps() -> Vec<Server> {
    let mut cluster = outer(3, 6);
    taken(&mut cluster, wants("s1", gpus(1)));
    taken(&mut cluster, wants("s2", gpus(2)));
    let inside = StepRequest {
        step: Some("s2".parse().unwrap()),
        ..wants("s3", gpus(1))
    };
    assert_eq!(taken(&mut cluster, inside), (vec![1], 2));
    cluster.servers().to_vec()
}

/// The disagreement after one step is changed.
fn wrong(position: usize, change: impl FnOnce(&mut Step)) -> What {
    let mut servers = with_steps();
    change(&mut servers[0].tasks[0].steps[position]);
    let Disagreement { server, task, what } = Cluster::new(servers).unwrap_err();
    assert_eq!((server, task), (Some(0), Some(0)));
    what
}

fn holds(gpus: &[u16], cpus: u32) -> StepState {
    let gpus = gpus.to_vec();
    StepState::Runs { gpus, cpus }
}

#[test]
fn steps_that_overlap_leave_the_run_or_have_no_parent_disagree() {
    assert!(Cluster::new(with_steps()).is_ok());
    let overlaps = wrong(1, |step| step.state = holds(&[0, 1], 4));
    assert_eq!(overlaps, What::StepGpu { step: 1, gpu: 0 });
    let outside = wrong(2, |step| step.state = holds(&[0], 2));
    assert_eq!(outside, What::StepGpu { step: 2, gpu: 0 });
    let twice = wrong(0, |step| step.state = holds(&[0, 0], 2));
    assert_eq!(twice, What::StepGpu { step: 0, gpu: 0 });
    let greedy = wrong(1, |step| step.state = holds(&[1, 2], 5));
    let free = 4;
    assert_eq!(
        greedy,
        What::StepCpus {
            step: 1,
            cpus: 5,
            free
        }
    );
    let orphan = wrong(2, |step| step.parent = Some("s4".parse().unwrap()));
    assert_eq!(orphan, What::NoParent { step: 2 });
    let own = wrong(0, |step| step.parent = Some("s1".parse().unwrap()));
    assert_eq!(own, What::NoParent { step: 0 });
    let same = wrong(1, |step| step.lease = lease("s1", LeaseKind::Run));
    assert_eq!(same, What::SameStep { step: 1 });
}
