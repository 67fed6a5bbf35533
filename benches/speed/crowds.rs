//! Crowds of waiters of one user, and the queue as it is shown.

use crate::lab::{build_example, median, ms, ratio, time};
use crate::runs::{gaps_of, ticks, wait_for, waiting};
use crate::{Lab, Result, row};
use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// The last one is held against the first.
const CROWDS: [usize; 3] = [20, 100, 1_000];
const QUEUES: [usize; 4] = [10, 100, 1_000, 5_000];
const WATCHED: u32 = 20;
/// The waiters ask for both GPUs of the first server; the changes meanwhile are on the second.
const TWO_SERVERS: &str = "[[server]]\nname = \"a\"\ngpus = 2\ncpus = 2\n\
                           [[server]]\nname = \"b\"\ngpus = 1\ncpus = 1\n";

/// One user's waiters join, sleep while nothing happens and while something does, and run one by one.
pub(crate) fn of_one_user() -> Result<()> {
    let mut first = None;
    for count in CROWDS {
        let lab = Lab::new()?;
        fs::write(lab.path().join("config.toml"), TWO_SERVERS)?;
        time(lab.gpumgr(&["--init"]))?;
        time(lab.gpumgr(&["--allocate", "held", "2", "1"]))?;
        let crowd = join(&lab, count)?;
        let idle = share_of_core(&crowd, |_| Ok(()))?;
        let busy = share_of_core(&crowd, |second| change(&lab, second))?;
        let memory = crowd.iter().map(pss).sum::<u64>() / count as u64;
        let gap = hand_over(&lab, crowd)?;
        row(
            &format!("{count} waiters: share of one core, idle / one change a second"),
            &format!("{:.2} % / {:.2} %", idle * 100.0, busy * 100.0),
            "< 2 % / < 20 %",
        );
        row(
            "the same: memory of each (Pss)",
            &format!("{memory} kB"),
            "≤ 1.5 MB",
        );
        let first = *first.get_or_insert(gap);
        row(
            "the same: from the end of a command to the start of the next / with 20 waiters",
            &format!("{:.2} ({} / {})", ratio(gap, first), ms(gap), ms(first)),
            "≤ 2",
        );
    }
    Ok(())
}

fn join(lab: &Lab, count: usize) -> Result<Vec<Child>> {
    let stamp = build_example("stamp")?;
    let began = Instant::now();
    let mut crowd = Vec::new();
    for task in 0..count {
        let task = format!("w{task}");
        let mut run = lab.gpumgr(&["--run", &task, "2", "1", "--wait", "--quiet", "--"]);
        crowd.push(run.arg(&stamp).arg("stamps").spawn()?);
    }
    for joined in 1..=count {
        wait_for(|| waiting(lab).filter(|waiting| *waiting >= joined))?;
    }
    row(
        &format!("{count} waiters of one user have joined"),
        &ms(began.elapsed()),
        "≤ 20 s",
    );
    // After others joined behind it, each waiter looks once more, and not all do so at once.
    thread::sleep(Duration::from_secs(5 + count as u64 / 8));
    Ok(crowd)
}

/// How much of one core the crowd takes while that is done once a second.
fn share_of_core(crowd: &[Child], each_second: impl Fn(u32) -> Result<()>) -> Result<f64> {
    let (began, before) = (Instant::now(), crowd.iter().map(ticks).sum::<u64>());
    for second in 0..WATCHED {
        each_second(second)?;
        let next = Duration::from_secs(u64::from(second) + 1);
        thread::sleep(next.saturating_sub(began.elapsed()));
    }
    let used = crowd.iter().map(ticks).sum::<u64>() - before;
    Ok(used as f64 / 100.0 / began.elapsed().as_secs_f64())
}

fn change(lab: &Lab, second: u32) -> Result<()> {
    let change = match second % 2 {
        0 => lab.gpumgr(&["--allocate", "change", "1", "1"]),
        _ => lab.gpumgr(&["--release", "change"]),
    };
    time(change).map(drop)
}

/// The kilobytes that a process has, what it shares with others counted in part.
fn pss(process: &Child) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", process.id());
    let rollup = fs::read_to_string(path).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// All run; the median time between two.
fn hand_over(lab: &Lab, crowd: Vec<Child>) -> Result<Duration> {
    time(lab.gpumgr(&["--release", "held"]))?;
    for mut waiter in crowd {
        let status = waiter.wait()?;
        if !status.success() {
            return Err(format!("a waiter ended with {status}").into());
        }
    }
    let stamps = fs::read_to_string(lab.path().join("stamps"))?;
    Ok(median(&mut gaps_of(&stamps)?))
}

/// `--queue` on 10,000 servers, none of which has room.
pub(crate) fn shown() -> Result<()> {
    for count in QUEUES {
        let lab = Lab::new()?;
        let config = "[cluster]\nservers = 10000\ngpus_per_server = 8\ncpus_per_server = 64\n";
        fs::write(lab.path().join("config.toml"), config)?;
        time(lab.gpumgr(&["--init"]))?;
        fs::write(lab.state(), full_cluster(10_000, count))?;
        let mut times = (0..5)
            .map(|_| time(lab.gpumgr(&["--queue"])))
            .collect::<Result<Vec<_>>>()?;
        let goal = if count == 5_000 { "< 500 ms" } else { "linear" };
        row(
            &format!("`--queue`: {count} waiters on 10,000 full servers"),
            &ms(median(&mut times)),
            goal,
        );
    }
    Ok(())
}

/// A state whose servers are full and whose waiters, on another machine, ask for much the same.
fn full_cluster(servers: usize, waiters: usize) -> String {
    let server = |id| {
        format!(
            r#"{{"server_id": {id}, "server_name": "gpu-server-{id}", "total_gpus": 8,
 "available_gpus": [], "total_cpus": 64, "available_cpus": 56, "running_tasks": [{{"task_id": "t{id}",
 "allocated_gpus": [0, 1, 2, 3, 4, 5, 6, 7], "allocated_cpus": 8, "start_time": "2026-01-31T09:00:00+00:00",
 "owner": "user{}"}}]}}"#,
            id % 50
        )
    };
    let waiter = |id| {
        format!(
            r#"{{"task_id": "w{id}", "gpus": {}, "owner": "user{}", "since": "2026-01-31T09:00:00+00:00",
 "order": {id}, "lease": {{"id": "{id:016x}", "tie": "claim", "host": "elsewhere", "pid": 1, "started": 1}}}}"#,
            1 + id % 8,
            id % 50
        )
    };
    let servers: Vec<_> = (0..servers).map(server).collect();
    let waiters: Vec<_> = (0..waiters).map(waiter).collect();
    format!(
        r#"{{"servers": [{}], "last_updated": "2026-01-31T09:00:00+00:00", "version": "0.1", "queue": [{}]}}"#,
        servers.join(","),
        waiters.join(",")
    )
}
