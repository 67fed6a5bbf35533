//! Who is granted what while somebody waits.

use crate::support::*;
use gpumgr::allocator::{self, Cluster, ClusterSpec, Cpus, LeaseKind, Refusal, Request, Waiter};

/// A server of 8 on which 5 are held until minute 100, and a first in line who wants 6.
fn busy() -> Cluster {
    let mut cluster = idle(&[("a", 8, 8)]);
    grant(&mut cluster, &lapsing(ask("old", 5), 100));
    queue_up(&mut cluster, ask("first", 6), 1);
    cluster
}

fn on_machines(hosts: &[(&str, &str)]) -> Cluster {
    let names: Vec<_> = hosts.iter().map(|&(server, _)| (server, 2, 2)).collect();
    let mut servers = described(&names);
    for (server, (_, host)) in servers.iter_mut().zip(hosts) {
        server.host = Some((*host).to_owned());
    }
    loaded(&ClusterSpec::new(servers).unwrap())
}

fn from(host: &str, request: Request) -> Request {
    Request {
        host: Some(host.to_owned()),
        ..request
    }
}

#[test]
fn first_come_first_served_however_they_are_written_down() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("held", 2));
    // Neither the names nor the places in the list say who came first.
    for (task, since) in [("a", 3), ("c", 1), ("b", 2)] {
        queue_up(&mut cluster, ask(task, 2), since);
    }
    for (ends, next) in [("held", "c"), ("c", "b"), ("b", "a")] {
        release(&mut cluster, ends);
        assert_eq!(granted_at(&mut cluster, 4), [next]);
    }
}

#[test]
fn clock_set_back_lets_no_newcomer_overtake() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("held", 2));
    // The first one has no number, as of gpumgr 0.2.0; the clock is set back, and goes on from there.
    queue_up(&mut cluster, ask("a", 2), 100);
    for (task, minute) in [("c", 1), ("b", 2), ("d", 101)] {
        let waiter = Waiter {
            order: Some(allocator::next_order(&cluster, at(minute))),
            ..waiting(ask(task, 2), minute)
        };
        assert_eq!(
            allocator::enqueue(&mut cluster, waiter, &any_size(), at(minute)),
            Ok(None)
        );
    }
    for (ends, next) in [("held", "a"), ("a", "c"), ("c", "b"), ("b", "d")] {
        release(&mut cluster, ends);
        assert_eq!(granted_at(&mut cluster, 4), [next]);
    }
}

#[test]
fn highest_order_number_has_one_behind_it() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("held", 2));
    let last = Waiter {
        order: Some(i64::MAX),
        ..waiting(ask("z", 2), 1)
    };
    assert_eq!(
        allocator::enqueue(&mut cluster, last, &any_size(), at(1)),
        Ok(None)
    );
    assert_eq!(allocator::next_order(&cluster, at(2)), i64::MAX);
}

#[test]
fn a_newcomer_gets_what_is_to_spare_and_no_more() {
    // Of 8, 6 are for the first in line, whatever becomes of the old one.
    let mut cluster = busy();
    assert_eq!(
        behind(newcomer(&mut cluster, &ask("t", 3), 2)),
        ("first".into(), "a".into())
    );
    assert!(newcomer(&mut cluster, &ask("t", 2), 2).is_ok());
    assert_eq!(
        behind(newcomer(&mut cluster, &ask("u", 1), 2)),
        ("first".into(), "a".into())
    );
    assert_eq!(granted_at(&mut cluster, 100), ["first"]);
}

#[test]
fn a_newcomer_that_ends_in_time_gets_in() {
    let mut cluster = busy();
    behind(newcomer(&mut cluster, &lapsing(ask("t", 3), 99), 2));
    assert!(newcomer(&mut cluster, &lapsing(ask("t", 3), 98), 2).is_ok());
    assert_eq!(granted_at(&mut cluster, 100), ["first"]);
}

#[test]
fn a_command_is_given_time_to_end() {
    let mut cluster = busy();
    let run = |ttl| lapsing(ask("t", 3), ttl).tied_to(Some(lease("R", LeaseKind::Run)));
    behind(newcomer(&mut cluster, &run(98), 2));
    assert!(newcomer(&mut cluster, &run(97), 2).is_ok());
}

#[test]
fn nobody_gets_in_where_nobody_knows_when_it_ends() {
    let mut cluster = idle(&[("a", 8, 8)]);
    grant(&mut cluster, &ask("old", 5));
    queue_up(&mut cluster, ask("first", 6), 1);
    behind(newcomer(&mut cluster, &lapsing(ask("t", 1), 1), 2));
}

