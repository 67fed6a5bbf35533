//! Reading a trace.

use crate::Result;
use std::path::Path;

/// How many GPUs a server has, and so the most that a job may ask for.
pub(crate) const GPUS: u32 = 8;

/// The trace's name for the job is not kept: its position is its name.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    /// When it was submitted, in seconds.
    pub(crate) submitted: i64,
    /// How long it runs, in seconds.
    pub(crate) duration: i64,
    pub(crate) gpus: u32,
}

pub(crate) struct Trace {
    /// In the order they were submitted.
    pub(crate) jobs: Vec<Job>,
    /// How many asked for more than a server has.
    pub(crate) left_out: usize,
}

impl Trace {
    /// From the first to the last job submitted.
    pub(crate) fn days(&self) -> f64 {
        let seconds = match (self.jobs.first(), self.jobs.last()) {
            (Some(first), Some(last)) => last.submitted - first.submitted,
            _ => 0,
        };
        seconds as f64 / 86_400.0
    }
}

pub(crate) fn read(path: &Path) -> Result<Trace> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().enumerate().skip(1);
    let all: Vec<_> = lines
        .map(|(index, line)| {
            job(line).map_err(|error| format!("{}:{}: {error}", path.display(), index + 1))
        })
        .collect::<std::result::Result<_, _>>()?;
    let (mut jobs, too_large): (Vec<_>, Vec<_>) = all.into_iter().partition(|job| job.gpus <= GPUS);
    jobs.sort_by_key(|job| job.submitted);
    Ok(Trace {
        jobs,
        left_out: too_large.len(),
    })
}

fn job(line: &str) -> Result<Job> {
    let fields: Vec<_> = line.split(',').map(str::trim).collect();
    let [_, submitted, duration, gpus] = fields[..] else {
        return Err("not job_id,submission_time,duration,num_gpu".into());
    };
    Ok(Job {
        submitted: submitted.parse()?,
        duration: duration.parse()?,
        gpus: gpus.parse()?,
    })
}
