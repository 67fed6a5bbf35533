//! What ends by itself, and what does not.

use crate::support::*;
use gpumgr::allocator::{self, Cluster, ExpiryReason, LeaseKind, Request};

/// One server, and a task on all of it.
fn held(request: Request) -> Cluster {
    let mut cluster = idle(&[("a", 4, 4)]);
    grant(&mut cluster, &request);
    cluster
}

fn swept(cluster: &mut Cluster, minute: i64, dead: &[&str]) -> Vec<(String, ExpiryReason)> {
    let freed = allocator::expire(cluster, &facts(minute, dead)).into_iter();
    freed
        .map(|freed| (freed.task.id.to_string(), freed.why))
        .collect()
}

#[test]
fn a_task_lapses_at_its_end_and_not_before() {
    let mut cluster = held(lapsing(ask("t", 4), 10));
    assert_eq!(swept(&mut cluster, 9, &[]), []);
    let freed = swept(&mut cluster, 10, &[]);
    assert_eq!(freed, [("t".to_owned(), ExpiryReason::Lapsed)]);
    assert_eq!(server(&cluster, "a").free_gpus, [0, 1, 2, 3]);
    assert_eq!(server(&cluster, "a").free_cpus, 4);
}

#[test]
fn what_has_no_term_and_no_lease_is_for_ever() {
    let mut cluster = held(ask("t", 4));
    assert_eq!(swept(&mut cluster, 50_000_000, &["t"]), []);
}

#[test]
fn a_task_ends_with_what_it_lives_with() {
    for tie in [LeaseKind::Run, LeaseKind::Process, LeaseKind::Claim] {
        let mut cluster = held(ask("t", 4).tied_to(Some(lease("L", tie))));
        assert_eq!(swept(&mut cluster, 1, &["other"]), []);
        let freed = swept(&mut cluster, 1, &["L"]);
        assert_eq!(freed, [("t".to_owned(), ExpiryReason::Ended)]);
    }
}

#[test]
fn a_term_frees_whatever_it_is_tied_to_but_a_command() {
    for tie in [LeaseKind::Process, LeaseKind::Claim] {
        let mut cluster = held(lapsing(ask("t", 4), 10).tied_to(Some(lease("L", tie))));
        let freed = swept(&mut cluster, 10, &[]);
        assert_eq!(freed, [("t".to_owned(), ExpiryReason::Lapsed)]);
    }
}

#[test]
fn a_term_never_frees_a_command_that_lives() {
    let mut cluster = held(lapsing(ask("t", 4), 10).tied_to(Some(lease("L", LeaseKind::Run))));
    assert_eq!(swept(&mut cluster, 50_000_000, &[]), []);
    assert_eq!(task_ids(&cluster), ["t"]);
    assert_eq!(
        swept(&mut cluster, 50_000_000, &["L"]),
        [("t".to_owned(), ExpiryReason::Ended)]
    );
}

#[test]
fn all_that_is_over_goes_and_nothing_else() {
    let mut cluster = idle(&[("a", 4, 4), ("b", 2, 2)]);
    for (task, minutes) in [("t1", 5), ("t2", 9), ("t3", 5), ("t4", 5)] {
        grant(&mut cluster, &lapsing(ask(task, 1), minutes));
    }
    grant(&mut cluster, &lapsing(ask("t5", 2), 3));
    cluster = reloaded(&cluster);
    let freed = allocator::expire(&mut cluster, &facts(5, &[]));
    let places: Vec<_> = freed
        .iter()
        .map(|freed| (freed.task.id.as_str(), freed.server_id))
        .collect();
    assert_eq!(places, [("t1", 0), ("t3", 0), ("t4", 0), ("t5", 1)]);
    assert!(
        freed
            .iter()
            .all(|freed| freed.server_name == cluster.servers()[freed.server_id].name)
    );
    assert_eq!(task_ids(&cluster), ["t2"]);
    assert_eq!(edited(&cluster), [0, 1]);
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn where_nothing_is_over_nothing_is_edited() {
    let mut cluster = reloaded(&held(lapsing(ask("t", 4), 10)));
    let settled = allocator::advance(&mut cluster, &facts(9, &[]), &any_size());
    assert_eq!((settled.freed, settled.granted), (Vec::new(), Vec::new()));
    assert!(!cluster.is_edited());
}
