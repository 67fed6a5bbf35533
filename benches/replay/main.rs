//! How long a trace of real jobs would have waited, on a virtual clock:
//! `cargo bench --bench replay -- PATH [--servers N]`.
//!
//! The trace is a CSV of `job_id,submission_time,duration,num_gpu` in seconds and whole GPUs, as in
//! microsoft/elasticflow-traces. The jobs go through the functions that gpumgr itself decides with,
//! and the servers have 8 GPUs and 96 CPU cores each; jobs of more GPUs are left out.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench talks to its terminal, and reads what it is given"
)]

mod report;
mod rules;
mod simulate;
mod trace;

use report::Report;
use rules::{Fifo, Ours};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SERVERS: usize = 36;

fn main() -> Result<()> {
    let (path, servers) = arguments(std::env::args().skip(1))?;
    let Some(path) = path else {
        println!("replay: no trace given: cargo bench --bench replay -- PATH [--servers N]");
        return Ok(());
    };
    let trace = trace::read(&path)?;
    println!(
        "{} jobs in {:.0} days on {servers} servers of {} GPUs; {} larger ones left out\n",
        trace.jobs.len(),
        trace.days(),
        trace::GPUS,
        trace.left_out,
    );
    report::print_head();
    let fifo = &mut Fifo::new(servers)?;
    replay("strict FIFO", fifo, &trace.jobs)?;
    let told = &mut Ours::new(servers, true)?;
    replay("gpumgr, true durations as `--ttl`", told, &trace.jobs)?;
    let untold = &mut Ours::new(servers, false)?;
    replay("gpumgr, no `--ttl`", untold, &trace.jobs)
}

fn replay(name: &str, rule: &mut impl simulate::Rule, jobs: &[trace::Job]) -> Result<()> {
    let start = Instant::now();
    let waits = simulate::waits(jobs, rule)?;
    Report::new(jobs, &waits).print(name, start.elapsed());
    Ok(())
}

/// The trace, if one is named, and the number of servers. `cargo bench` adds `--bench`.
fn arguments(mut words: impl Iterator<Item = String>) -> Result<(Option<PathBuf>, usize)> {
    let (mut path, mut servers) = (None, SERVERS);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bench" => {}
            "--servers" => servers = words.next().ok_or("--servers needs a number")?.parse()?,
            _ if word.starts_with('-') => return Err(format!("unknown argument: {word}").into()),
            _ => path = Some(word.into()),
        }
    }
    Ok((path, servers))
}
