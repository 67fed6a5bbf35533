//! Programs that are started as GPUs fall free: the guide's automatic acquisition.

use super::{Monitor, Round};
use crate::allocator::{
    Cluster, Cpus, Gpus, Name, Request, Timestamp, allocate, observe, somebody_waits,
};
use crate::commands::program::Start;
use crate::error::Error;
use crate::journal::{Deed, Event, How};
use crate::manager::{Manager, now};
use crate::outcome::Started;
use crate::system;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::thread::{self, JoinHandle};

/// The longest that a program which fails again and again waits.
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(10);

/// After so many looks an end that is not told never will be: the log cannot be written, perhaps.
const UNTOLD: u32 = 10;

/// How the program of one name stands, by what was last told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    /// It did what it had to do, or somebody does not want it: it is not started again.
    over: bool,
    /// It was started, and its end was not told yet.
    runs: bool,
    /// It was told to end to make room.
    makes_room: bool,
    /// How often it failed on end, and when it last did.
    failed: Option<(u32, Timestamp)>,
}

/// The programs that are to be started, and how they stand.
pub(super) struct Acquired {
    programs: Vec<(Name, Standing)>,
    /// For how many looks on end a program whose end was not told has not been there.
    missing: HashMap<Name, u32>,
    starting: HashMap<Name, JoinHandle<Result<Started, Error>>>,
}

impl Standing {
    /// What follows from one more thing that is told of it.
    fn after(self, event: &Event) -> Self {
        let ends = matches!(event.action, Deed::End | Deed::Free);
        Self {
            runs: match event.action {
                Deed::Start => event.error.is_none(),
                _ => self.runs && !ends,
            },
            ..self.settled(event)
        }
    }

    fn settled(self, event: &Event) -> Self {
        let failed = |so_far: Option<(u32, _)>| {
            let times = so_far.map_or(0, |(times, _)| times);
            Some((times + 1, event.time))
        };
        match (event.action, event.how) {
            (Deed::Start, _) if event.error.is_none() => Self {
                over: false,
                makes_room: false,
                ..self
            },
            // The end may be told before what asked for it.
            (Deed::Stop, Some(How::MakesRoom)) => Self {
                makes_room: true,
                over: false,
                ..self
            },
            (Deed::Stop, _) => Self {
                makes_room: false,
                ..self
            },
            (Deed::End, Some(How::Done)) => Self {
                over: true,
                failed: None,
                ..self
            },
            (Deed::End, Some(How::Stopped)) => Self {
                over: !self.makes_room,
                ..self
            },
            (Deed::End, Some(How::Lost)) => Self { over: true, ..self },
            (Deed::End, Some(How::Lapsed | How::Interrupted)) => self,
            (Deed::End, _) => Self {
                failed: failed(self.failed),
                ..self
            },
            _ => self,
        }
    }

    /// Whether it is to be started now, as far as that goes by itself.
    fn is_due(&self, now: Timestamp, delay: TimeDelta) -> bool {
        let waits = self.failed.is_some_and(|(times, last)| {
            let doubled = 2_i32.checked_pow(times - 1).unwrap_or(i32::MAX);
            let delay = delay.checked_mul(doubled).unwrap_or(LONGEST_DELAY);
            now - last < delay.min(LONGEST_DELAY)
        });
        !self.over && !waits
    }
}

impl Acquired {
    /// Those that the config names, as the log left them.
    pub(super) fn of(manager: &Manager) -> Self {
        let programs = &manager.config.monitoring.programs;
        let events = match programs.is_empty() {
            true => Vec::new(),
            // Without a log all are to be started.
            false => {
                let names = |event: &Event| event.task.is_some();
                let read = manager.journal.read(names).unwrap_or_default();
                read.unwrap_or_default()
            }
        };
        let mut acquired = Self {
            programs: programs
                .iter()
                // One that the prefix makes too long is refused when it is started.
                .map(|name| manager.full_name(name).unwrap_or_else(|_| name.clone()))
                .map(|name| (name, Standing::default()))
                .collect(),
            missing: HashMap::new(),
            starting: HashMap::new(),
        };
        events.iter().for_each(|event| acquired.note(event));
        acquired
    }

    /// The programs that are not started by themselves, to be told: nobody would see why.
    pub(super) fn left_alone(&self) -> Vec<Event> {
        let over = self.programs.iter().filter(|(_, standing)| standing.over);
        let told = over.map(|(name, _)| {
            let event = Event::new(Deed::Monitor, now()).about(name);
            event.because(
                "is not started again: it ended well, or was stopped; --start-program does",
            )
        });
        told.collect()
    }

    /// Whether a program that is not there has ended: what it held is free a moment before its end is
    /// told, and that says whether it is to be started again. It may never be told.
    fn has_ended(&mut self, name: &Name) -> bool {
        let runs = |(other, standing): &(Name, Standing)| other == name && standing.runs;
        if !self.programs.iter().any(runs) {
            return true;
        }
        let missing = self.missing.entry(name.clone()).or_default();
        *missing += 1;
        *missing > UNTOLD
    }

