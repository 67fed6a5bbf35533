//! Moving the end of a task, and who is in the way of that.

use crate::support::*;
use gpumgr::allocator::{self, Actor, Cluster, CommandEnd, LeaseKind, Limits, Refusal, Renewed};

fn with(limits: Limits, default: Option<i64>, max: Option<i64>) -> Limits {
    Limits {
        default_ttl: default.map(minutes),
        max_ttl: max.map(minutes),
        ..limits
    }
}

fn try_renew(
    cluster: &mut Cluster,
    task: &str,
    ttl: Option<i64>,
    actor: &Actor,
    limits: &Limits,
    minute: i64,
) -> Result<Renewed, Refusal> {
    let before = cluster.clone();
    let ttl = ttl.map(minutes);
    let facts = facts(minute, &[]);
    let result = allocator::renew(cluster, &name(task), ttl, actor, limits, &facts);
    if result.is_err() {
        assert_eq!(*cluster, before);
    }
    result
}

fn renew(
    cluster: &mut Cluster,
    task: &str,
    ttl: Option<i64>,
    minute: i64,
) -> Result<Renewed, Refusal> {
    try_renew(cluster, task, ttl, &nobody(), &any_size(), minute)
}

fn is_behind(result: &Result<Renewed, Refusal>, first: &str) -> bool {
    matches!(result, Err(Refusal::Behind(behind)) if behind.task.as_str() == first)
}

#[test]
fn a_task_gets_its_time_again_from_now_on() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &lapsing(ask("t", 1), 10));
    let renewed = renew(&mut cluster, "t", None, 7).unwrap();
    assert_eq!(renewed.term.end, at(17));
    assert_eq!(renewed.term.ttl, minutes(10));
    assert_eq!(renewed.server_name, name("a"));
    assert_eq!(renewed.task, server(&cluster, "a").tasks[0]);
    assert_eq!(renewed.task.start, now());
}

#[test]
fn another_time_replaces_it_for_good() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &lapsing(ask("t", 1), 10));
    assert_eq!(
        renew(&mut cluster, "t", Some(3), 7).unwrap().term.end,
        at(10)
    );
    assert_eq!(renew(&mut cluster, "t", None, 8).unwrap().term.end, at(11));
}

#[test]
fn what_never_had_a_term_gets_what_is_asked_or_usual() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 1));
    let no_ttl = Err(Refusal::NoTtl { task: name("t") });
    assert_eq!(renew(&mut cluster, "t", None, 1), no_ttl);
    for (default, max, end) in [
        (Some(5), None, 6),
        (Some(5), Some(9), 6),
        (None, Some(9), 10),
    ] {
        let limits = with(any_size(), default, max);
        let renewed = try_renew(&mut cluster.clone(), "t", None, &nobody(), &limits, 1);
        assert_eq!(renewed.unwrap().term.end, at(end));
    }
    let renewed = renew(&mut cluster, "t", Some(5), 1).unwrap();
    assert_eq!(renewed.term.end, at(6));
}

#[test]
fn not_more_than_the_maximum_even_if_it_had_more() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &lapsing(ask("t", 1), 10));
    let limits = with(any_size(), None, Some(9));
    for ttl in [None, Some(10)] {
        let refused = try_renew(&mut cluster, "t", ttl, &nobody(), &limits, 1);
        let (asked, max) = (minutes(10), minutes(9));
        assert_eq!(refused, Err(Refusal::AboveMaxTtl { asked, max }));
    }
    assert!(try_renew(&mut cluster, "t", Some(9), &nobody(), &limits, 1).is_ok());
}

#[test]
fn only_its_owner_renews_a_task() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &owned(lapsing(ask("t", 1), 10), "ann"));
    for other in [user("bob"), nobody()] {
        let refused = try_renew(&mut cluster, "t", None, &other, &any_size(), 1);
        let tasks = vec![(name("t"), "ann".to_owned())];
        assert_eq!(refused, Err(Refusal::NotOwner { tasks }));
    }
    for actor in [user("ann"), forced(user("bob"))] {
        assert!(try_renew(&mut cluster, "t", None, &actor, &any_size(), 1).is_ok());
    }
    let unknown = Err(Refusal::UnknownTask { task: name("x") });
    assert_eq!(renew(&mut cluster, "x", Some(1), 1), unknown);
}

#[test]
fn a_time_beyond_what_a_clock_tells_is_no_time() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 1));
    let ttl = Some(chrono::TimeDelta::MAX);
    let facts = facts(1, &[]);
    let refused = allocator::renew(
        &mut cluster,
        &name("t"),
        ttl,
        &nobody(),
        &any_size(),
        &facts,
    );
    assert_eq!(refused, Err(Refusal::NoTtl { task: name("t") }));
}

/// "old" until minute 100, "first" waits for all of it, and "filler" was let in before because it
/// ends by then.
fn filled() -> Cluster {
    let mut cluster = idle(&[("a", 4, 4), ("b", 1, 1)]);
    grant(&mut cluster, &lapsing(ask("old", 3), 100));
    queue_up(&mut cluster, ask("first", 4), 1);
    let filler = lapsing(ask("filler", 1).prefer("a"), 50);
    assert_eq!(newcomer(&mut cluster, &filler, 2).unwrap().server_id, 0);
    cluster
}

