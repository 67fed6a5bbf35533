//! Runs and the queue.

use crate::lab::{build_example, median, ms, ratio, time};
use crate::{Lab, Result, row};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

const PAIRS: usize = 200;
const KILLS: usize = 20;
const WAITERS: usize = 20;
/// Hand-overs are counted over this many queues.
const QUEUES: usize = 10;
const ONE_GPU: &str = "[cluster]\nservers = 1\ngpus_per_server = 1\ncpus_per_server = 1\n";

/// `--run -- true` beside `true` and two floors, which are what its two changes cost at least.
pub(crate) fn nothing(floor: &Path) -> Result<()> {
    let lab = Lab::new()?;
    time(lab.gpumgr(&["--init"]))?;
    let (mut ours, mut alone, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        floors.push(time(lab.floor(floor))? + time(lab.floor(floor))?);
        alone.push(time(lab.program(Path::new("true")))?);
        ours.push(time(lab.gpumgr(&["--run", "--quiet", "--", "true"]))?);
    }
    let least = median(&mut alone) + median(&mut floors);
    let ours = median(&mut ours);
    row(
        "`--run -- true` / `true` and two floors (median of 200)",
        &format!("{:.2} ({} / {})", ratio(ours, least), ms(ours), ms(least)),
        "≤ 1.3",
    );
    Ok(())
}

/// From the kill of a run and its command to the grant of who waits for its GPU.
pub(crate) fn after_a_kill() -> Result<()> {
    let lab = one_gpu()?;
    let mut slowest = Duration::ZERO;
    for round in 0..KILLS {
        let pid_file = lab.path().join(format!("pid-{round}"));
        let script = format!("echo $$ > {}; exec sleep 1000", pid_file.display());
        let mut holder = lab
            .gpumgr(&["--run", "held", "--", "sh", "-c", &script])
            .spawn()?;
        let command = wait_for(|| fs::read_to_string(&pid_file).ok()?.trim().parse().ok())?;
        let mut waiter = lab.gpumgr(&["--allocate", "next", "--wait"]).spawn()?;
        wait_for(|| waiting(&lab).filter(|count| *count == 1))?;
        let killed = Instant::now();
        holder.kill()?;
        kill(command)?;
        waiter.wait()?;
        slowest = slowest.max(killed.elapsed());
        holder.wait()?;
        time(lab.gpumgr(&["--release", "next"]))?;
    }
    row(
        "from `kill -9` of gpumgr and its command to the next in line (slowest of 20)",
        &ms(slowest),
        "≤ 1 s",
    );
    Ok(())
}

/// From the end of one command to the start of the next in line, while others wait behind it.
pub(crate) fn hand_over(floor: &Path) -> Result<()> {
    let stamp = build_example("stamp")?;
    let mut gaps = Vec::new();
    let mut floors = Vec::new();
    for _ in 0..QUEUES {
        let lab = one_gpu()?;
        let stamps = lab.path().join("stamps");
        time(lab.gpumgr(&["--allocate", "held"]))?;
        let mut waiters = Vec::new();
        for _ in 0..WAITERS {
            let mut run = lab.gpumgr(&["--run", "--wait", "--"]);
            run.arg(&stamp).arg(&stamps);
            waiters.push(run.spawn()?);
        }
        // All are in line, and asleep, before the first of them starts.
        wait_for(|| waiting(&lab).filter(|count| *count == WAITERS))?;
        thread::sleep(Duration::from_secs(1));
        time(lab.gpumgr(&["--release", "held"]))?;
        for waiter in &mut waiters {
            let status = waiter.wait()?;
            if !status.success() {
                return Err(format!("a waiter ended with {status}").into());
            }
        }
        gaps.extend(gaps_of(&fs::read_to_string(stamps)?)?);
        floors.push(time(lab.floor(floor))?);
    }
    let floor = median(&mut floors);
    let middle = median(&mut gaps);
    let worst = gaps.get(gaps.len() * 99 / 100).copied().unwrap_or_default();
    let value = |gap| format!("{:.2} ({} / {})", ratio(gap, floor), ms(gap), ms(floor));
    let what = "from the end of a command to the start of the next, 20 waiting";
    row(&format!("{what}: median / floor"), &value(middle), "≤ 2");
    row("the same: 99th percentile / floor", &value(worst), "≤ 5");
    Ok(())
}

fn one_gpu() -> Result<Lab> {
    let lab = Lab::new()?;
    fs::write(lab.path().join("config.toml"), ONE_GPU)?;
    time(lab.gpumgr(&["--init"]))?;
    Ok(lab)
}

pub(crate) fn waiting(lab: &Lab) -> Option<usize> {
    let state = fs::read_to_string(lab.state()).ok()?;
    Some(state.matches("\"since\"").count())
}

/// From each end to the next start.
pub(crate) fn gaps_of(stamps: &str) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for line in stamps.lines() {
        let (start, end) = line.split_once(' ').ok_or("a torn stamp")?;
        times.push((start.parse::<u64>()?, end.parse::<u64>()?));
    }
    times.sort_unstable();
    let gaps = times
        .windows(2)
        .map(|pair| pair[1].0.saturating_sub(pair[0].1));
    Ok(gaps.map(Duration::from_nanos).collect())
}

fn kill(pid: u32) -> Result<()> {
    Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()?;
    Ok(())
}

pub(crate) fn wait_for<T>(mut found: impl FnMut() -> Option<T>) -> Result<T> {
    let give_up = Instant::now() + Duration::from_secs(20);
    while Instant::now() < give_up {
        if let Some(found) = found() {
            return Ok(found);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err("it never happened".into())
}

/// How much of a processor a crowd of waiters takes that has nothing to do.
#[cfg(target_os = "linux")]
pub(crate) fn idle_waiters() -> Result<()> {
    const CROWD: usize = 100;
    const WATCHED: Duration = Duration::from_secs(20);
    let lab = one_gpu()?;
    time(lab.gpumgr(&["--allocate", "held"]))?;
    let mut crowd: Vec<Child> = Vec::new();
    for task in 0..CROWD {
        let task = format!("waiter-{task}");
        crowd.push(
            lab.gpumgr(&["--allocate", &task, "--wait", "--quiet"])
                .spawn()?,
        );
    }
    wait_for(|| waiting(&lab).filter(|count| *count == CROWD))?;
    // By then the work of joining is over.
    thread::sleep(Duration::from_secs(2));
    let before: u64 = crowd.iter().map(ticks).sum();
    thread::sleep(WATCHED);
    let used = crowd.iter().map(ticks).sum::<u64>() - before;
    for waiter in &mut crowd {
        waiter.kill()?;
        waiter.wait()?;
    }
    let ticks_a_second = 100.0;
    let share = used as f64 / ticks_a_second / WATCHED.as_secs_f64();
    row(
        "100 waiters with nothing to do: share of one core",
        &format!("{:.2} %", share * 100.0),
        "< 1 %",
    );
    Ok(())
}

/// The time that a process has had, user and system, in hundredths of a second.
#[cfg(target_os = "linux")]
pub(crate) fn ticks(process: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let times = fields.split(' ').skip(11).take(2);
    times.filter_map(|time| time.parse::<u64>().ok()).sum()
}
