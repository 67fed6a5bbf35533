//! Why somebody waits.

use crate::support::*;
use gpumgr::allocator::{self, Cluster, Why};

fn explained(cluster: &Cluster, minute: i64) -> Vec<(String, Why)> {
    let explained = allocator::explain(cluster, at(minute), &any_size()).into_iter();
    explained
        .map(|explained| (explained.waiter.request.task.to_string(), explained.why))
        .collect()
}

fn why(cluster: &Cluster, task: &str) -> Why {
    let explained = explained(cluster, 10).into_iter();
    let mut found = explained.filter(|(waits, _)| waits == task);
    found.next().unwrap().1
}

#[test]
fn the_first_in_line_is_told_when_and_after_whom() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 8, 8)]);
    grant(&mut cluster, &owned(ask("small", 4), "ann"));
    for (task, ttl) in [("late", Some(90)), ("never", None), ("soon", Some(50))] {
        grant(
            &mut cluster,
            &owned(ask(task, 2), "bob").lapsing_after(ttl.map(minutes)),
        );
    }
    queue_up(&mut cluster, ask("first", 6), 1);
    let Why::Lacks {
        nearest,
        start,
        holders,
        withheld: None,
    } = why(&cluster, "first")
    else {
        panic!("it lacks GPUs");
    };
    assert_eq!(nearest.server_name, name("b"));
    assert_eq!(
        (nearest.free_gpus, nearest.lacks_gpus, nearest.lacks_cpus),
        (2, 4, 4)
    );
    assert_eq!(start, Some(at(90)));
    let told: Vec<_> = holders
        .iter()
        .map(|holder| (holder.task.as_str(), holder.ends_by))
        .collect();
    let expected = [
        ("soon", Some(at(50))),
        ("late", Some(at(90))),
        ("never", None),
    ];
    assert_eq!(told, expected);
    assert!(
        holders
            .iter()
            .all(|holder| holder.owner.as_deref() == Some("bob"))
    );
    assert!(
        holders
            .iter()
            .all(|holder| (holder.gpus.len(), holder.cpus) == (2, 2))
    );
}

#[test]
fn who_waits_behind_somebody_is_told_whom() {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &ask("old", 2));
    queue_up(&mut cluster, ask("first", 4), 1);
    queue_up(&mut cluster, ask("second", 2), 2);
    queue_up(&mut cluster, ask("third", 3), 3);
    let behind = Why::Behind {
        task: name("first"),
        server: name("a"),
    };
    assert_eq!(why(&cluster, "second"), behind);
    // There is no room for it anyway, and no promise when.
    let Why::Lacks {
        nearest,
        start: None,
        ..
    } = why(&cluster, "third")
    else {
        panic!("it lacks a GPU");
    };
    assert_eq!(nearest.lacks_gpus, 1);
}

#[test]
fn they_are_told_in_their_order() {
    let mut cluster = idle(&[("a", 1, 1)]);
    grant(&mut cluster, &ask("old", 1));
    for (task, since) in [("t2", 2), ("t1", 1), ("t3", 3)] {
        queue_up(&mut cluster, ask(task, 1), since);
    }
    allocator::cancel(&mut cluster, &name("t3"), &nobody()).unwrap();
    let tasks: Vec<_> = explained(&cluster, 5)
        .into_iter()
        .map(|(task, _)| task)
        .collect();
    assert_eq!(tasks, ["t1", "t2"]);
}

#[test]
fn what_is_free_but_not_yet_granted_is_ready() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("old", 2));
    queue_up(&mut cluster, ask("first", 1), 1);
    queue_up(&mut cluster, ask("second", 2), 2);
    release(&mut cluster, "old");
    assert_eq!(why(&cluster, "first"), Why::Ready);
}

#[test]
fn servers_that_drain_or_shrank_are_told() {
    let servers = [("a", 4, 4), ("b", 1, 1)];
    let mut cluster = idle(&servers);
    grant(&mut cluster, &ask("old", 2));
    queue_up(&mut cluster, ask("first", 4), 1);
    allocator::reconcile(&mut cluster, &draining(&servers, &["a"])).unwrap();
    assert_eq!(why(&cluster, "first"), Why::Draining);
    allocator::reconcile(&mut cluster, &spec(&[("a", 3, 3), ("b", 1, 1)])).unwrap();
    assert_eq!(why(&cluster, "first"), Why::Impossible);
}

#[test]
fn a_name_that_is_taken_is_told() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 1));
    let mut cluster = reloaded(&cluster).with_queue(vec![waiting(ask("t", 1), 1)]);
    assert_eq!(granted_at(&mut cluster, 2), [""; 0]);
    assert_eq!(why(&cluster, "t"), Why::NameTaken);
}

#[test]
fn explaining_changes_nothing() {
    let mut cluster = idle(&[("a", 1, 1)]);
    grant(&mut cluster, &ask("old", 1));
    let cluster = reloaded(&cluster).with_queue(vec![waiting(ask("t", 1), 1)]);
    explained(&cluster, 1);
    assert!(!cluster.is_edited());
    assert_eq!(cluster.queue()[0].reserved, None);
}
