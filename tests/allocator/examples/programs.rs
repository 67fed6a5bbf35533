//! Programs on tasks: whose they are, what they are given and leave, and who makes room for whom.

use crate::scaling::run_program;
use crate::support::*;
use chrono::TimeDelta;
use gpumgr::allocator::{
    self, Cluster, LeaseKind, Limits, Phase, Preempt, Program, Refusal, Request, Scaling, Task,
};

fn program_of<'c>(cluster: &'c Cluster, task: &str) -> &'c Program {
    let (_, task) = cluster.find_task(&name(task)).unwrap();
    task.program.as_ref().unwrap()
}

fn of<'c>(cluster: &'c Cluster, task: &str) -> &'c Task {
    cluster.find_task(&name(task)).unwrap().1
}

/// One server of 4 GPUs and 16 CPUs, with programs on so many GPUs each.
fn with_programs(programs: &[(&str, u32)]) -> Cluster {
    let mut cluster = idle(&[("s", 4, 16)]);
    for (task, gpus) in programs {
        grant(&mut cluster, &ask(task, *gpus));
        run_program(&mut cluster, task);
    }
    cluster
}

fn automatic(task: &str, gpus: u32) -> Request {
    Request {
        automatic: true,
        ..owned(ask(task, gpus), "alice")
    }
}

fn grow(cluster: &mut Cluster, task: &str, limits: &Limits) -> Option<Vec<u16>> {
    let grown = allocator::grow(cluster, &name(task), &Scaling::default(), limits, now());
    grown.unwrap().map(|grant| grant.gpus)
}

fn shrink(cluster: &mut Cluster, task: &str, min: u32) -> bool {
    let told = allocator::shrink(cluster, &name(task), min, now()).unwrap();
    assert_eq!(cluster.check(), Ok(()));
    told.is_some()
}

fn waits(cluster: &mut Cluster, request: Request) {
    queue_up(cluster, request, 0);
}

fn yields(cluster: &Cluster, min: Option<u32>) -> Vec<Preempt> {
    allocator::preemption(cluster, min, &Limits::default(), |_| true)
}

#[test]
fn a_supervisor_gets_the_task_that_lives_with_nothing_or_with_whom_it_comes_after() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &owned(ask("t", 2), "alice"));
    let attach = |cluster: &mut Cluster, from: Option<&str>, to: &str, who: &str| {
        let from = from.map(|from| lease(from, LeaseKind::Run).id);
        let to = lease(to, LeaseKind::Run);
        allocator::attach(cluster, &name("t"), from.as_ref(), to, &user(who))
    };
    let occupied = Err(Refusal::Occupied { task: name("t") });
    let other = attach(&mut cluster, None, "A", "bob");
    assert!(matches!(other, Err(Refusal::NotOwner { .. })));
    assert_eq!(attach(&mut cluster, Some("X"), "A", "alice"), occupied);
    assert_eq!(
        attach(&mut cluster, None, "A", "alice").unwrap().gpus,
        [0, 1]
    );
    assert_eq!(program_of(&cluster, "t").phase, Phase::Starting);
    // One that does not know of the first.
    let runs = Err(Refusal::ProgramRuns {
        task: name("t"),
        pid: None,
    });
    assert_eq!(attach(&mut cluster, None, "B", "alice"), runs);
    assert!(attach(&mut cluster, Some("A"), "B", "alice").is_ok());
}

#[test]
fn what_a_program_is_at_is_noted_but_stopping_stays() {
    let mut cluster = with_programs(&[("t", 1)]);
    let id = lease("t", LeaseKind::Run).id;
    allocator::stop_program(&mut cluster, &name("t"), &forced(nobody())).unwrap();
    allocator::note_program(&mut cluster, &id, Phase::Running, Some(7), 3).unwrap();
    let program = program_of(&cluster, "t");
    assert_eq!(
        (program.phase, program.pid, program.restarts),
        (Phase::Stopping, Some(7), 3)
    );
    let lost = lease("gone", LeaseKind::Run).id;
    let noted = allocator::note_program(&mut cluster, &lost, Phase::Running, None, 0);
    assert_eq!(noted, Err(Refusal::GrantLost));
}

#[test]
fn only_a_program_can_be_stopped_and_only_by_whose_it_is() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &owned(ask("plain", 1), "alice"));
    grant(&mut cluster, &owned(ask("p", 1), "alice"));
    run_program(&mut cluster, "p");
    let mut stop = |task: &str, who| allocator::stop_program(&mut cluster, &name(task), &user(who));
    let none = Err(Refusal::NoProgram {
        task: name("plain"),
    });
    assert_eq!(stop("plain", "alice"), none);
    assert!(matches!(stop("p", "bob"), Err(Refusal::NotOwner { .. })));
    assert!(stop("p", "alice").is_ok());
}

