//! Many processes at once: nothing is lost, and nothing is granted twice.

use crate::crowd::{self, Holdings, meanwhile, timeless, try_allocate};
use crate::support::{Lab, amount};
use std::fs;
use std::thread;

const PROCESSES: usize = 16;

/// What stays all the time, so that something can be lost.
fn lab_with_lasting_tasks(holdings: &Holdings) -> Lab {
    let lab = Lab::new();
    for task in ["lasting-1", "lasting-2", "lasting-3"] {
        let grant = try_allocate(&lab, task, 3, 20).unwrap();
        holdings.enter(task, &grant);
    }
    lab
}

fn all_work(lab: &Lab, holdings: &Holdings) -> usize {
    let rounds = amount("GPUMGR_TEST_ROUNDS", 15);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..PROCESSES)
            .map(|worker| scope.spawn(move || crowd::work(lab, holdings, worker, rounds)))
            .collect();
        workers.into_iter().map(|work| work.join().unwrap()).sum()
    })
}

#[test]
fn sixteen_processes_lose_nothing_and_share_no_gpu() {
    let holdings = Holdings::default();
    let lab = lab_with_lasting_tasks(&holdings);
    let before = timeless(lab.state());
    let granted = meanwhile(|| crowd::look(&lab), || all_work(&lab, &holdings));
    assert_ne!(granted, 0);
    assert_eq!(timeless(lab.state()), before);
    assert_eq!(
        lab.files(),
        [
            ".resource.lock",
            "gpu_manager.log",
            "gpu_manager.refused.log",
            "resource_status.json"
        ]
    );
}

#[test]
fn deleting_the_lock_file_all_the_time_lets_no_two_in() {
    let holdings = Holdings::default();
    let lab = lab_with_lasting_tasks(&holdings);
    let before = timeless(lab.state());
    let lock = lab.join(".resource.lock");
    let delete_lock = || {
        let _ = fs::remove_file(&lock);
        // The processes share the machine with this loop.
        thread::yield_now();
    };
    let granted = meanwhile(delete_lock, || all_work(&lab, &holdings));
    assert_ne!(granted, 0);
    assert_eq!(timeless(lab.state()), before);
}

#[test]
fn of_many_that_want_the_last_gpus_each_gpu_goes_to_one() {
    let holdings = Holdings::default();
    let lab = Lab::new();
    // 32 GPUs, 40 who want one: whoever comes in time gets it, without a retry.
    let granted = thread::scope(|scope| {
        let takers: Vec<_> = (0..40)
            .map(|taker| {
                let (lab, holdings) = (&lab, &holdings);
                scope.spawn(move || {
                    let task = format!("taker-{taker}");
                    let grant = try_allocate(lab, &task, 1, 1)?;
                    holdings.enter(&task, &grant);
                    Some(task)
                })
            })
            .collect();
        takers
            .into_iter()
            .filter_map(|taker| taker.join().unwrap())
            .count()
    });
    assert_eq!(granted, 32);
    crowd::assert_agrees(&lab.state());
    assert_eq!(lab.json(&["--status"]).1["totals"]["available_gpus"], 0);
}

#[test]
fn of_many_that_begin_in_an_empty_folder_one_makes_the_state_file() {
    let lab = Lab::new();
    let made = thread::scope(|scope| {
        let beginners: Vec<_> = (0..PROCESSES)
            .map(|beginner| {
                let lab = &lab;
                scope.spawn(move || {
                    let (code, said) = lab.json(&["--allocate", &format!("first-{beginner}"), "1"]);
                    assert_eq!(code, 0, "{said}");
                    said["created"] == true
                })
            })
            .collect();
        beginners
            .into_iter()
            .filter_map(|beginner| beginner.join().unwrap().then_some(()))
            .count()
    });
    assert_eq!(made, 1);
    let totals = &lab.json(&["--status"]).1["totals"];
    assert_eq!(totals["running_tasks"], PROCESSES);
}
