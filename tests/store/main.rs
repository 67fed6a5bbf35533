//! What every store promises: one suite for all of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use gpumgr::allocator::{
    Cluster, ClusterSpec, Cpus, Gpus, Limits, Refusal, Request, Timestamp, allocate,
};
use gpumgr::store::{
    self, FileStore, IfAbsent, MemoryStore, Saved, Snapshot, StateStore, StoreError,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// Runs each test on a new store of each kind.
macro_rules! on_each_store {
    ($($test:ident),+ $(,)?) => {
        mod file {
            $(#[test]
            fn $test() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("resource_status.json");
                let store = super::FileStore::new(&path, super::Duration::from_secs(60)).unwrap();
                super::$test(&store);
            })+
        }

        mod memory {
            $(#[test]
            fn $test() {
                super::$test(&super::MemoryStore::default());
            })+
        }
    };
}

on_each_store![
    absent_state_is_made_or_missing,
    refusal_leaves_the_state,
    change_of_nothing_keeps_the_revision,
    change_is_seen_by_all_readers,
    outdated_snapshot_changes_nothing,
    threads_lose_no_change,
    follow_ups_come_in_the_order_of_the_changes,
    replacement_gets_the_present_state,
];

#[derive(Debug)]
enum Failed {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Failed {
    fn from(_: Refusal) -> Self {
        Self::Refused
    }
}

fn spec() -> ClusterSpec {
    ClusterSpec::equal(2, 64, 64).unwrap()
}

fn now() -> Timestamp {
    "2026-01-31T09:00:00+09:00".parse().unwrap()
}

/// One change without a follow-up.
fn change<T: Send + 'static>(
    store: &dyn StateStore,
    known: Option<Snapshot>,
    function: impl Fn(&mut Cluster) -> Result<T, Failed> + Send + Sync + 'static,
) -> Result<Saved<T>, Failed> {
    let function = move |cluster: &mut Cluster, _| function(cluster);
    let absent = IfAbsent::Create(spec());
    store::update(store, absent, Arc::new(now), known, function, |_, _| {})
}

/// Takes one GPU for the task.
fn take(cluster: &mut Cluster, task: &str) -> Result<(), Failed> {
    let cpus = Cpus::exactly(1).unwrap();
    let request = Request::new(task.parse().unwrap(), Gpus::Count(1), cpus);
    allocate(cluster, &request, &Limits::default(), now())?;
    Ok(())
}

fn tasks(store: &dyn StateStore) -> Vec<String> {
    let cluster = store.load().unwrap();
    let cluster = cluster.iter().flat_map(Cluster::tasks);
    cluster.map(|(_, task)| task.id.to_string()).collect()
}

fn absent_state_is_made_or_missing(store: &dyn StateStore) {
    assert!(store.load().unwrap().is_none());
    assert!(store.snapshot().is_none());
    assert!(store.revision().is_none());
    let nothing = |_: &mut Cluster, _| Ok::<_, Failed>(());
    let missing = store::update(
        store,
        IfAbsent::Fail,
        Arc::new(now),
        None,
        nothing,
        |_, _| {},
    );
    assert!(matches!(
        missing,
        Err(Failed::Store(StoreError::Missing { .. }))
    ));
    assert!(change(store, None, |_| Ok(())).unwrap().created);
    assert!(!change(store, None, |_| Ok(())).unwrap().created);
    assert_eq!(store.load().unwrap(), Some(Cluster::fresh(&spec())));
}

fn refusal_leaves_the_state(store: &dyn StateStore) {
    change(store, None, |cluster| take(cluster, "a")).unwrap();
    let (before, revision) = (store.load().unwrap(), store.revision());
    let refused = change(store, None, |cluster| {
        take(cluster, "b")?;
        take(cluster, "a")
    });
    assert!(matches!(refused, Err(Failed::Refused)));
    assert_eq!(store.load().unwrap(), before);
    assert_eq!(store.revision(), revision);
}

