//! Joining the queue, waiting there, and leaving it.

use crate::support::*;
use gpumgr::allocator::{
    self, Cluster, ExpiryReason, Facts, Lease, LeaseId, LeaseKind, Limits, Refusal, Request, Waiter,
};

/// All of one server is held.
fn full() -> Cluster {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &ask("held", 4));
    cluster
}

fn join(cluster: &mut Cluster, request: Request, limits: &Limits) -> Refusal {
    let before = cluster.clone();
    let refusal = allocator::enqueue(cluster, waiting(request, 1), limits, at(1)).unwrap_err();
    assert_eq!(*cluster, before);
    assert_eq!(cluster.queue_edited(), before.queue_edited());
    refusal
}

fn id(text: &str) -> LeaseId {
    text.parse().unwrap()
}

fn lease_of(cluster: &Cluster, task: &str) -> Option<Lease> {
    let (_, task) = cluster.find_task(&name(task)).unwrap();
    task.lease.as_deref().cloned()
}

#[test]
fn what_fits_is_granted_at_once_and_carries_who_waited() {
    let mut cluster = idle(&[("a", 4, 4)]);
    let waiter = waiting(lapsing(owned(ask("t", 2), "ann"), 10), 1);
    let granted = allocator::enqueue(&mut cluster, waiter.clone(), &any_size(), at(3)).unwrap();
    let granted = granted.unwrap();
    assert_eq!((granted.gpus, granted.cpus), (vec![0, 1], 2));
    assert_eq!(granted.owner.as_deref(), Some("ann"));
    assert_eq!((granted.start, granted.term.unwrap().end), (at(3), at(13)));
    assert_eq!(lease_of(&cluster, "t"), Some(waiter.lease));
    assert_eq!(queue(&cluster), [""; 0]);
}

#[test]
fn what_does_not_fit_waits_and_holds_nothing() {
    let mut cluster = full();
    let before = cluster.servers().to_vec();
    queue_up(&mut cluster, ask("t", 2), 1);
    assert_eq!(cluster.servers(), before);
    assert_eq!(queue(&cluster), ["t"]);
    assert_eq!(cluster.queue()[0].reserved, Some(name("a")));
}

#[test]
fn a_wait_is_granted_when_there_is_room_and_its_term_starts_then() {
    let mut cluster = full();
    queue_up(&mut cluster, lapsing(ask("t", 2), 10), 1);
    release(&mut cluster, "held");
    assert_eq!(granted_at(&mut cluster, 30), ["t"]);
    let (_, task) = cluster.find_task(&name("t")).unwrap();
    assert_eq!((task.start, task.term.unwrap().end), (at(30), at(40)));
    assert_eq!(queue(&cluster), [""; 0]);
}

#[test]
fn what_can_never_be_granted_does_not_wait() {
    let mut cluster = full();
    assert!(matches!(
        join(&mut cluster, ask("t", 5), &any_size()),
        Refusal::Impossible(_)
    ));
    assert!(matches!(
        join(&mut cluster, ask("t", 3), &limits(0, Some(2))),
        Refusal::AboveMaximum { .. }
    ));
    assert!(matches!(
        join(&mut cluster, ask("t", 1).prefer("x"), &any_size()),
        Refusal::UnknownServer { .. }
    ));
    let limits = Limits {
        max_ttl: Some(minutes(9)),
        ..any_size()
    };
    let above = join(&mut cluster, lapsing(ask("t", 1), 10), &limits);
    assert!(matches!(above, Refusal::AboveMaxTtl { .. }));
}

#[test]
fn a_name_is_taken_by_who_holds_and_by_who_waits() {
    let mut cluster = full();
    let exists = |task: &str, server: Option<&str>, owner: Option<&str>| Refusal::TaskExists {
        task: name(task),
        server: server.map(name),
        owner: owner.map(ToOwned::to_owned),
    };
    assert_eq!(
        join(&mut cluster, ask("held", 1), &any_size()),
        exists("held", Some("a"), None)
    );
    queue_up(&mut cluster, owned(ask("t", 2), "ann"), 1);
    let waits = exists("t", None, Some("ann"));
    assert_eq!(join(&mut cluster, ask("t", 1), &any_size()), waits);
    assert_eq!(newcomer(&mut cluster, &ask("t", 1), 2), Err(waits));
}