    /// What was told.
    pub(super) fn note(&mut self, event: &Event) {
        let named =
            |(name, _): &&mut (Name, Standing)| Some(name.as_str()) == event.task.as_deref();
        if let Some((_, standing)) = self.programs.iter_mut().find(named) {
            *standing = standing.after(event);
        }
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
        observe(&mut cluster, &facts);
        if somebody_waits(&cluster, &self.manager.config.limits) {
            return troubles;
        }
        let template = self.manager.config.program.as_ref();
        let delay = template.map_or(TimeDelta::zero(), |template| template.retry_delay);
        let due = self.acquired.programs.iter();
        let due = due.filter(|(_, standing)| standing.is_due(facts.now, delay));
        let due: Vec<_> = due.map(|(name, _)| name.clone()).collect();
        self.acquired
            .missing
            .retain(|name, _| cluster.find_task(name).is_none());
        for name in due {
            let is_there = cluster.find_task(&name).is_some();
            if is_there
                || !self.acquired.has_ended(&name)
                || self.acquired.starting.contains_key(&name)
            {
                continue;
            }
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

    /// What came of the starts before. The log tells of programs that failed; of what kept them from
    /// being started nobody else does.
    fn take_note(&mut self) -> Vec<Error> {
        let mut troubles = Vec::new();
        let done = |_: &Name, starting: &mut JoinHandle<_>| starting.is_finished();
        for (name, starting) in self.acquired.starting.extract_if(done) {
            match starting.join() {
                Ok(Ok(_) | Err(Error::Refused(_) | Error::EndedAtOnce { .. })) => {}
                Ok(Err(error)) => troubles.push((name, error)),
                // It does not happen; the next round tries again.
                Err(_) => {}
            }
        }
        for (name, _) in &troubles {
            let failed = Event::new(Deed::End, now()).about(name).so(How::Failed);
            self.acquired.note(&failed);
        }
        troubles.into_iter().map(|(_, error)| error).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use crate::allocator::Timestamp;
    use crate::journal::{Deed, Event, How};
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_000_000 + second, 0)
            .unwrap()
            .fixed_offset()
    }

    fn told(story: &[(Deed, How)]) -> Standing {
        let events = story.iter().zip(0..);
        events.fold(Standing::default(), |standing, ((action, how), second)| {
            standing.after(&Event::new(*action, at(second)).so(*how))
        })
    }

    fn is_due(standing: Standing, second: i64) -> bool {
        standing.is_due(at(second), TimeDelta::seconds(10))
    }

    #[test]
    fn what_is_done_or_was_stopped_by_somebody_is_not_started_again() {
        assert!(is_due(told(&[]), 0));
        assert!(!is_due(
            told(&[(Deed::Start, How::Other), (Deed::End, How::Done)]),
            999
        ));
        let stopped = [
            (Deed::Start, How::Other),
            (Deed::Stop, How::Stopped),
            (Deed::End, How::Stopped),
        ];
        assert!(!is_due(told(&stopped), 999));
        assert!(!is_due(
            told(&[(Deed::Start, How::Other), (Deed::End, How::Lost)]),
            999
        ));
    }

    #[test]
    fn what_was_only_interrupted_or_lapsed_is_started_again() {
        for how in [How::Interrupted, How::Lapsed] {
            assert!(is_due(
                told(&[(Deed::Start, How::Other), (Deed::End, how)]),
                3
            ));
        }
    }

    #[test]
    fn what_made_room_is_started_again_at_once() {
        let story = [
            (Deed::Start, How::Other),
            (Deed::Stop, How::MakesRoom),
            (Deed::End, How::Stopped),
        ];
        assert!(is_due(told(&story), 3));
        let late = [story[0], story[2], story[1]];
        assert!(is_due(told(&late), 3));
    }

    #[test]
    fn what_somebody_starts_by_hand_after_it_was_done_is_looked_after_again() {
        let story = [
            (Deed::Start, How::Other),
            (Deed::End, How::Done),
            (Deed::Start, How::Other),
            (Deed::End, How::Failed),
        ];
        assert!(is_due(told(&story), 13));
    }

    #[test]
    fn what_fails_is_started_again_later_and_later() {
        let once = told(&[(Deed::Start, How::Other), (Deed::End, How::Failed)]);
        assert!(!is_due(once, 10));
        assert!(is_due(once, 11));
        let twice = told(&[(Deed::End, How::Failed), (Deed::End, How::Unseen)]);
        assert!(!is_due(twice, 20));
        assert!(is_due(twice, 21));
        let often = told(&[(Deed::End, How::Failed); 60]);
        assert!(!is_due(often, 59 + 599));
        assert!(is_due(often, 59 + 600));
    }
}