#[test]
fn cpus_are_kept_as_gpus_are() {
    let mut cluster = idle(&[("a", 8, 8)]);
    grant(&mut cluster, &lapsing(ask_both("old", 1, 6), 100));
    queue_up(&mut cluster, ask_both("first", 1, 7), 1);
    behind(newcomer(&mut cluster, &ask_both("t", 1, 2), 2));
    assert!(newcomer(&mut cluster, &ask_both("t", 1, 1), 2).is_ok());
    behind(newcomer(&mut cluster, &ask_both("u", 0, 1), 2));
}

#[test]
fn another_server_is_open_to_all() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 2, 2)]);
    grant(&mut cluster, &ask("old", 2));
    queue_up(&mut cluster, ask("first", 4), 1);
    assert_eq!(
        newcomer(&mut cluster, &ask("t", 2), 2).unwrap().server_name,
        name("b")
    );
    behind(newcomer(&mut cluster, &ask("u", 1), 2));
}

#[test]
fn without_room_nobody_is_to_blame() {
    let mut cluster = busy();
    let refused = newcomer(&mut cluster, &ask("t", 4), 2);
    assert!(matches!(refused, Err(Refusal::Insufficient(_))));
}

#[test]
fn those_who_wait_start_early_by_the_same_rule() {
    let mut cluster = busy();
    queue_up(&mut cluster, ask("second", 4), 2);
    queue_up(&mut cluster, ask("third", 3), 3);
    let fourth = waiting(ask("fourth", 2), 4);
    assert!(
        allocator::enqueue(&mut cluster, fourth, &any_size(), at(4))
            .unwrap()
            .is_some()
    );
    assert_eq!(queue(&cluster), ["first", "second", "third"]);
}

#[test]
fn the_server_that_is_certain_first_is_kept() {
    let mut cluster = idle(&[("a", 2, 2), ("b", 2, 2), ("c", 2, 2)]);
    grant(&mut cluster, &ask("t1", 1));
    grant(&mut cluster, &lapsing(ask("t2", 2), 50));
    grant(&mut cluster, &lapsing(ask("t3", 2), 40));
    queue_up(&mut cluster, ask("first", 2), 1);
    assert_eq!(cluster.queue()[0].reserved, Some(name("c")));
}

#[test]
fn of_servers_of_which_nothing_is_known_the_one_that_lacks_least_is_kept() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 4, 4)]);
    grant(&mut cluster, &ask("t1", 3));
    grant(&mut cluster, &ask("t2", 2));
    queue_up(&mut cluster, ask("first", 3), 1);
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
}

fn renewed(cluster: &mut Cluster, task: &str, ttl: i64) {
    let ttl = Some(minutes(ttl));
    let facts = facts(2, &[]);
    allocator::renew(cluster, &name(task), ttl, &nobody(), &any_size(), &facts).unwrap();
    assert_eq!(granted_at(cluster, 2), [""; 0]);
}

#[test]
fn what_is_kept_stays_where_it_is_until_another_is_certain_to_be_earlier() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 4, 4)]);
    grant(&mut cluster, &ask("a1", 1));
    grant(&mut cluster, &lapsing(ask("b1", 4), 60));
    queue_up(&mut cluster, ask("first", 4), 1);
    // The other lacks fewer GPUs, but nobody knows how long.
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
    renewed(&mut cluster, "a1", 58);
    assert_eq!(
        cluster.queue()[0].reserved,
        Some(name("b")),
        "as early is not earlier"
    );
    renewed(&mut cluster, "a1", 57);
    assert_eq!(cluster.queue()[0].reserved, Some(name("a")));
}

#[test]
fn what_is_kept_does_not_move_to_a_server_that_only_lacks_fewer() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 4, 4)]);
    for task in ["a1", "a2"] {
        grant(&mut cluster, &ask(task, 2));
    }
    grant(&mut cluster, &ask("b1", 3));
    queue_up(&mut cluster, ask("first", 4), 1);
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
    release(&mut cluster, "a1");
    assert_eq!(granted_at(&mut cluster, 2), [""; 0]);
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
}

#[test]
fn gpus_asked_for_by_id_are_kept_and_others_are_not() {
    let these = |task, gpus: &[u16]| Request::new(name(task), ids(gpus), Cpus::exactly(1).unwrap());
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &these("old", &[1]));
    queue_up(&mut cluster, these("first", &[0, 1]), 1);
    behind(newcomer(&mut cluster, &these("t", &[0]), 2));
    assert!(newcomer(&mut cluster, &these("t", &[2]), 2).is_ok());
    // A count means the lowest free one, which is kept.
    behind(newcomer(&mut cluster, &ask_both("u", 1, 1), 2));
    assert!(newcomer(&mut cluster, &these("u", &[3]), 2).is_ok());
    release(&mut cluster, "old");
    assert_eq!(granted_at(&mut cluster, 3), ["first"]);
}

