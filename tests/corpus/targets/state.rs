//! The bytes of a state file.

use super::fields::{Kept, TASK_FIELDS, kept};
use gpumgr::allocator::{
    self, Actor, Cluster, Cpus, Facts, Gpus, Lease, LeaseKind, Limits, Process, Request, Timestamp,
    Waiter,
};
use gpumgr::store::{FileStore, IfAbsent, StateStore, StoreError};
use std::fs;
use std::time::Duration;

/// It is refused as what it is and left as it is, or it is a cluster that agrees with itself. Then it
/// can be changed and changed back, and what gpumgr does not know of it stays.
pub fn check(data: &[u8]) {
    let path = super::file("state.json");
    fs::write(&path, data).unwrap();
    let store = FileStore::new(&path, Duration::from_secs(60)).unwrap();
    let change = |change: fn(&mut Cluster)| {
        let changed = store.update(IfAbsent::Fail, now(), move |cluster| {
            change(cluster);
            Ok::<_, StoreError>(cluster.clone())
        });
        changed.map(|saved| saved.value)
    };
    let text = || fs::read_to_string(&path).unwrap();
    let original = match change(|_| ()) {
        Ok(cluster) => cluster,
        Err(StoreError::Damaged { .. } | StoreError::NewerVersion { .. }) => {
            assert_eq!(fs::read(&path).unwrap(), data);
            return;
        }
        Err(other) => panic!("{other}"),
    };
    assert_eq!(fs::read(&path).unwrap(), data);
    original.check().unwrap();
    if text().contains(TASK) || original.leases().any(|lease| lease.id.as_str() == LEASE) {
        return;
    }
    let before = kept(&text());

    let changed = change(allocated).unwrap();
    let after = kept(&text());
    assert!(before.keys().all(|whose| after.contains_key(whose)));
    let check = |changed: Cluster| {
        changed.check().unwrap();
        assert_eq!(store.load().unwrap().unwrap(), changed);
        assert_survives(&before, &kept(&text()));
    };
    check(changed);
    let back = change(released).unwrap();
    assert_eq!(back, original);
    check(back);
    check(change(joined).unwrap());
    check(change(settled).unwrap());
}

fn now() -> Timestamp {
    "2026-01-31T09:00:00+09:00".parse().unwrap()
}

fn limits() -> Limits {
    Limits {
        min_gpus_per_task: 0,
        ..Limits::default()
    }
}

/// A task that nobody has, nor waits as.
const TASK: &str = "a task of the fuzzer's";

const LEASE: &str = "fuzzer";

fn request(gpus: u32) -> Request {
    let task = TASK.parse().unwrap();
    Request::new(task, Gpus::Count(gpus), Cpus::exactly(1).unwrap())
}

/// Where there is room, which there need not be.
fn allocated(cluster: &mut Cluster) {
    for request in [2, 0].map(request) {
        let granted = allocator::allocate(cluster, &request, &limits(), now()).is_ok();
        assert_eq!(granted, cluster.is_edited());
        if granted {
            return;
        }
    }
}

fn released(cluster: &mut Cluster) {
    let actor = Actor {
        user: None,
        force: true,
        is_root: false,
    };
    let _ = allocator::release(cluster, &TASK.parse().unwrap(), &actor);
}

fn joined(cluster: &mut Cluster) {
    let process = Process {
        host: "host".to_owned(),
        boot: None,
        namespace: None,
        pid: 1,
        started: 1,
    };
    let waiter = Waiter {
        lease: Lease {
            id: LEASE.parse().unwrap(),
            tie: LeaseKind::Claim,
            process,
        },
        request: request(1),
        since: now(),
        order: None,
        until: None,
        reserved: None,
        cancelled: false,
    };
    // Refused where no server could ever have room.
    let _ = allocator::enqueue(cluster, waiter, &limits(), now());
}

fn settled(cluster: &mut Cluster) {
    let mut facts = Facts::at(now());
    facts.dead = cluster
        .leases()
        .map(|lease| lease.id.clone())
        .step_by(2)
        .collect();
    let _ = allocator::advance(cluster, &facts, &limits());
}

/// What goes on has what it had, and what is new under the same name nothing of it.
fn assert_survives(before: &Kept, after: &Kept) {
    let start = |fields: &[(String, String)]| {
        let start = fields.iter().find(|(key, _)| key == "start_time");
        start.map(|(_, value)| value.clone())
    };
    for (whose, fields) in after {
        match before.get(whose) {
            Some(before) if start(before) == start(fields) => assert_eq!(before, fields, "{whose}"),
            Some(_) => assert!(
                fields
                    .iter()
                    .all(|(key, _)| TASK_FIELDS.contains(&key.as_str()))
            ),
            None => {}
        }
    }
}
