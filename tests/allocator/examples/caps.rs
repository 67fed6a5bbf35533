//! How many GPUs one user may hold, and who waits for whom.

use crate::support::*;
use gpumgr::allocator::{
    self, Cluster, LeaseKind, Limits, Phase, Quota, QuotaExceeded, Quotas, Refusal, Request, Scale,
    Scaling, Why, attach, note_program, scaling_decision,
};

fn capped(total: Option<u32>, manual: Option<u32>, auto: Option<u32>) -> Limits {
    Limits {
        caps: Quotas {
            total,
            manual,
            auto,
        },
        ..any_size()
    }
}

/// The guide's figures.
fn guide() -> Limits {
    capped(Some(8), Some(6), Some(2))
}

fn ann(task: &str, gpus: u32) -> Request {
    owned(ask(task, gpus), "ann")
}

fn automatic(request: Request) -> Request {
    Request {
        automatic: true,
        ..request
    }
}

fn large() -> Cluster {
    idle(&[("a", 16, 64)])
}

fn hold(cluster: &mut Cluster, request: &Request) {
    allocator::allocate(cluster, request, &any_size(), at(0)).unwrap();
}

fn over(cap: Quota, max: u32, held: u32, asked: u32) -> QuotaExceeded {
    QuotaExceeded {
        cap,
        max,
        held,
        asked,
    }
}

/// Lets it join at that minute, and says who was granted something.
fn joins(cluster: &mut Cluster, request: Request, limits: &Limits, minute: i64) -> bool {
    let waiter = waiting(request, minute);
    let granted = allocator::enqueue(cluster, waiter, limits, at(minute)).unwrap();
    granted.is_some()
}

fn settled(cluster: &mut Cluster, limits: &Limits, minute: i64) -> Vec<String> {
    let settled = allocator::advance(cluster, &facts(minute, &[]), limits);
    let granted = settled.granted.iter();
    granted.map(|(_, grant)| grant.task.to_string()).collect()
}

fn why(cluster: &Cluster, task: &str, limits: &Limits) -> Why {
    let explained = allocator::explain(cluster, at(9), limits).into_iter();
    let mut found = explained.filter(|one| one.waiter.request.task.as_str() == task);
    found.next().unwrap().why
}

#[test]
fn what_is_over_a_cap_is_refused_with_the_figures() {
    let mut cluster = large();
    hold(&mut cluster, &ann("one", 4));
    let refused =
        |cluster: &mut Cluster, request: &Request| match refusal_within(cluster, request, &guide())
        {
            Refusal::QuotaExceeded(over) => over,
            other => panic!("{other:?}"),
        };
    let manual = refused(&mut cluster, &ann("two", 3));
    assert_eq!(manual, over(Quota::Manual, 6, 4, 3));
    allocator::allocate(&mut cluster, &ann("two", 2), &guide(), at(1)).unwrap();
    // Of what nobody asked for two more are allowed, which makes it eight in all.
    let auto = automatic(ann("auto", 2));
    allocator::allocate(&mut cluster, &auto, &guide(), at(1)).unwrap();
    let again = refused(&mut cluster, &automatic(ann("again", 1)));
    assert_eq!(again, over(Quota::Auto, 2, 2, 1));
    let total = capped(Some(8), None, None);
    let Refusal::QuotaExceeded(total) = refusal_within(&mut cluster, &ann("more", 1), &total)
    else {
        panic!("it is over the cap");
    };
    assert_eq!(total, over(Quota::Total, 8, 8, 1));
}

#[test]
fn more_than_one_user_may_ever_hold_is_impossible() {
    let mut cluster = large();
    for (request, limits, cap, max) in [
        (ann("t", 7), guide(), Quota::Manual, 6),
        (automatic(ann("t", 3)), guide(), Quota::Auto, 2),
        (ann("t", 9), capped(Some(8), None, None), Quota::Total, 8),
        (ann("t", 1), capped(Some(0), None, None), Quota::Total, 0),
    ] {
        let asked = request.demand.gpus.count();
        let above = Refusal::AboveQuota { cap, max, asked };
        assert_eq!(refusal_within(&mut cluster, &request, &limits), above);
        let joined = allocator::enqueue(&mut cluster, waiting(request, 1), &limits, at(1));
        assert_eq!(joined, Err(above));
    }
}