#[test]
fn a_gpu_to_leave_is_the_tasks_until_the_program_has_left_it() {
    let mut cluster = with_programs(&[("t", 3)]);
    assert!(shrink(&mut cluster, "t", 1));
    assert_eq!(of(&cluster, "t").gpus, [0, 1, 2]);
    assert_eq!(of(&cluster, "t").gpus_to_use(), [0, 1]);
    assert_eq!(server(&cluster, "s").free_gpus, [3]);
    // One at a time.
    assert!(!shrink(&mut cluster, "t", 1));
    let id = lease("t", LeaseKind::Run).id;
    let left = allocator::release_vacated(&mut cluster, &id, now()).unwrap();
    assert_eq!((left.gpus, left.cpus), (vec![0, 1], 8));
    assert_eq!(server(&cluster, "s").free_gpus, [2, 3]);
    assert_eq!(server(&cluster, "s").free_cpus, 8);
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn a_file_that_lets_a_program_leave_what_it_does_not_have_frees_nothing() {
    let mut servers = with_programs(&[("t", 2), ("u", 1)]).servers().to_vec();
    let program = servers[0].tasks[0].program.as_mut().unwrap();
    program.leaving = vec![2, 3, 9];
    let mut cluster = Cluster::new(servers).unwrap();
    let id = lease("t", LeaseKind::Run).id;
    assert_eq!(
        allocator::release_vacated(&mut cluster, &id, now())
            .unwrap()
            .gpus,
        [0, 1]
    );
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn it_grows_by_the_lowest_free_gpu_of_its_server_with_its_share_of_the_cpus() {
    let mut cluster = with_programs(&[("a", 1), ("b", 1)]);
    let any = Limits::default();
    assert_eq!(grow(&mut cluster, "a", &any), Some(vec![0, 2]));
    assert_eq!(of(&cluster, "a").cpus, 8);
    assert_eq!(program_of(&cluster, "a").automatic, 1);
    assert_eq!(grow(&mut cluster, "b", &any), Some(vec![1, 3]));
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn it_does_not_grow_where_somebody_waits_nothing_is_free_or_a_limit_is_reached() {
    let any = Limits::default();
    let mut full = with_programs(&[("a", 1), ("b", 3)]);
    assert_eq!(grow(&mut full, "a", &any), None);
    let mut cluster = with_programs(&[("a", 1), ("b", 1)]);
    assert_eq!(grow(&mut cluster, "a", &limits(1, Some(1))), None);
    let small = Scaling {
        max_gpus: Some(1),
        ..Scaling::default()
    };
    let grown = allocator::grow(&mut cluster, &name("a"), &small, &any, now());
    assert_eq!(grown, Ok(None));
    waits(&mut cluster, ask("w", 4));
    assert_eq!(grow(&mut cluster, "a", &any), None);
}

#[test]
fn it_grows_within_its_users_caps_alone() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &owned(ask("a", 2), "alice"));
    run_program(&mut cluster, "a");
    let capped = |total, auto| {
        let mut limits = Limits::default();
        (limits.caps.total, limits.caps.auto) = (total, auto);
        limits
    };
    assert_eq!(grow(&mut cluster, "a", &capped(Some(2), None)), None);
    assert_eq!(grow(&mut cluster, "a", &capped(None, Some(0))), None);
    assert_eq!(
        grow(&mut cluster, "a", &capped(Some(3), Some(1))),
        Some(vec![0, 1, 2])
    );
    let later = now() + TimeDelta::hours(1);
    let again = allocator::grow(
        &mut cluster,
        &name("a"),
        &Scaling::default(),
        &capped(Some(4), Some(1)),
        later,
    );
    assert_eq!(again, Ok(None));
}

#[test]
fn nobody_makes_room_where_nobody_waits_or_it_would_serve_nobody() {
    let mut cluster = with_programs(&[("a", 3)]);
    assert_eq!(yields(&cluster, Some(1)), []);
    grant(&mut cluster, &ask("plain", 1));
    waits(&mut cluster, ask("w", 4));
    assert_eq!(yields(&cluster, Some(1)), []);
}

#[test]
fn the_surplus_of_programs_makes_room_a_gpu_of_each_at_a_time() {
    let mut cluster = with_programs(&[("a", 3), ("b", 1)]);
    waits(&mut cluster, ask("w", 2));
    let shrinks = |task: &str| Preempt::Shrink(name(task));
    assert_eq!(yields(&cluster, Some(1)), [shrinks("a")]);
    // Without scaling a program keeps what somebody asked for.
    assert_eq!(yields(&cluster, None), []);
    // It keeps its least.
    assert_eq!(yields(&cluster, Some(2)), []);
    assert!(shrink(&mut cluster, "a", 1));
    assert_eq!(yields(&cluster, Some(1)), []);
    allocator::release_vacated(&mut cluster, &lease("a", LeaseKind::Run).id, now()).unwrap();
    assert_eq!(yields(&cluster, Some(1)), [shrinks("a")]);
}

#[test]
fn what_nobody_asked_for_goes_first_and_ends_if_need_be() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &owned(ask("mine", 2), "alice"));
    grant(&mut cluster, &automatic("auto", 2));
    for task in ["mine", "auto"] {
        run_program(&mut cluster, task);
    }
    waits(&mut cluster, ask("w", 2));
    assert!(of(&cluster, "auto").is_automatic());
    assert!(!of(&cluster, "mine").is_automatic());
    // Both of the two are needed, one of each if all are to shrink.
    assert_eq!(yields(&cluster, None), [Preempt::Shrink(name("auto"))]);
    assert!(shrink(&mut cluster, "auto", 1));
    allocator::release_vacated(&mut cluster, &lease("auto", LeaseKind::Run).id, now()).unwrap();
    assert_eq!(yields(&cluster, None), [Preempt::Stop(name("auto"))]);
    allocator::stop_program(&mut cluster, &name("auto"), &user("alice")).unwrap();
    assert_eq!(yields(&cluster, None), []);
}