#[test]
fn what_started_before_the_first_in_line_because_it_ends_in_time_does() {
    let mut cluster = filled();
    assert!(is_behind(
        &renew(&mut cluster, "filler", Some(61), 40),
        "first"
    ));
    assert_eq!(
        renew(&mut cluster, "filler", Some(60), 40)
            .unwrap()
            .term
            .end,
        at(100)
    );
    assert_eq!(granted_at(&mut cluster, 99), [""; 0]);
    assert_eq!(granted_at(&mut cluster, 100), ["first"]);
}

#[test]
fn nor_may_an_administrator_break_that_promise() {
    let mut cluster = filled();
    let actor = forced(nobody());
    let refused = try_renew(&mut cluster, "filler", Some(61), &actor, &any_size(), 40);
    assert!(is_behind(&refused, "first"));
}

#[test]
fn what_was_there_before_the_first_in_line_promised_nothing() {
    let mut cluster = filled();
    assert_eq!(
        renew(&mut cluster, "old", Some(100), 40).unwrap().term.end,
        at(140)
    );
}

#[test]
fn what_is_on_another_server_is_in_nobodys_way() {
    let mut cluster = filled();
    let other = lapsing(ask("other", 1).prefer("b"), 50);
    assert_eq!(newcomer(&mut cluster, &other, 3).unwrap().server_id, 1);
    assert!(renew(&mut cluster, "other", Some(1000), 40).is_ok());
}

#[test]
fn what_is_in_the_spare_may_stay_there() {
    let mut cluster = idle(&[("a", 5, 5)]);
    grant(&mut cluster, &lapsing(ask("old", 3), 100));
    queue_up(&mut cluster, ask("first", 4), 1);
    newcomer(&mut cluster, &lapsing(ask("spare", 1), 500), 2).unwrap();
    assert!(renew(&mut cluster, "spare", Some(5000), 40).is_ok());
    assert_eq!(granted_at(&mut cluster, 100), ["first"]);
}

#[test]
fn a_command_must_leave_time_for_its_end() {
    let mut cluster = filled();
    let run = lapsing(ask("run", 1), 10).tied_to(Some(lease("R", LeaseKind::Run)));
    release(&mut cluster, "filler");
    newcomer(&mut cluster, &run.prefer("a"), 40).unwrap();
    // The grace of 30 seconds comes after the term.
    assert!(is_behind(
        &renew(&mut cluster, "run", Some(60), 40),
        "first"
    ));
    assert!(renew(&mut cluster, "run", Some(59), 40).is_ok());
}

#[test]
fn to_end_earlier_is_never_refused() {
    let mut cluster = filled();
    release(&mut cluster, "old");
    assert_eq!(granted_at(&mut cluster, 3), [""; 0]);
    assert_eq!(
        renew(&mut cluster, "filler", Some(5), 3).unwrap().term.end,
        at(8)
    );
    assert_eq!(granted_at(&mut cluster, 8), ["first"]);
}

#[test]
fn a_longer_task_is_in_nobodys_way_where_another_server_is_ready_as_early() {
    let mut cluster = idle(&[("a", 2, 2), ("b", 2, 2)]);
    grant(&mut cluster, &lapsing(ask("a1", 1), 10));
    grant(&mut cluster, &lapsing(ask("b1", 2), 10));
    queue_up(&mut cluster, ask("first", 2), 1);
    newcomer(&mut cluster, &lapsing(ask("filler", 1), 5), 2).unwrap();
    assert!(renew(&mut cluster, "filler", Some(50), 3).is_ok());
    assert_eq!(granted_at(&mut cluster, 10), ["first"]);
}

fn is_owners_alone(result: &Result<Renewed, Refusal>, whose: &str) -> bool {
    let end = CommandEnd::Sooner;
    matches!(result, Err(Refusal::OwnersAlone { owner, end: how, .. }) if owner == whose && *how == end)
}

#[test]
fn only_owner_or_root_makes_a_command_end_sooner() {
    let any = any_size();
    let root = Actor {
        is_root: true,
        ..forced(user("root"))
    };
    let (ann, bob) = (user("ann"), forced(user("bob")));
    let runs = |request| owned(request, "ann").tied_to(Some(lease("run", LeaseKind::Run)));
    for request in [runs(lapsing(ask("t", 1), 10)), runs(ask("t", 1))] {
        let mut cluster = idle(&[("a", 2, 2)]);
        grant(&mut cluster, &request);
        let sooner = try_renew(&mut cluster, "t", Some(5), &bob, &any, 1);
        assert!(is_owners_alone(&sooner, "ann"), "{sooner:?}");
        assert!(try_renew(&mut cluster, "t", Some(8), &ann, &any, 1).is_ok());
        assert!(try_renew(&mut cluster, "t", Some(8), &bob, &any, 2).is_ok());
        let sooner = try_renew(&mut cluster, "t", Some(6), &bob, &any, 2);
        assert!(is_owners_alone(&sooner, "ann"), "{sooner:?}");
        assert!(try_renew(&mut cluster, "t", Some(6), &root, &any, 2).is_ok());
    }
    // Nothing is ended with a task that is only in the books.
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &owned(lapsing(ask("t", 1), 10), "ann"));
    assert!(try_renew(&mut cluster, "t", Some(5), &bob, &any, 1).is_ok());
}
