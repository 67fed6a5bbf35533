//! Many processes on one state file, and what must hold meanwhile: a GPU has one holder, and
//! whoever reads sees a file that agrees with itself.

use crate::support::Lab;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What was granted.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) server: String,
    pub(crate) gpus: Vec<u64>,
}

/// Who holds which GPU, as told by those to whom it was granted: entered after the grant and
/// struck out before the release, so that an entry that is there already is a GPU granted twice.
#[derive(Default)]
pub(crate) struct Holdings(Mutex<BTreeMap<(String, u64), String>>);

impl Holdings {
    /// Enters the grant; panics if somebody holds any of it.
    pub(crate) fn enter(&self, task: &str, grant: &Grant) {
        let mut holders = self.0.lock().unwrap();
        for gpu in &grant.gpus {
            let place = (grant.server.clone(), *gpu);
            let other = holders.insert(place, task.to_owned());
            assert_eq!(other, None, "{grant:?} was granted to {task}, too");
        }
    }

    pub(crate) fn strike_out(&self, grant: &Grant) {
        let mut holders = self.0.lock().unwrap();
        for gpu in &grant.gpus {
            holders.remove(&(grant.server.clone(), *gpu)).unwrap();
        }
    }
}

/// Allocates; none where there is legitimately no room.
pub(crate) fn try_allocate(lab: &Lab, task: &str, gpus: u32, cpus: u32) -> Option<Grant> {
    let (gpus, cpus) = (gpus.to_string(), cpus.to_string());
    let (code, said) = lab.json(&["--allocate", task, &gpus, &cpus]);
    match code {
        0 => Some(Grant {
            server: said["server_name"].as_str().unwrap().to_owned(),
            gpus: gpu_ids(&said["gpu_ids"]),
        }),
        3 => {
            assert_eq!(said["error"]["kind"], "insufficient", "{task}");
            None
        }
        _ => panic!("{task}: exit {code}: {said}"),
    }
}

/// Rounds of allocate and release by the real binary; returns how many were granted.
pub(crate) fn work(lab: &Lab, holdings: &Holdings, worker: usize, rounds: usize) -> usize {
    (0..rounds)
        .filter(|round| work_once(lab, holdings, worker, *round))
        .count()
}

/// One round; false if there was no room.
pub(crate) fn work_once(lab: &Lab, holdings: &Holdings, worker: usize, round: usize) -> bool {
    let task = format!("worker-{worker}-{round}");
    let gpus = u32::try_from(1 + (worker + round) % 4).unwrap();
    let Some(grant) = try_allocate(lab, &task, gpus, gpus * 7) else {
        return false;
    };
    holdings.enter(&task, &grant);
    holdings.strike_out(&grant);
    lab.ok(&["--release", &task]);
    true
}

/// Does the one again and again until the other is done.
pub(crate) fn meanwhile<R>(again: impl Fn() + Send + Sync, until_done: impl FnOnce() -> R) -> R {
    /// Set also by a panic, or its thread would never be joined.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                again();
            }
        });
        let _done = Done(&done);
        until_done()
    })
}

/// Reads as users do: this never fails, and what it shows agrees with itself.
pub(crate) fn look(lab: &Lab) {
    let (code, shown) = lab.json(&["--status"]);
    assert_eq!(code, 0, "{shown}");
    assert_agrees(&shown);
}

/// Panics unless every GPU and CPU of every server is either free or one task's.
pub(crate) fn assert_agrees(state: &Value) {
    for server in state["servers"].as_array().unwrap() {
        let tasks = server["running_tasks"].as_array().unwrap();
        let mut gpus = gpu_ids(&server["available_gpus"]);
        gpus.extend(
            tasks
                .iter()
                .flat_map(|task| gpu_ids(&task["allocated_gpus"])),
        );
        gpus.sort_unstable();
        let all: Vec<u64> = (0..number(&server["total_gpus"])).collect();
        assert_eq!(gpus, all, "{server:#}");
        let used: u64 = tasks
            .iter()
            .map(|task| number(&task["allocated_cpus"]))
            .sum();
        let free = number(&server["available_cpus"]);
        assert_eq!(free + used, number(&server["total_cpus"]), "{server:#}");
    }
}

/// The state without the time of its last change, which alone may differ when all is given back.
pub(crate) fn timeless(mut state: Value) -> Value {
    state
        .as_object_mut()
        .unwrap()
        .remove("last_updated")
        .unwrap();
    state
}

fn gpu_ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(number).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}
