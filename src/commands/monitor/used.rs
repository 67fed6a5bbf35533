//! How much of what tasks hold they used, for the log.

use super::Round;
use crate::allocator::{Name, Task, used};
use crate::journal::{Deed, Event};
use crate::manager::now;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often what was used is noted: a monitor that is killed loses no more than that.
const EVERY: Duration = Duration::from_secs(300);
/// A look that comes later than that says nothing about the time in between.
const LONGEST: Duration = Duration::from_secs(60);

/// GPU-seconds used since they were last noted.
#[derive(Debug, Default)]
pub(super) struct Used {
    tasks: HashMap<Name, (Event, f64)>,
    last: Option<Instant>,
    noted: Option<Instant>,
}

impl Used {
    /// Adds what this look showed; what is to be noted by now.
    pub(super) fn note(&mut self, round: &Round, at: Instant) -> Vec<Event> {
        let since = self
            .last
            .replace(at)
            .map_or(Duration::ZERO, |last| at - last);
        self.add(round, since.min(LONGEST));
        let began = *self.noted.get_or_insert(at);
        if at - began >= EVERY {
            self.noted = Some(at);
            return self.all();
        }
        let is_over = |name: &Name| round.cluster.find_task(name).is_none();
        let over = self.tasks.extract_if(|name, _| is_over(name));
        over.map(|(_, used)| event(used)).collect()
    }

    /// All that was not noted yet.
    pub(super) fn all(&mut self) -> Vec<Event> {
        self.tasks.drain().map(|(_, used)| event(used)).collect()
    }

    fn add(&mut self, round: &Round, since: Duration) {
        let (cluster, facts) = (&round.cluster, &round.facts);
        let Some((server, sample)) = facts.measured(cluster.servers()) else {
            return;
        };
        let server = &cluster.servers()[server];
        for task in &server.tasks {
            let Some(percent) = used(task, sample) else {
                continue;
            };
            let seconds = percent / 100.0 * since.as_secs_f64() * gpus(task);
            let fresh = || {
                let event = Event::new(Deed::Use, now()).holding(task, &server.name);
                (event, 0.0)
            };
            self.tasks.entry(task.id.clone()).or_insert_with(fresh).1 += seconds;
        }
    }
}

fn gpus(task: &Task) -> f64 {
    task.gpus.len() as f64
}

fn event((event, seconds): (Event, f64)) -> Event {
    Event {
        time: now(),
        used_gpu_seconds: Some((seconds * 1e3).round() / 1e3),
        ..event
    }
}
