//! What waiting costs, and how soon it ends: measured, for a busy machine is no failure.

use super::*;
use crate::support::measured;
use std::thread;
use std::time::{Duration, Instant};

/// The processor time that a process and its threads had so far.
fn busy_for(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanos = threads.map(|thread| {
        let path = thread.unwrap().path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        let first = text.split_whitespace().next().unwrap_or("0");
        first.parse::<u64>().unwrap()
    });
    Duration::from_nanos(nanos.sum())
}

#[test]
fn a_hundred_who_wait() {
    const WAITERS: usize = 100;
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let waiters: Vec<_> = (0..WAITERS)
        .map(|number| How::Run.start(&lab, &format!("w{number}"), 8, &["--wait"]))
        .collect();
    assert!(happens(|| queued(&lab).len() == WAITERS));
    // They look at what changed until they saw the last one.
    let last = format!("of {WAITERS}\n");
    assert!(happens(|| waiters
        .iter()
        .all(|waiter| waiter.complained().ends_with(&last))));
    let all = || {
        waiters
            .iter()
            .map(|waiter| busy_for(waiter.pid()))
            .sum::<Duration>()
    };
    let (start, before) = (Instant::now(), all());
    thread::sleep(Duration::from_secs(10));
    let (spent, time) = (all() - before, start.elapsed());
    measured(&format!(
        "{WAITERS} who wait: {:.2} % of one core",
        100.0 * spent.as_secs_f64() / time.as_secs_f64()
    ));
    assert_eq!(queued(&lab).len(), WAITERS);
}

/// Tells when it begins and ends.
const TIMED: [&str; 4] = [
    "--",
    "bash",
    "-c",
    "echo $EPOCHREALTIME; sleep 0.02; echo $EPOCHREALTIME",
];

#[test]
fn from_the_end_of_one_to_the_start_of_the_next() {
    const WAITERS: usize = 20;
    const ROUNDS: usize = 4;
    if Command::new("bash").arg("--version").output().is_err() {
        return crate::support::skipped("there is no bash that tells the time");
    }
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let mut times = Vec::new();
    thread::scope(|scope| {
        let lab = &lab;
        let waiters: Vec<_> = (0..=WAITERS)
            .map(|waiter| scope.spawn(move || rounds(lab, waiter, ROUNDS)))
            .collect();
        assert!(happens(|| queued(lab).len() == WAITERS + 1));
        lab.ok(&["--release", "holder"]);
        for waiter in waiters {
            times.extend(waiter.join().unwrap());
        }
    });
    times.sort_by(|one: &(f64, f64), other| one.0.total_cmp(&other.0));
    assert_eq!(times.len(), (WAITERS + 1) * ROUNDS);
    let overlap = times.windows(2).find(|pair| pair[1].0 < pair[0].1);
    assert_eq!(overlap, None, "two at once");
    let full = times.len() - WAITERS;
    let mut gaps: Vec<_> = times[..full]
        .windows(2)
        .map(|pair| 1000.0 * (pair[1].0 - pair[0].1))
        .collect();
    gaps.sort_by(f64::total_cmp);
    measured(&format!(
        "from the end of one command to the start of the next of {WAITERS}: median {:.1} ms, \
         p99 {:.1} ms, {} times",
        gaps[gaps.len() / 2],
        gaps[gaps.len() * 99 / 100],
        gaps.len()
    ));
}

/// When the command began and ended each time.
fn rounds(lab: &Lab, waiter: usize, rounds: usize) -> Vec<(f64, f64)> {
    let round = |round| {
        let task = format!("w{waiter}-{round}");
        let arguments = [&["--run", &task, "8", "1", "--wait"][..], &TIMED].concat();
        let ran = lab.ok(&arguments);
        let (begin, end) = ran.stdout.trim().split_once('\n').unwrap();
        (begin.parse().unwrap(), end.parse().unwrap())
    };
    (0..rounds).map(round).collect()
}

#[test]
fn from_a_death_to_the_grant() {
    let lab = servers(1);
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let holder = How::Run.start(&lab, "holder", 8, &[]);
            holder.command();
            let next = How::Run.joins(&lab, "next", 8, &[]);
            kill_both(holder);
            let start = Instant::now();
            next.command();
            let time = start.elapsed();
            next.finishes();
            time
        })
        .collect();
    times.sort();
    measured(&format!(
        "from the death of a run and its gpumgr to the start of the next: median {} ms, most {} ms",
        times[2].as_millis(),
        times[4].as_millis()
    ));
}