#[test]
fn tasks_of_nobody_and_of_others_count_for_nobody() {
    let mut cluster = large();
    hold(&mut cluster, &ask("nobodys", 4));
    hold(&mut cluster, &owned(ask("bobs", 4), "bob"));
    let limits = capped(Some(4), None, None);
    for request in [ann("t", 4), ask("more-of-nobody", 4)] {
        allocator::allocate(&mut cluster, &request, &limits, at(1)).unwrap();
    }
    assert_eq!(task_ids(&cluster).len(), 4);
    let mut cluster = large();
    let all = ask("all", 16);
    assert!(allocator::allocate(&mut cluster, &all, &limits, at(1)).is_ok());
}

#[test]
fn what_asks_for_no_gpus_is_under_every_cap() {
    let mut cluster = large();
    hold(&mut cluster, &ann("held", 4));
    let none = capped(Some(0), Some(0), Some(0));
    let of_cpus = owned(ask_both("cpus", 0, 1), "ann");
    assert!(allocator::allocate(&mut cluster, &of_cpus, &none, at(1)).is_ok());
}

#[test]
fn what_nobody_asked_for_is_no_part_of_the_manual_cap() {
    let mut cluster = large();
    hold(&mut cluster, &automatic(ann("auto", 2)));
    let limits = capped(None, Some(4), None);
    assert!(allocator::allocate(&mut cluster, &ann("t", 4), &limits, at(1)).is_ok());
    assert!(matches!(
        refusal_within(&mut cluster, &ann("u", 1), &limits),
        Refusal::QuotaExceeded(QuotaExceeded { held: 4, .. })
    ));
}

#[test]
fn who_is_over_a_cap_waits_for_their_own_tasks_and_nobody_waits_for_them() {
    let mut cluster = idle(&[("a", 8, 8)]);
    hold(&mut cluster, &ann("held", 4));
    let limits = capped(Some(6), None, None);
    assert!(!joins(&mut cluster, ann("capped", 4), &limits, 1));
    let expected = Why::QuotaExceeded(over(Quota::Total, 6, 4, 4));
    assert_eq!(why(&cluster, "capped", &limits), expected);
    assert_eq!(cluster.queue()[0].reserved, None);
    assert_eq!(allocator::reservation(&cluster, at(2), &limits), None);
    // Neither a newcomer nor one who waits stands behind it, nor is it its own user's first.
    let bob = |task: &str, gpus| owned(ask(task, gpus), "bob");
    assert!(allocator::allocate(&mut cluster, &bob("b1", 1), &limits, at(2)).is_ok());
    assert!(joins(&mut cluster, bob("b2", 1), &limits, 3));
    assert!(joins(&mut cluster, ann("small", 2), &limits, 4));
    release(&mut cluster, "small");
    assert_eq!(settled(&mut cluster, &limits, 5), [""; 0]);
    release(&mut cluster, "held");
    assert_eq!(settled(&mut cluster, &limits, 6), ["capped"]);
}

#[test]
fn one_who_is_under_the_cap_again_has_the_place_it_had() {
    let mut cluster = idle(&[("a", 8, 8)]);
    hold(&mut cluster, &ann("held", 2));
    hold(&mut cluster, &owned(ask("bobs", 6), "bob"));
    let limits = capped(Some(6), None, None);
    assert!(!joins(&mut cluster, ann("capped", 6), &limits, 1));
    assert!(!joins(
        &mut cluster,
        owned(ask("later", 4), "bob"),
        &limits,
        2
    ));
    release(&mut cluster, "held");
    assert_eq!(settled(&mut cluster, &limits, 3), [""; 0]);
    // It is the first in line now.
    assert_eq!(cluster.queue()[0].reserved, Some(name("a")));
    release(&mut cluster, "bobs");
    assert_eq!(settled(&mut cluster, &limits, 4), ["capped"]);
    release(&mut cluster, "capped");
    assert_eq!(settled(&mut cluster, &limits, 5), ["later"]);
}