#[test]
fn the_usual_time_is_what_a_wait_is_for_that_does_not_say() {
    let mut cluster = idle(&[("a", 4, 4)]);
    let limits = Limits {
        default_ttl: Some(minutes(7)),
        ..any_size()
    };
    let waiter = waiting(ask("t", 1), 0);
    let granted = allocator::enqueue(&mut cluster, waiter, &limits, at(2)).unwrap();
    assert_eq!(granted.unwrap().term.unwrap().end, at(9));
}

#[test]
fn who_dies_or_has_waited_long_enough_waits_no_longer() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("t1", 4), 1);
    let until = Waiter {
        until: Some(at(5)),
        ..waiting(ask("t2", 4), 2)
    };
    allocator::enqueue(&mut cluster, until, &any_size(), at(2)).unwrap();
    queue_up(&mut cluster, ask("t3", 4), 3);
    allocator::advance(&mut cluster, &facts(4, &["t1"]), &any_size());
    assert_eq!(queue(&cluster), ["t2", "t3"]);
    assert_eq!(granted_at(&mut cluster, 5), [""; 0]);
    assert_eq!(queue(&cluster), ["t3"]);
    release(&mut cluster, "held");
    assert_eq!(granted_at(&mut cluster, 6), ["t3"]);
}

#[test]
fn a_grant_goes_with_who_died_before_taking_it_to_the_next() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("t1", 4), 1);
    queue_up(&mut cluster, ask("t2", 4), 2);
    release(&mut cluster, "held");
    assert_eq!(granted_at(&mut cluster, 3), ["t1"]);
    let settled = allocator::advance(&mut cluster, &facts(4, &["t1"]), &any_size());
    assert_eq!(settled.freed.len(), 1);
    assert_eq!(task_ids(&cluster), ["t2"]);
}

#[test]
fn who_leaves_is_gone() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("t1", 4), 1);
    queue_up(&mut cluster, ask("t2", 4), 2);
    let gone = allocator::leave(&mut cluster, &id("t1")).unwrap();
    assert_eq!(gone.request.task, name("t1"));
    assert_eq!(allocator::leave(&mut cluster, &id("t1")), None);
    assert_eq!(queue(&cluster), ["t2"]);
}

#[test]
fn who_is_cancelled_is_told_and_gets_nothing_and_keeps_nothing_back() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("t1", 4), 1);
    let told = allocator::cancel(&mut cluster, &name("t1"), &nobody()).unwrap();
    assert!(told.cancelled && told.reserved.is_none());
    assert_eq!(cluster.queue(), [told]);
    release(&mut cluster, "held");
    assert_eq!(granted_at(&mut cluster, 2), [""; 0]);
    // Neither its place nor its name is kept.
    assert!(newcomer(&mut cluster, &ask("t1", 1), 3).is_ok());
}

#[test]
fn only_who_waits_is_cancelled_and_only_once() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("t", 4), 1);
    for task in ["held", "x"] {
        let refused = allocator::cancel(&mut cluster, &name(task), &forced(nobody()));
        assert_eq!(refused, Err(Refusal::NotWaiting { task: name(task) }));
    }
    assert!(allocator::cancel(&mut cluster, &name("t"), &nobody()).is_ok());
    let again = allocator::cancel(&mut cluster, &name("t"), &nobody());
    assert_eq!(again, Err(Refusal::NotWaiting { task: name("t") }));
}

#[test]
fn only_its_owner_cancels_a_wait() {
    let mut cluster = full();
    queue_up(&mut cluster, owned(ask("t", 4), "ann"), 1);
    for other in [user("bob"), nobody()] {
        let refused = allocator::cancel(&mut cluster, &name("t"), &other);
        let tasks = vec![(name("t"), "ann".to_owned())];
        assert_eq!(refused, Err(Refusal::NotOwner { tasks }));
        assert!(!cluster.queue()[0].cancelled);
    }
    for actor in [user("ann"), forced(user("bob"))] {
        assert!(allocator::cancel(&mut cluster.clone(), &name("t"), &actor).is_ok());
    }
}

