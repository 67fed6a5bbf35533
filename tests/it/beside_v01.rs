//! v0.1 works on the same file at the same time, in its own way: it asks for the lock ten times a
//! second, and writes the file in place.

use crate::crowd::{self, Holdings, meanwhile, timeless, try_allocate};
use crate::support::{Lab, measured};
use crate::v01::V01;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Rounds of allocate and release by v0.1; returns how many were granted.
fn work_as_v01(v01: &mut V01, holdings: &Holdings, name: &str, rounds: usize) -> usize {
    let mut granted = 0;
    for round in 0..rounds {
        let task = format!("{name}-{round}");
        if let Some(grant) = v01.allocate(&task, 2, 16) {
            granted += 1;
            holdings.enter(&task, &grant);
            holdings.strike_out(&grant);
            v01.release(&task);
        }
    }
    granted
}

#[test]
fn v01_processes_and_gpumgr_lose_nothing_and_share_no_gpu() {
    let holdings = Holdings::default();
    let lab = Lab::new();
    let lasting = try_allocate(&lab, "lasting", 2, 16).unwrap();
    holdings.enter("lasting", &lasting);
    let some: Option<Vec<_>> = (0..3).map(|_| V01::start(&lab)).collect();
    let Some(mut old_scripts) = some else { return };
    let lasting = old_scripts[0].allocate("lasting-v01", 3, 8).unwrap();
    holdings.enter("lasting-v01", &lasting);
    let before = timeless(lab.state());
    let everybody = || {
        thread::scope(|scope| {
            let (lab, holdings) = (&lab, &holdings);
            for worker in 0..6 {
                scope.spawn(move || crowd::work(lab, holdings, worker, 15));
            }
            for (number, v01) in old_scripts.iter_mut().enumerate() {
                let name = format!("v01-{number}");
                scope.spawn(move || work_as_v01(v01, holdings, &name, 8));
            }
        });
    };
    meanwhile(|| crowd::look(&lab), everybody);
    assert_eq!(timeless(lab.state()), before);
    lab.ok(&["--release", "lasting"]);
    lab.ok(&["--release", "lasting-v01"]);
    assert_eq!(
        lab.json(&["--status"]).1["totals"]["available_gpus"],
        32,
        "all GPUs are back"
    );
}

#[test]
fn v01_gets_its_turn_among_eight_busy_gpumgr_loops() {
    let holdings = Holdings::default();
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    let round = AtomicUsize::new(0);
    let loops = (0..8).collect::<Vec<_>>();
    let granted = busy(&lab, &holdings, &round, &loops, &mut || {
        work_as_v01(&mut v01, &holdings, "v01", 10)
    });
    // Which it could not have done without the lock, for which it waits a minute at most.
    assert_ne!(granted, 0);
    measured(&format!(
        "v0.1's longest wait for the lock among 8 gpumgr loops: {:.3} s, while they did {} rounds",
        v01.longest_wait(),
        round.load(Ordering::Relaxed)
    ));
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 0);
}

/// Keeps these loops busy until that is done.
fn busy<R>(
    lab: &Lab,
    holdings: &Holdings,
    round: &AtomicUsize,
    loops: &[usize],
    until_done: &mut dyn FnMut() -> R,
) -> R {
    let Some((worker, others)) = loops.split_first() else {
        return until_done();
    };
    let work = || {
        let round = round.fetch_add(1, Ordering::Relaxed);
        crowd::work_once(lab, holdings, *worker, round);
    };
    meanwhile(work, || busy(lab, holdings, round, others, until_done))
}

#[test]
fn gpumgr_keeps_what_v01_wrote_and_v01_keeps_what_gpumgr_wrote() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "ours", "2", "16"]);
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    let grant = v01.allocate("theirs", 2, 16).unwrap();
    assert_eq!(
        (grant.server.as_str(), &grant.gpus[..]),
        ("gpu-server-0", &[2, 3][..])
    );
    let next = try_allocate(&lab, "ours-too", 4, 16).unwrap();
    assert_eq!(
        (next.server.as_str(), &next.gpus[..]),
        ("gpu-server-0", &[4, 5, 6, 7][..])
    );
    v01.release("ours");
    lab.ok(&["--release", "theirs"]);
    let server = &lab.state()["servers"][0];
    assert_eq!(server["available_gpus"], serde_json::json!([0, 1, 2, 3]));
    assert_eq!(server["running_tasks"][0]["task_id"], "ours-too");
    assert_eq!(server["running_tasks"].as_array().unwrap().len(), 1);
}