#[test]
fn a_grant_counts_at_once_for_the_next_of_the_same_user() {
    let mut cluster = idle(&[("a", 8, 8)]);
    hold(&mut cluster, &owned(ask("bobs", 8), "bob"));
    let limits = capped(Some(4), None, None);
    for (task, minute) in [("one", 1), ("two", 2), ("three", 3)] {
        assert!(!joins(&mut cluster, ann(task, 2), &limits, minute));
    }
    release(&mut cluster, "bobs");
    assert_eq!(settled(&mut cluster, &limits, 4), ["one", "two"]);
    let expected = Why::QuotaExceeded(over(Quota::Total, 4, 4, 2));
    assert_eq!(why(&cluster, "three", &limits), expected);
}

/// What was started before somebody because it would end in time must do so; one who is over a cap is
/// not waited for.
#[test]
fn a_renewal_breaks_no_promise_to_one_who_is_over_a_cap() {
    let mut cluster = idle(&[("a", 8, 8)]);
    hold(&mut cluster, &lapsing(ann("held", 4), 10));
    let limits = capped(Some(6), None, None);
    assert!(!joins(&mut cluster, ann("capped", 6), &limits, 1));
    let short = lapsing(owned(ask("short", 4), "bob"), 5);
    allocator::allocate(&mut cluster, &short, &limits, at(2)).unwrap();
    let ttl = Some(minutes(60));
    let bob = user("bob");
    let facts = facts(3, &[]);
    let task = name("short");
    assert!(allocator::renew(&mut cluster, &task, ttl, &bob, &limits, &facts).is_ok());
}

/// A program grows into what nobody waits for, which is no matter of those who wait for themselves.
#[test]
fn a_program_grows_past_one_who_is_over_a_cap_and_not_past_the_next() {
    let mut cluster = idle(&[("a", 4, 4)]);
    hold(&mut cluster, &owned(ask("grows", 1), "bob"));
    let supervisor = lease("S", LeaseKind::Run);
    let id = supervisor.id.clone();
    attach(&mut cluster, &name("grows"), None, supervisor, &user("bob")).unwrap();
    note_program(&mut cluster, &id, Phase::Running, Some(1), 0).unwrap();
    hold(&mut cluster, &ann("held", 1));
    let limits = capped(Some(2), None, None);
    let busy = [99.0; 3];
    let wanted = |cluster: &Cluster| {
        scaling_decision(
            cluster,
            &name("grows"),
            &busy,
            &Scaling::default(),
            &limits,
            at(5),
        )
    };
    assert!(!joins(&mut cluster, ann("capped", 2), &limits, 1));
    assert_eq!(wanted(&cluster), Some(Scale::Grow));
    assert!(!joins(
        &mut cluster,
        owned(ask("waits", 3), "eve"),
        &any_size(),
        2
    ));
    assert_eq!(wanted(&cluster), None);
}

#[test]
fn a_program_does_not_grow_over_its_users_cap() {
    let mut cluster = idle(&[("a", 4, 4)]);
    hold(&mut cluster, &ann("grows", 2));
    let supervisor = lease("S", LeaseKind::Run);
    let id = supervisor.id.clone();
    attach(&mut cluster, &name("grows"), None, supervisor, &user("ann")).unwrap();
    note_program(&mut cluster, &id, Phase::Running, Some(1), 0).unwrap();
    for (limits, expected) in [
        (capped(Some(2), None, None), None),
        (capped(Some(3), None, Some(0)), None),
        (capped(Some(3), Some(2), Some(1)), Some(Scale::Grow)),
    ] {
        let scaling = Scaling::default();
        let task = name("grows");
        let found = scaling_decision(&cluster, &task, &[99.0; 3], &scaling, &limits, at(5));
        assert_eq!(found, expected, "{limits:?}");
    }
}
