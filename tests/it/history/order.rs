//! The log is in the order of what happened.

use super::*;
use std::collections::HashMap;
use std::thread;

#[test]
fn every_hold_in_the_log_begins_after_the_one_before_ended() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 40;
    let lab = server(2, "");
    lab.ok(&["--init"]);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let lab = &lab;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let task = format!("w{writer}r{round}");
                    if lab.run(&["--allocate", &task, "1", "1"]).code == 0 {
                        lab.ok(&["--release", &task]);
                    }
                }
            });
        }
    });
    let mut held: HashMap<u64, String> = HashMap::new();
    let mut holds = 0;
    let mut early = 0;
    for event in events(&lab) {
        let task = event["task"].as_str().unwrap_or_default();
        let gpus = event["gpus"].as_array().into_iter().flatten();
        for gpu in gpus.map(|gpu| gpu.as_u64().unwrap()) {
            match event["action"].as_str() {
                Some("allocate") => {
                    holds += 1;
                    early += usize::from(held.insert(gpu, task.to_owned()).is_some());
                }
                Some("release") if held.get(&gpu).is_some_and(|holder| holder == task) => {
                    held.remove(&gpu);
                }
                _ => {}
            }
        }
    }
    assert!(holds > WRITERS, "{holds}");
    assert_eq!(early, 0, "of {holds} holds");
    assert!(held.is_empty(), "{held:?}");
}
