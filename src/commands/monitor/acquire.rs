//! Programs that are started as GPUs fall free: the guide's automatic acquisition.

use super::{Monitor, Round};
use crate::allocator::{
    AutoProgram, Cluster, Cpus, Gpus, Name, Request, Timestamp, allocate, apply_sample, has_waiters,
};
use crate::commands::program::Start;
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::Started;
use crate::system;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::thread::{self, JoinHandle};

/// The longest that a program which fails again and again waits.
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(10);

/// The programs that are to be started.
pub(super) struct Acquired {
    programs: Vec<Name>,
    /// How often a start failed in a row before there was a program, and when it last did.
    failed: HashMap<Name, (u32, Timestamp)>,
    starting: HashMap<Name, JoinHandle<Result<Started, Error>>>,
}

/// Whether a program is to be started now, by what is recorded of its last one.
fn is_due(record: Option<&AutoProgram>, now: Timestamp, delay: TimeDelta) -> bool {
    record.is_none_or(|record| {
        !record.is_over() && has_waited(record.failures, record.when, now, delay)
    })
}

/// Whether the delay after that many failures is over: each is twice the one before.
fn has_waited(failures: u32, last: Timestamp, now: Timestamp, delay: TimeDelta) -> bool {
    let doubled = 2_i32.checked_pow(failures.saturating_sub(1));
    let delay = delay.checked_mul(doubled.unwrap_or(i32::MAX));
    now - last >= delay.unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY)
}

impl Acquired {
    /// Those that the config names.
    pub(super) fn of(manager: &Manager) -> Self {
        let programs = manager.config.monitoring.programs.iter();
        // One that the prefix makes too long is refused when it is started.
        let full = programs.map(|name| manager.full_name(name).unwrap_or_else(|_| name.clone()));
        Self {
            programs: full.collect(),
            failed: HashMap::new(),
            starting: HashMap::new(),
        }
    }

    /// The programs that are not started by themselves, to be told: nobody would see why.
    pub(super) fn left_alone(&self, manager: &Manager) -> Vec<Event> {
        let loaded = manager.store.load().ok().flatten();
        let is_over = |name: &&Name| {
            let record = loaded
                .as_ref()
                .and_then(|cluster| cluster.auto_program(name));
            record.is_some_and(AutoProgram::is_over)
        };
        let over = self.programs.iter().filter(is_over);
        let told = over.map(|name| {
            let event = Event::new(Deed::Monitor, now()).about(name);
            event.because(
                "is not started again: it ended well, or was stopped; --start-program does",
            )
        });
        told.collect()
    }

    /// Those that are due, in the order of the config.
    fn due(&self, cluster: &Cluster, now: Timestamp, delay: TimeDelta) -> Vec<Name> {
        let is_due = |name: &&Name| {
            let failed = self.failed.get(*name);
            is_due(cluster.auto_program(name), now, delay)
                && failed.is_none_or(|(times, last)| has_waited(*times, *last, now, delay))
                && cluster.find_task(name).is_none()
                && !self.starting.contains_key(*name)
        };
        self.programs.iter().filter(is_due).cloned().collect()
    }
}

impl Monitor {
    /// Starts what is to be started, one after the other, as long as there is room and nobody waits;
    /// what went wrong.
    pub(super) fn acquire(&mut self, round: Option<&Round>) -> Vec<Error> {
        let mut troubles = self.take_note();
        if self.acquired.programs.is_empty() {
            return troubles;
        }
        let mut cluster = match (round, self.manager.described()) {
            (Some(round), _) => round.cluster.clone(),
            (None, Ok(spec)) => Cluster::fresh(&spec),
            (None, Err(error)) => {
                troubles.push(error);
                return troubles;
            }
        };
        let facts = match round {
            Some(round) => round.facts.clone(),
            None => self.manager.all_facts(&cluster, now()),
        };
        apply_sample(&mut cluster, &facts);
        if has_waiters(&cluster, &self.manager.config.limits) {
            return troubles;
        }
        self.allocate_starting(&mut cluster, facts.now);
        let template = self.manager.config.program.as_ref();
        let delay = template.map_or(TimeDelta::zero(), |template| template.retry_delay);
        for name in self.acquired.due(&cluster, facts.now, delay) {
            let request = match self.request(name.clone()) {
                Ok(request) => request,
                Err(error) => {
                    troubles.push(error);
                    return troubles;
                }
            };
            // On the picture of this round; the start decides anew.
            let limits = &self.manager.config.limits;
            if allocate(&mut cluster, &request, limits, facts.now).is_ok() {
                self.start(name, request);
            }
        }
        troubles
    }