fn change_of_nothing_keeps_the_revision(store: &dyn StateStore) {
    change(store, None, |cluster| take(cluster, "a")).unwrap();
    let before = store.revision();
    change(store, None, |_| Ok(())).unwrap();
    assert_eq!(store.revision(), before);
    change(store, None, |cluster| take(cluster, "b")).unwrap();
    assert_ne!(store.revision(), before);
}

fn change_is_seen_by_all_readers(store: &dyn StateStore) {
    let changed = change(store, None, |cluster| {
        take(cluster, "a")?;
        Ok(cluster.clone())
    });
    let cluster = changed.unwrap().value;
    assert_eq!(store.load().unwrap().as_ref(), Some(&cluster));
    assert_eq!(store.snapshot().unwrap().cluster(), &cluster);
    assert!(!store.load().unwrap().unwrap().is_edited());
}

fn outdated_snapshot_changes_nothing(store: &dyn StateStore) {
    change(store, None, |cluster| take(cluster, "a")).unwrap();
    let outdated = store.snapshot();
    change(store, None, |cluster| take(cluster, "b")).unwrap();
    change(store, outdated, |cluster| take(cluster, "c")).unwrap();
    assert_eq!(tasks(store), ["a", "b", "c"]);
}

fn threads_lose_no_change(store: &dyn StateStore) {
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for writer in 0..4 {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for number in 0..16 {
                    let task = format!("{writer}-{number}");
                    change(store, None, move |cluster| take(cluster, &task)).unwrap();
                }
            });
        }
    });
    assert_eq!(tasks(store).len(), 64);
    store.load().unwrap().unwrap().check().unwrap();
}

fn follow_ups_come_in_the_order_of_the_changes(store: &dyn StateStore) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for writer in 0..4 {
            let (start, order) = (&start, &order);
            scope.spawn(move || {
                start.wait();
                for number in 0..8 {
                    let (task, order) = (format!("{writer}-{number}"), Arc::clone(order));
                    let function = move |cluster: &mut Cluster, _| {
                        take(cluster, &task)?;
                        Ok::<_, Failed>(cluster.tasks().count())
                    };
                    let follow = move |count: &usize, _| order.lock().unwrap().push(*count);
                    let absent = IfAbsent::Create(spec());
                    store::update(store, absent, Arc::new(now), None, function, follow).unwrap();
                }
            });
        }
    });
    let order = order.lock().unwrap();
    assert_eq!(*order, (1..=32).collect::<Vec<_>>());
}

fn replacement_gets_the_present_state(store: &dyn StateStore) {
    let fresh = |present: Option<Cluster>, _| {
        let tasks = present.map(|present| present.tasks().count());
        Ok::<_, Failed>((Cluster::fresh(&spec()), tasks))
    };
    let replaced = store::replace(store, Arc::new(now), fresh, |_, _| {}).unwrap();
    assert_eq!((replaced.value, replaced.created), (None, true));
    change(store, None, |cluster| take(cluster, "a")).unwrap();
    let before = store.revision();
    let replaced = store::replace(store, Arc::new(now), fresh, |_, _| {}).unwrap();
    assert_eq!((replaced.value, replaced.created), (Some(1), false));
    assert_eq!(tasks(store), [""; 0]);
    assert_ne!(store.revision(), before);
    let refused = store::replace(
        store,
        Arc::new(now),
        |_, _| Err::<(Cluster, ()), _>(Failed::Refused),
        |_, _| {},
    );
    assert!(matches!(refused, Err(Failed::Refused)));
}

/// The memory store takes no lock while a function runs, so another change can come first.
#[test]
fn function_runs_again_if_another_change_came_first() {
    let store = MemoryStore::default();
    change(&store, None, |_| Ok(())).unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let (other, counted) = (store.clone(), Arc::clone(&runs));
    change(&store, None, move |cluster| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            change(&other, None, |cluster| take(cluster, "first")).unwrap();
        }
        take(cluster, "second")
    })
    .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(tasks(&store), ["first", "second"]);
}