#[test]
fn what_is_taken_lives_on_with_what_was_asked_for() {
    for tie in [None, Some(lease("P", LeaseKind::Process))] {
        let mut cluster = idle(&[("a", 4, 4)]);
        let waiter = waiting(ask("t", 2), 0);
        allocator::enqueue(&mut cluster, waiter, &any_size(), at(0)).unwrap();
        assert_eq!(
            allocator::take_grant(&mut cluster, &id("t"), tie.clone()),
            Ok(())
        );
        assert_eq!(lease_of(&cluster, "t"), tie);
        // Who waited may end now.
        allocator::advance(&mut cluster, &facts(1, &["t"]), &any_size());
        assert_eq!(task_ids(&cluster), ["t"]);
        let again = allocator::take_grant(&mut cluster, &id("t"), None);
        assert_eq!(again, Err(Refusal::GrantLost));
    }
}

#[test]
fn what_somebody_released_meanwhile_cannot_be_taken() {
    let mut cluster = idle(&[("a", 4, 4)]);
    let waiter = waiting(ask("t", 2), 0);
    allocator::enqueue(&mut cluster, waiter, &any_size(), at(0)).unwrap();
    release(&mut cluster, "t");
    assert_eq!(
        allocator::take_grant(&mut cluster, &id("t"), None),
        Err(Refusal::GrantLost)
    );
    // Another task of that name is not the one that was granted.
    grant(&mut cluster, &ask("t", 2));
    assert_eq!(
        allocator::take_grant(&mut cluster, &id("t"), None),
        Err(Refusal::GrantLost)
    );
}

#[test]
fn a_number_tells_a_task_from_all_that_hold_or_wait() {
    let mut cluster = full();
    assert_eq!(allocator::unused_name(&cluster, &name("t")), name("t-1"));
    queue_up(&mut cluster, ask("t-1", 1), 1);
    queue_up(&mut cluster, ask("t-3", 1), 2);
    assert_eq!(allocator::unused_name(&cluster, &name("t")), name("t-2"));
    release(&mut cluster, "held");
    grant(&mut cluster, &ask("t-2", 1));
    assert_eq!(allocator::unused_name(&cluster, &name("t")), name("t-4"));
}

#[test]
fn a_numbered_name_is_a_name_however_long_its_base_is() {
    let cluster = idle(&[("a", 1, 1)]);
    let longest = name(&"語".repeat(128));
    let numbered = allocator::unused_name(&cluster, &longest);
    assert_eq!(numbered.as_str().parse(), Ok(numbered.clone()));
    assert!(numbered.as_str().ends_with("-1"));
}

#[test]
fn grant_that_is_not_taken_goes_to_the_next() {
    let mut cluster = full();
    queue_up(&mut cluster, ask("stopped", 4), 1);
    queue_up(&mut cluster, ask("next", 4), 2);
    release(&mut cluster, "held");
    assert_eq!(granted_at(&mut cluster, 3), ["stopped"]);
    let lease = lease_of(&cluster, "stopped").unwrap();
    let facts = Facts {
        untaken: [(lease.id.clone(), at(3))].into(),
        ..Facts::at(at(4))
    };
    let mut taken = cluster.clone();
    let settled = allocator::advance(&mut cluster, &facts, &any_size());
    assert_eq!(settled.freed[0].why, ExpiryReason::Untaken);
    assert_eq!(settled.granted[0].1.task, name("next"));
    assert_eq!(queue(&cluster), [""; 0]);
    // Taken in between, it stays.
    allocator::confirm(&mut taken, &lease.id, at(4)).unwrap();
    let settled = allocator::advance(&mut taken, &facts, &any_size());
    assert!(settled.freed.is_empty());
    let gone = allocator::confirm(&mut cluster, &lease.id, at(5));
    assert_eq!(gone, Err(Refusal::GrantLost));
}
