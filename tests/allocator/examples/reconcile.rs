//! A changed description meets running tasks.

use crate::support::*;
use gpumgr::allocator::{self, Blocker, Change, Cluster, ClusterSpec, Refusal, plan_reconcile};

/// Servers of 4 GPUs and 8 CPUs; on the second, `low` holds GPU 0 and 1, `high` GPU 3, each
/// with 2 CPUs.
const SERVERS: [(&str, u32, u32); 3] = [("a", 4, 8), ("b", 4, 8), ("c", 4, 8)];

fn busy() -> Cluster {
    let mut cluster = idle(&SERVERS);
    for (task, gpus) in [("low", &[0, 1][..]), ("high", &[3])] {
        let mut request = ask_ids(task, gpus).prefer("b");
        request.demand.cpus = gpumgr::allocator::Cpus::exactly(2).unwrap();
        grant(&mut cluster, &request);
    }
    reloaded(&cluster)
}

/// Reconciles, sees that the plan said the same and that no task changed.
fn changes(cluster: &mut Cluster, spec: &ClusterSpec) -> Vec<Change> {
    let (planned, running) = (plan_reconcile(cluster, spec), tasks(cluster));
    let changes = allocator::reconcile(cluster, spec).unwrap();
    assert_eq!(changes, planned);
    assert_eq!(tasks(cluster), running);
    assert!(cluster.is_as_described(spec));
    assert_eq!(cluster.check(), Ok(()));
    changes
}

/// The servers and tasks in the way; nothing may have changed.
fn in_the_way(cluster: &mut Cluster, spec: &ClusterSpec) -> Vec<Blocker> {
    let before = cluster.clone();
    let refusal = allocator::reconcile(cluster, spec).unwrap_err();
    assert_eq!(cluster.servers(), before.servers());
    assert_eq!(cluster.edited(), before.edited());
    match refusal {
        Refusal::InTheWay { blockers } => blockers,
        other => panic!("{other:?}"),
    }
}

fn blocker(server: &str, tasks: &[&str]) -> Blocker {
    Blocker {
        server: name(server),
        tasks: names(tasks),
    }
}

/// The servers, with the second one of this size.
fn with_b(gpus: u32, cpus: u32) -> ClusterSpec {
    spec(&[("a", 4, 8), ("b", gpus, cpus), ("c", 4, 8)])
}

fn gpus(from: u32, to: u32) -> Change {
    let server = name("b");
    Change::Gpus { server, from, to }
}

fn cpus(from: u32, to: u32) -> Change {
    let server = name("b");
    Change::Cpus { server, from, to }
}

#[test]
fn the_same_description_changes_and_edits_nothing() {
    let mut cluster = busy();
    assert_eq!(changes(&mut cluster, &spec(&SERVERS)), []);
    assert!(cluster.edited().is_empty());
}

#[test]
fn a_server_grows_and_its_new_gpus_and_cpus_are_free() {
    let mut cluster = busy();
    assert_eq!(
        changes(&mut cluster, &with_b(6, 16)),
        [gpus(4, 6), cpus(8, 16)]
    );
    assert_eq!(server(&cluster, "b").free_gpus, [2, 4, 5]);
    assert_eq!(server(&cluster, "b").free_cpus, 12);
    assert!(cluster.edited().contains(&1));
}

#[test]
fn free_gpus_and_cpus_are_taken_away() {
    let mut cluster = busy();
    release(&mut cluster, "high");
    assert_eq!(
        changes(&mut cluster, &with_b(2, 2)),
        [gpus(4, 2), cpus(8, 2)]
    );
    assert!(server(&cluster, "b").free_gpus.is_empty());
    assert_eq!(server(&cluster, "b").free_cpus, 0);
}

#[test]
fn gpus_in_use_are_not_taken_away_and_only_the_tasks_that_hold_them_are_named() {
    let spec = with_b(3, 8);
    assert_eq!(in_the_way(&mut busy(), &spec), [blocker("b", &["high"])]);
    let spec = with_b(1, 8);
    assert_eq!(
        in_the_way(&mut busy(), &spec),
        [blocker("b", &["low", "high"])]
    );
}

#[test]
fn cpus_in_use_are_not_taken_away_and_all_tasks_that_share_them_are_named() {
    assert!(allocator::reconcile(&mut busy(), &with_b(4, 4)).is_ok());
    assert_eq!(
        in_the_way(&mut busy(), &with_b(4, 3)),
        [blocker("b", &["low", "high"])]
    );
}

#[test]
fn a_task_without_cpus_is_not_in_the_way_of_fewer_cpus() {
    let mut servers = busy().servers().to_vec();
    servers[1].tasks[0].cpus = 0;
    servers[1].free_cpus = 6;
    let mut cluster = Cluster::new(servers).unwrap();
    assert_eq!(
        in_the_way(&mut cluster, &with_b(4, 1)),
        [blocker("b", &["high"])]
    );
}

