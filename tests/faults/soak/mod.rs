//! Sixteen at work of every kind for a long time, killed at random: nothing is lost, and nothing grows.

mod uses;
mod watched;
mod worker;

use crate::crowd::{assert_agrees, look, meanwhile};
use crate::support::{Lab, happens, measured};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use uses::Uses;
use watched::Watched;
use worker::{Kind, Worker};

/// `GPUMGR_SOAK` says for how many seconds.
const SECONDS: u64 = 12;
/// Small, so that it is put aside again and again.
const CONFIG: &str = "monitor_interval = 1
[[server]]
name = \"busy\"
gpus = 12
cpus = 48
[[server]]
name = \"kept\"
gpus = 2
cpus = 2
gpu_model = \"kept\"
[log]
size = \"64KB\"
count = 2
";
/// What all of them did.
#[derive(Default)]
struct Counts {
    changes: AtomicUsize,
    killed: AtomicUsize,
    over: AtomicBool,
}

#[test]
fn whoever_works_and_is_killed_for_long_loses_nothing_and_leaves_nothing() {
    let seconds = std::env::var("GPUMGR_SOAK").ok();
    let seconds = seconds.map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let lab = Lab::with_config(CONFIG);
    lab.ok(&["--init"]);
    let uses = Uses::new(&lab.join("in-use"));
    let counts = Counts::default();
    // They live throughout, so what they leak would be seen.
    let mut watched = Watched::start(&lab);
    let began = Instant::now();
    let half = thread::scope(|scope| {
        for (number, kind) in Kind::all().into_iter().enumerate() {
            let (lab, uses, counts) = (&lab, &uses, &counts);
            scope.spawn(move || {
                // Only a panic drops it: one that fails ends it for all.
                let over = ExpiryReason(&counts.over);
                Worker::new(lab, uses, counts, number).work(kind);
                std::mem::forget(over);
            });
        }
        let _over = ExpiryReason(&counts.over);
        observe(&lab, &counts, &mut watched, Duration::from_secs(seconds))
    });
    let took = began.elapsed().as_secs_f64();
    watched.end();
    // Whoever was killed left what the next change finds, and what lapses does so by itself.
    let all_is_given_back = happens(|| {
        lab.run(&["--allocate", "sweep", "1", "1"]);
        lab.run(&["--release", "sweep"]);
        tasks(&lab).is_empty()
    });
    assert!(all_is_given_back, "{:?}", tasks(&lab));
    assert_agrees(&lab.state());
    assert!(lab.state()["queue"].as_array().is_none_or(Vec::is_empty));
    let lasting = [
        "config.toml",
        "gpu_manager.log",
        "gpu_manager.refused.log",
        "resource_status.json",
    ];
    let left = lab.files();
    let is_known = |name: &String| {
        lasting.iter().any(|lasting| name.starts_with(lasting))
            || [".resource.lock", "in-use"].contains(&name.as_str())
            || name.ends_with(".monitor")
            || name.contains(".waiters-")
    };
    assert!(left.iter().all(is_known), "{left:?}");
    let changes = counts.changes.load(Ordering::SeqCst);
    measured(&format!(
        "{took:.0} s: {changes} changes, {:.1} a second (first half {:.1}, second {:.1}), {} killed; {}",
        changes as f64 / took,
        half as f64 / took * 2.0,
        (changes - half) as f64 / took * 2.0,
        counts.killed.load(Ordering::SeqCst),
        watched.told(),
    ));
    watched.assert_nothing_grew();
}

/// Looks on until the time is over, or somebody failed; how many changes there were at half-time.
fn observe(lab: &Lab, counts: &Counts, watched: &mut Watched, time: Duration) -> usize {
    let began = Instant::now();
    let mut half = None;
    meanwhile(
        || look(lab),
        || {
            while began.elapsed() < time && !counts.over.load(Ordering::SeqCst) {
                watched.sample(began.elapsed().as_secs_f64() / time.as_secs_f64());
                if began.elapsed() * 2 >= time {
                    half.get_or_insert_with(|| counts.changes.load(Ordering::SeqCst));
                }
                // A pause between samples, not for luck.
                thread::sleep(time / 100);
            }
        },
    );
    half.unwrap_or_default()
}

/// Set when whoever has it is gone, however: all others stop then.
struct ExpiryReason<'a>(&'a AtomicBool);

impl Drop for ExpiryReason<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn tasks(lab: &Lab) -> Vec<String> {
    let state = lab.state();
    let servers = state["servers"].as_array().unwrap().iter();
    servers
        .flat_map(|server| server["running_tasks"].as_array().unwrap())
        .map(|task| task["task_id"].as_str().unwrap().to_owned())
        .collect()
}

/// How many files there are beside the state.
fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