#[test]
fn nobody_makes_room_that_would_not_do() {
    // It would still lack CPUs.
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &ask_both("hog", 1, 12));
    grant(&mut cluster, &ask_both("p", 2, 2));
    run_program(&mut cluster, "p");
    waits(&mut cluster, ask_both("w", 1, 10));
    assert_eq!(yields(&cluster, Some(1)), []);
    // It asks for a GPU that the program keeps, or for one that it would come to.
    for (gpu, room) in [(0, vec![]), (1, vec![Preempt::Shrink(name("p"))])] {
        let mut cluster = with_programs(&[("p", 4)]);
        waits(&mut cluster, ask_ids("w", &[gpu]));
        assert_eq!(yields(&cluster, Some(1)), room);
    }
}

#[test]
fn cpus_are_made_room_of_too() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &ask_both("p", 2, 16));
    run_program(&mut cluster, "p");
    waits(&mut cluster, ask_both("w", 1, 8));
    assert_eq!(yields(&cluster, Some(1)), [Preempt::Shrink(name("p"))]);
}

#[test]
fn what_a_program_is_on_is_not_released_under_it() {
    let mut cluster = with_programs(&[("p", 2)]);
    let released = allocator::release(&mut cluster, &name("p"), &forced(nobody()));
    assert_eq!(released, Err(Refusal::StillUsed { task: name("p") }));
    assert_eq!(of(&cluster, "p").gpus, [0, 1]);
}

#[test]
fn whose_programs_may_not_be_touched_keep_all() {
    let mut cluster = with_programs(&[("a", 4)]);
    waits(&mut cluster, ask("w", 1));
    let yields = allocator::preemption(&cluster, Some(1), &Limits::default(), |_| false);
    assert_eq!(yields, []);
}

#[test]
fn what_was_only_to_begin_is_as_it_was_if_that_fails() {
    let mut cluster = idle(&[("s", 4, 16)]);
    grant(&mut cluster, &ask("t", 2));
    let before = cluster.servers().to_vec();
    run_program(&mut cluster, "t");
    allocator::detach_program(&mut cluster, &lease("t", LeaseKind::Run).id).unwrap();
    assert_eq!(cluster.servers(), before);
}

#[test]
fn a_lease_that_goes_on_from_another_is_known_by_its_beginning() {
    let first: allocator::LeaseId = "0123456789abcdef".parse().unwrap();
    let new: allocator::LeaseId = "fedcba9876543210".parse().unwrap();
    let second = first.continued(&new);
    let third = second.continued(&"1111111111111111".parse().unwrap());
    assert!(second.continues(&first) && third.continues(&first));
    assert!(first.continues(&first));
    assert!(!new.continues(&first) && !second.continues(&new));
    assert_eq!(third.as_str().len(), second.as_str().len());
    // Nothing goes on from what is too short to be told from others.
    let short: allocator::LeaseId = "L".parse().unwrap();
    assert!(
        !"L1"
            .parse::<allocator::LeaseId>()
            .unwrap()
            .continues(&short)
    );
}