#[test]
fn all_servers_with_something_in_the_way_are_named_in_their_order() {
    let mut cluster = busy();
    grant(&mut cluster, &ask("on-a", 4).prefer("a"));
    let smaller = spec(&[("c", 4, 8), ("b", 2, 8), ("a", 3, 8)]);
    assert_eq!(
        in_the_way(&mut cluster, &smaller),
        [blocker("a", &["on-a"]), blocker("b", &["high"])]
    );
}

#[test]
fn nothing_is_done_in_part() {
    // The first server could grow, but the second cannot shrink.
    let spec = spec(&[("a", 8, 8), ("b", 1, 8), ("c", 4, 8)]);
    in_the_way(&mut busy(), &spec);
}

#[test]
fn a_server_is_added_where_it_is_described() {
    let mut cluster = busy();
    let spec = spec(&[("new", 2, 6), ("a", 4, 8), ("b", 4, 8), ("c", 4, 8)]);
    let added = Change::Added {
        server: name("new"),
        gpus: 2,
        cpus: 6,
    };
    assert_eq!(changes(&mut cluster, &spec), [added]);
    assert_eq!(cluster.find_server("new"), Some(0));
    assert_eq!(place(&mut cluster, &ask("t", 1)).0, "new");
    // Every server has another ID now.
    assert_eq!(edited(&cluster), [0, 1, 2, 3]);
}

#[test]
fn an_idle_server_is_removed() {
    let mut cluster = busy();
    let spec = spec(&[("b", 4, 8), ("c", 4, 8)]);
    let server = name("a");
    assert_eq!(changes(&mut cluster, &spec), [Change::Removed { server }]);
    assert_eq!(cluster.servers().len(), 2);
    assert_eq!(edited(&cluster), [0, 1]);
}

#[test]
fn removing_the_last_server_leaves_something_to_be_written() {
    let mut cluster = busy();
    changes(&mut cluster, &spec(&[("a", 4, 8), ("b", 4, 8)]));
    assert!(!cluster.edited().is_empty());
}

#[test]
fn a_server_in_use_is_not_removed() {
    let spec = spec(&[("a", 4, 8), ("c", 4, 8)]);
    assert_eq!(
        in_the_way(&mut busy(), &spec),
        [blocker("b", &["low", "high"])]
    );
}

#[test]
fn a_renamed_server_in_use_is_one_removed_and_one_added() {
    let renamed = spec(&[("a", 4, 8), ("b2", 4, 8), ("c", 4, 8)]);
    let plan = plan_reconcile(&busy(), &renamed);
    assert!(matches!(
        &plan[..],
        [Change::Added { .. }, Change::Removed { .. }]
    ));
    assert_eq!(in_the_way(&mut busy(), &renamed).len(), 1);
}

#[test]
fn servers_take_the_order_described_and_their_tasks_along() {
    let mut cluster = busy();
    let reordered = spec(&[("c", 4, 8), ("b", 4, 8), ("a", 4, 8)]);
    assert_eq!(changes(&mut cluster, &reordered), [Change::Reordered]);
    assert_eq!(place(&mut cluster, &ask("t", 1)).0, "c");
    assert_eq!(edited(&cluster), [0, 1, 2]);
}

#[test]
fn coming_and_going_alone_is_no_other_order() {
    let spec = spec(&[("new", 1, 1), ("b", 4, 8), ("newer", 1, 1), ("c", 4, 8)]);
    assert!(!plan_reconcile(&busy(), &spec).contains(&Change::Reordered));
}

#[test]
fn a_server_starts_and_stops_draining_without_losing_its_tasks() {
    let mut cluster = busy();
    let drain = |on| Change::Drain {
        server: name("b"),
        on,
    };
    let drained = draining(&SERVERS, &["b"]);
    assert_eq!(changes(&mut cluster, &drained), [drain(true)]);
    assert_eq!(place(&mut cluster, &ask("t1", 1).prefer("b")).0, "a");
    assert_eq!(changes(&mut cluster, &spec(&SERVERS)), [drain(false)]);
    assert_eq!(place(&mut cluster, &ask("t2", 1).prefer("b")).0, "b");
}

#[test]
fn changes_are_told_in_the_order_described_and_removals_last() {
    let mut cluster = busy();
    let spec = spec(&[("c", 5, 8), ("new", 1, 1), ("b", 4, 9)]);
    let expected = [
        Change::Gpus {
            server: name("c"),
            from: 4,
            to: 5,
        },
        Change::Added {
            server: name("new"),
            gpus: 1,
            cpus: 1,
        },
        cpus(8, 9),
        Change::Reordered,
        Change::Removed { server: name("a") },
    ];
    assert_eq!(changes(&mut cluster, &spec), expected);
}

#[test]
fn the_plan_is_told_even_where_tasks_are_in_the_way() {
    let smaller = with_b(1, 8);
    assert_eq!(plan_reconcile(&busy(), &smaller), [gpus(4, 1)]);
    in_the_way(&mut busy(), &smaller);
}

#[test]
fn a_cluster_of_no_servers_becomes_what_is_described() {
    let mut cluster = Cluster::new(Vec::new()).unwrap();
    assert_eq!(changes(&mut cluster, &spec(&SERVERS)).len(), 3);
    assert_eq!(cluster, Cluster::fresh(&spec(&SERVERS)));
}
