//! Names that all begin alike.

use crate::support::*;
use gpumgr::allocator::{self, BadName, Cluster, find_by_name, find_waiting_by_name};

const PREFIX: Option<&str> = Some("NDFS_");

/// All of one server is held by a task, and these wait.
fn cluster(held: &str, waiting: &[&str]) -> Cluster {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &ask(held, 4));
    for (minute, task) in (1..).zip(waiting) {
        queue_up(&mut cluster, ask(task, 1), minute);
    }
    cluster
}

#[test]
fn a_prefix_is_put_before_what_does_not_begin_so() {
    for (asked, expected) in [
        ("t", "NDFS_t"),
        ("NDFS_t", "NDFS_t"),
        ("ndfs_t", "NDFS_ndfs_t"),
        ("NDFS_", "NDFS_"),
        ("学習", "NDFS_学習"),
    ] {
        assert_eq!(name(asked).prefixed("NDFS_"), Ok(name(expected)));
    }
    let longest = "t".repeat(123);
    assert!(name(&longest).prefixed("NDFS_").is_ok());
    let longer = name(&(longest + "t")).prefixed("NDFS_");
    assert_eq!(longer, Err(BadName::TooLong { chars: 129 }));
}

#[test]
fn a_task_is_found_with_and_without_it() {
    let cluster = cluster("NDFS_t", &[]);
    for asked in ["t", "NDFS_t"] {
        assert_eq!(find_by_name(&cluster, &name(asked), PREFIX), name("NDFS_t"));
    }
    assert_eq!(find_by_name(&cluster, &name("t"), None), name("t"));
}

#[test]
fn an_exact_name_comes_first() {
    let mut cluster = cluster("NDFS_t", &[]);
    release(&mut cluster, "NDFS_t");
    grant(&mut cluster, &ask("NDFS_t", 2));
    grant(&mut cluster, &ask("t", 2));
    assert_eq!(find_by_name(&cluster, &name("t"), PREFIX), name("t"));
    release(&mut cluster, "t");
    assert_eq!(find_by_name(&cluster, &name("t"), PREFIX), name("NDFS_t"));
}

#[test]
fn who_runs_is_meant_to_be_released_and_who_waits_to_be_cancelled() {
    let runs = cluster("NDFS_t", &["t"]);
    assert_eq!(find_by_name(&runs, &name("t"), PREFIX), name("NDFS_t"));
    assert_eq!(find_waiting_by_name(&runs, &name("t"), PREFIX), name("t"));
    let waits = cluster("t", &["NDFS_t"]);
    assert_eq!(find_by_name(&waits, &name("t"), PREFIX), name("t"));
    assert_eq!(
        find_waiting_by_name(&waits, &name("t"), PREFIX),
        name("NDFS_t")
    );
    // Where there is none of the kind, the refusal is about the one there is.
    let waits = cluster("held", &["NDFS_t"]);
    assert_eq!(find_by_name(&waits, &name("t"), PREFIX), name("NDFS_t"));
    let runs = cluster("NDFS_t", &[]);
    assert_eq!(
        find_waiting_by_name(&runs, &name("t"), PREFIX),
        name("NDFS_t")
    );
}

#[test]
fn what_is_not_there_is_what_was_asked_for() {
    let mut cluster = cluster("held", &["NDFS_t"]);
    allocator::cancel(&mut cluster, &name("NDFS_t"), &nobody()).unwrap();
    for find in [find_by_name, find_waiting_by_name] {
        assert_eq!(find(&cluster, &name("t"), PREFIX), name("t"));
        let long = name(&"t".repeat(128));
        assert_eq!(find(&cluster, &long, PREFIX), long);
    }
}
