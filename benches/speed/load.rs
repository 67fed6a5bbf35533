//! Many processes at once.

use crate::lab::{ms, ratio, time};
use crate::{Lab, Result, row};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LOOPS: usize = 32;
/// Each program runs for this long, as many times as there are turns, one after the other.
const TURN: Duration = Duration::from_secs(5);
const TURNS: usize = 4;

/// What the loops of one program did.
#[derive(Default)]
struct Load {
    rounds: Vec<usize>,
    slowest: Duration,
    elapsed: Duration,
}

pub(crate) fn contended(floor: &Path) -> Result<()> {
    let lab = Lab::new()?;
    time(lab.gpumgr(&["--init"]))?;
    let (mut ours, mut floors) = (Load::new(), Load::new());
    for _ in 0..TURNS {
        floors.add(&|_| [lab.floor(floor), lab.floor(floor)])?;
        ours.add(&|id| {
            let task = format!("loop-{id}");
            [
                lab.gpumgr(&["--allocate", &task, "1", "1"]),
                lab.gpumgr(&["--release", &task]),
            ]
        })?;
    }
    let ratio_of =
        |one: f64, other: f64, unit| format!("{:.2} ({one:.0} / {other:.0} {unit})", one / other);
    row(
        "32 processes in loops of allocate + release: rounds a second / the floor's",
        &ratio_of(ours.per_second(), floors.per_second(), "a second"),
        "≥ 0.75",
    );
    let slowest = ratio(ours.slowest, floors.slowest);
    row(
        "the same: slowest round / the floor's slowest",
        &format!(
            "{slowest:.2} ({} / {})",
            ms(ours.slowest),
            ms(floors.slowest)
        ),
        "≤ 1.5",
    );
    let (fewest, most) = ours.spread();
    row(
        "the same: fewest rounds of a process / most",
        &ratio_of(fewest, most, "rounds"),
        "≥ 0.6",
    );
    Ok(())
}

impl Load {
    fn new() -> Self {
        Self {
            rounds: vec![0; LOOPS],
            ..Self::default()
        }
    }

    /// One turn of all loops.
    fn add(&mut self, round: &(dyn Fn(usize) -> [Command; 2] + Sync)) -> Result<()> {
        let over = AtomicBool::new(false);
        let start = Instant::now();
        let done: Vec<_> = thread::scope(|scope| {
            let over = &over;
            let loops: Vec<_> = (0..LOOPS)
                .map(|id| scope.spawn(move || one_loop(id, round, over)))
                .collect();
            thread::sleep(TURN);
            over.store(true, Ordering::Relaxed);
            loops
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|_| Err("a loop died".into())))
                .collect()
        });
        self.elapsed += start.elapsed();
        for (rounds, one) in self.rounds.iter_mut().zip(done) {
            let (count, slowest) = one?;
            *rounds += count;
            self.slowest = self.slowest.max(slowest);
        }
        Ok(())
    }

    fn per_second(&self) -> f64 {
        self.rounds.iter().sum::<usize>() as f64 / self.elapsed.as_secs_f64()
    }

    fn spread(&self) -> (f64, f64) {
        let (fewest, most) = (self.rounds.iter().min(), self.rounds.iter().max());
        (
            fewest.copied().unwrap_or(0) as f64,
            most.copied().unwrap_or(0) as f64,
        )
    }
}

/// How many rounds, and the slowest.
fn one_loop(
    id: usize,
    round: &(dyn Fn(usize) -> [Command; 2] + Sync),
    over: &AtomicBool,
) -> Result<(usize, Duration)> {
    let (mut rounds, mut slowest) = (0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        let start = Instant::now();
        for command in round(id) {
            time(command)?;
        }
        slowest = slowest.max(start.elapsed());
        rounds += 1;
    }
    Ok((rounds, slowest))
}