    fn request(&self, task: Name) -> Result<Request, Error> {
        let count = self.manager.config.monitoring.min_gpus;
        let user = self.manager.user()?;
        Ok(Request {
            automatic: true,
            host: Some(system::here().host),
            ..Request::new(task, Gpus::Count(count), Cpus::PerGpu).owned_by(user)
        })
    }

    /// Allocates the programs that are being started in this picture, so that no later program takes their room.
    fn allocate_starting(&self, cluster: &mut Cluster, now: Timestamp) {
        let names = self.acquired.programs.iter();
        let names = names.filter(|name| self.acquired.starting.contains_key(*name));
        let requests = names.filter_map(|name| self.request(name.clone()).ok());
        for request in requests {
            // The allocator refuses it if the task is already in the state.
            let _ = allocate(cluster, &request, &self.manager.config.limits, now);
        }
    }

    /// A start takes a while, which nobody else is to wait for.
    fn start(&mut self, name: Name, request: Request) {
        let manager = self.manager.clone();
        let start = Start {
            request,
            wait: None,
            counted: false,
        };
        let starting = thread::spawn(move || manager.start_program(start));
        self.acquired.starting.insert(name, starting);
    }

    /// What came of the starts before. The state tells of programs that failed; of what kept them from
    /// being started nobody else does.
    fn take_note(&mut self) -> Vec<Error> {
        let mut troubles = Vec::new();
        let done = |_: &Name, starting: &mut JoinHandle<_>| starting.is_finished();
        for (name, starting) in self.acquired.starting.extract_if(done) {
            match starting.join() {
                Ok(Ok(_)) => drop(self.acquired.failed.remove(&name)),
                Ok(Err(Error::Refused(_) | Error::EndedAtOnce { .. })) => {}
                Ok(Err(error)) => {
                    let failed = self.acquired.failed.entry(name).or_insert((0, now()));
                    *failed = (failed.0.saturating_add(1), now());
                    troubles.push(error);
                }
                // It does not happen; the next round tries again.
                Err(_) => {}
            }
        }
        troubles
    }
}

#[cfg(test)]
mod tests {
    use super::is_due;
    use crate::allocator::{AutoEnd, AutoProgram, Cluster, ClusterSpec, Timestamp, record_end};
    use crate::journal::How;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_000_000 + second, 0)
            .unwrap()
            .fixed_offset()
    }

    /// What is recorded after these ends, one a second.
    fn recorded(ends: &[How]) -> Option<AutoProgram> {
        let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 1, 1).unwrap());
        let name = "a".parse().unwrap();
        for (end, second) in ends.iter().zip(1..) {
            if let Some(end) = end.recorded() {
                record_end(&mut cluster, &name, end, at(second));
            }
        }
        cluster.auto_program(&name).cloned()
    }

    fn is_due_at(record: &Option<AutoProgram>, second: i64) -> bool {
        is_due(record.as_ref(), at(second), TimeDelta::seconds(10))
    }

    #[test]
    fn what_is_done_or_was_stopped_by_somebody_is_not_started_again() {
        assert!(is_due_at(&recorded(&[]), 0));
        for end in [How::Done, How::Stopped, How::Lost] {
            assert!(!is_due_at(&recorded(&[end]), 999));
        }
    }

    #[test]
    fn what_was_only_interrupted_or_lapsed_is_started_again() {
        for end in [How::Interrupted, How::Lapsed] {
            assert!(is_due_at(&recorded(&[end]), 3));
        }
    }

    #[test]
    fn end_that_a_newer_gpumgr_recorded_is_left_to_that() {
        let record = recorded(&[How::Failed]);
        let record = record.map(|record| AutoProgram {
            end: AutoEnd::Other,
            ..record
        });
        assert!(!is_due_at(&record, 999));
    }

    #[test]
    fn what_fails_is_started_again_later_and_later() {
        let once = recorded(&[How::Failed]);
        assert!(!is_due_at(&once, 10));
        assert!(is_due_at(&once, 11));
        let twice = recorded(&[How::Failed, How::Unseen]);
        assert!(!is_due_at(&twice, 21));
        assert!(is_due_at(&twice, 22));
        let often = recorded(&[How::Failed; 60]);
        assert!(!is_due_at(&often, 60 + 599));
        assert!(is_due_at(&often, 60 + 600));
    }
}
