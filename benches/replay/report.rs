//! The table.

use crate::trace::{GPUS, Job};
use std::time::Duration;

/// Waits in hours.
pub(crate) struct Report {
    jobs: usize,
    mean: f64,
    median: f64,
    p95: f64,
    /// The mean of the jobs that need a whole server.
    whole: f64,
}

impl Report {
    pub(crate) fn new(jobs: &[Job], waits: &[i64]) -> Self {
        let mut sorted = waits.to_vec();
        sorted.sort_unstable();
        let whole = jobs.iter().zip(waits).filter(|(job, _)| job.gpus == GPUS);
        let whole: Vec<_> = whole.map(|(_, &wait)| wait).collect();
        Self {
            jobs: waits.len(),
            mean: mean(waits),
            median: quantile(&sorted, 0.5),
            p95: quantile(&sorted, 0.95),
            whole: mean(&whole),
        }
    }

    pub(crate) fn print(&self, name: &str, took: Duration) {
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {:.1} s |",
            self.mean,
            self.median,
            self.p95,
            self.whole,
            self.jobs,
            took.as_secs_f64(),
        );
    }
}

pub(crate) fn print_head() {
    println!(
        "| hours waited | mean | median | p95 | mean of {GPUS}-GPU jobs | jobs | replayed in |"
    );
    println!("|---|---|---|---|---|---|---|");
}

fn hours(seconds: f64) -> f64 {
    seconds / 3600.0
}

fn mean(waits: &[i64]) -> f64 {
    hours(waits.iter().sum::<i64>() as f64 / waits.len().max(1) as f64)
}

/// The wait that this share of the jobs does not exceed.
fn quantile(sorted: &[i64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    let wait = sorted.get(rank.saturating_sub(1)).copied();
    hours(wait.unwrap_or_default() as f64)
}
