//! The virtual clock: it jumps from one submission or end to the next.

use crate::Result;
use crate::trace::Job;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What decides who starts. Both return the positions of the jobs that start now.
pub(crate) trait Rule {
    /// These jobs have run as long as they run.
    fn end(&mut self, ended: &[usize], now: i64) -> Result<Vec<usize>>;
    /// This job asks for its GPUs.
    fn submit(&mut self, index: usize, job: &Job, now: i64) -> Result<Vec<usize>>;
}

/// How long each job waits, in seconds.
pub(crate) fn waits(jobs: &[Job], rule: &mut impl Rule) -> Result<Vec<i64>> {
    let mut replay = Replay {
        jobs,
        waits: vec![None; jobs.len()],
        running: BinaryHeap::new(),
    };
    for (index, job) in jobs.iter().enumerate() {
        replay.run_until(job.submitted, rule)?;
        let started = rule.submit(index, job, job.submitted)?;
        replay.start(&started, job.submitted)?;
    }
    replay.run_until(i64::MAX, rule)?;
    let waits: Option<_> = replay.waits.into_iter().collect();
    waits.ok_or_else(|| "a job never started".into())
}

struct Replay<'t> {
    jobs: &'t [Job],
    waits: Vec<Option<i64>>,
    /// When each running job ends, the next one on top.
    running: BinaryHeap<Reverse<(i64, usize)>>,
}

impl Replay<'_> {
    /// Lets all end that do by then.
    fn run_until(&mut self, time: i64, rule: &mut impl Rule) -> Result<()> {
        while let Some(&Reverse((now, _))) = self.running.peek()
            && now <= time
        {
            let ended = self.take_ended(now);
            let started = rule.end(&ended, now)?;
            self.start(&started, now)?;
        }
        Ok(())
    }

    fn take_ended(&mut self, now: i64) -> Vec<usize> {
        let mut ended = Vec::new();
        while let Some(&Reverse((end, index))) = self.running.peek()
            && end <= now
        {
            ended.push(index);
            self.running.pop();
        }
        ended
    }

    fn start(&mut self, started: &[usize], now: i64) -> Result<()> {
        for &index in started {
            let job = &self.jobs[index];
            if self.waits[index].replace(now - job.submitted).is_some() {
                return Err(format!("job {index} started twice").into());
            }
            self.running.push(Reverse((now + job.duration, index)));
        }
        Ok(())
    }
}