#[test]
fn a_draining_server_is_kept_for_nobody() {
    let servers = [("a", 4, 4), ("b", 2, 2)];
    let mut cluster = idle(&servers);
    grant(&mut cluster, &ask("old", 3));
    queue_up(&mut cluster, ask("first", 4), 1);
    allocator::reconcile(&mut cluster, &draining(&servers, &["a"])).unwrap();
    grant(&mut cluster, &ask("t", 1));
    queue_up(&mut cluster, ask("second", 2), 2);
    assert_eq!(cluster.queue()[0].reserved, None);
    assert_eq!(cluster.queue()[1].reserved, Some(name("b")));
    release(&mut cluster, "t");
    assert_eq!(granted_at(&mut cluster, 3), ["second"]);
    allocator::reconcile(&mut cluster, &spec(&servers)).unwrap();
    release(&mut cluster, "old");
    assert_eq!(granted_at(&mut cluster, 4), ["first"]);
}

#[test]
fn a_name_that_is_taken_keeps_nobody_else_waiting() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("old", 2));
    queue_up(&mut cluster, ask("t", 2), 1);
    queue_up(&mut cluster, ask("second", 1), 2);
    // As v0.1 does, which knows no queue.
    let waiters = cluster.queue().to_vec();
    release(&mut cluster, "old");
    let mut cluster = reloaded(&cluster);
    grant(&mut cluster, &ask("t", 1));
    let mut cluster = reloaded(&cluster).with_queue(waiters);
    assert_eq!(granted_at(&mut cluster, 3), ["second"]);
    release(&mut cluster, "t");
    release(&mut cluster, "second");
    assert_eq!(granted_at(&mut cluster, 4), ["t"]);
}

#[test]
fn larger_servers_are_granted_from_at_once() {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &ask("old", 3));
    queue_up(&mut cluster, ask("first", 3), 1);
    queue_up(&mut cluster, ask("second", 2), 2);
    allocator::reconcile(&mut cluster, &spec(&[("a", 8, 8)])).unwrap();
    assert_eq!(granted_at(&mut cluster, 3), ["first", "second"]);
}

#[test]
fn a_request_stays_on_its_own_machine() {
    let mut cluster = on_machines(&[("a", "one"), ("b", "two.example.org")]);
    let request = from("TWO", ask("t", 1));
    assert_eq!(
        newcomer(&mut cluster, &request, 0).unwrap().server_name,
        name("b")
    );
    queue_up(&mut cluster, from("two", ask("first", 2)), 1);
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
    assert!(newcomer(&mut cluster, &from("one", ask("u", 2)), 2).is_ok());
    let nowhere = newcomer(&mut cluster, &from("three", ask("v", 1)), 2);
    assert!(
        matches!(nowhere, Err(Refusal::Impossible(too_much)) if too_much.host.as_deref() == Some("three"))
    );
}

#[test]
fn a_preferred_server_of_another_machine_is_no_way_around() {
    let mut cluster = on_machines(&[("a", "one"), ("b", "two")]);
    let request = from("two", ask("t", 1)).prefer("a");
    assert_eq!(
        newcomer(&mut cluster, &request, 0).unwrap().server_name,
        name("b")
    );
}

#[test]
fn one_machine_has_several_names() {
    for (one, other, same) in [
        ("n1", "n1", true),
        ("n1", "N1", true),
        ("n1", "n1.example.org", true),
        ("N1.Example.org", "n1.example.ORG", true),
        ("n1.a.org", "n1.b.org", false),
        ("n1", "n2", false),
        ("n1", "n11.example.org", false),
    ] {
        assert_eq!(allocator::same_host(one, other), same, "{one} {other}");
        assert_eq!(allocator::same_host(other, one), same, "{other} {one}");
    }
}

#[test]
fn who_was_let_in_early_keeps_its_time_even_if_the_first_in_line_could_start_sooner() {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &lapsing(ask("old", 3), 100));
    queue_up(&mut cluster, ask("first", 4), 1);
    newcomer(&mut cluster, &lapsing(ask("t", 1), 90), 2).unwrap();
    release(&mut cluster, "old");
    assert_eq!(granted_at(&mut cluster, 3), [""; 0]);
    // Not later than it was promised, and nobody else gets in its way.
    behind(newcomer(&mut cluster, &lapsing(ask("u", 1), 90), 3));
    assert!(newcomer(&mut cluster, &lapsing(ask("u", 1), 89), 3).is_ok());
    assert_eq!(granted_at(&mut cluster, 91), [""; 0]);
    assert_eq!(granted_at(&mut cluster, 92), ["first"]);
}
