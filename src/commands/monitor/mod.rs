//! `--monitor`: a loop that looks, and does what is due: frees what ended, grants the queue, looks after
//! programs, makes them grow and shrink, and starts those that are to be started as GPUs fall free.
//!
//! Whatever goes wrong in one round may go well in the next: nothing but a signal ends it.

mod acquire;
mod notices;
mod programs;
mod series;
mod used;

use super::events::Events;
use super::watch::Shows;
use crate::allocator::{Cluster, Facts, Task, apply_sample};
use crate::error::Error;
use crate::journal::{Deed, Event, Tail};
use crate::manager::{Manager, now};
use crate::notify::Words;
use crate::system;
use acquire::Acquired;
use notices::Notices;
use series::Series;
use std::io;
use std::time::{Duration, Instant};
use used::Used;

/// How often to note who idles: a load that comes and goes must not rewrite the state all the time.
const NOTES_IDLE: Duration = Duration::from_secs(30);

/// Who looks on, and what the monitor is to begin with, at first and when it is told to.
pub(crate) trait Attends: Shows {
    /// The settings as they are now.
    ///
    /// # Errors
    /// There are none.
    fn settings(&mut self) -> Result<Manager, Error>;

    /// What puts notices into words.
    fn words(&self) -> Words;

    /// Something happened.
    fn say(&mut self, event: &Event);

    /// Something went wrong.
    fn complain(&mut self, error: &Error);
}

/// What the monitor remembers from round to round.
struct Monitor {
    manager: Manager,
    series: Series,
    used: Used,
    acquired: Acquired,
    notices: Notices,
    tail: Tail,
    noted_idle: Instant,
    /// What went wrong in the last round, which is not told again in this one.
    troubles: Vec<String>,
}

/// What is known in one round.
struct Round {
    cluster: Cluster,
    facts: Facts,
}

/// What ends a pause.
enum Pause {
    ExpiryReason,
    Reload,
    Ended,
}

impl Manager {
    /// Looks and acts again and again, until a signal ends it.
    ///
    /// # Errors
    /// Another monitor is at it, somebody else could have said what is run, or nobody can be told.
    pub(crate) fn monitor(self, attends: &mut impl Attends) -> Result<(), Error> {
        self.check_commands()?;
        let note = format!(
            "PID {} ({}) on {}",
            std::process::id(),
            self.user()?.unwrap_or_else(|| "-".to_owned()),
            system::here().host
        );
        let alone = self.leases.hold_monitor(&note)?;
        let alone = alone.map_err(|by| Error::Monitored { by })?;
        let events = Events::listen()?;
        system::listen_for_stops(events.sender.clone())?;
        let begun = Event::new(Deed::Monitor, now()).because("begins");
        let mut monitor = Monitor {
            // Nothing may be told in between.
            tail: self.journal.tail(),
            acquired: Acquired::of(&self),
            notices: Notices::of(&self, attends.words()),
            manager: self,
            series: Series::default(),
            used: Used::default(),
            noted_idle: Instant::now(),
            troubles: Vec::new(),
        };
        let left_alone = monitor.acquired.left_alone(&monitor.manager);
        monitor
            .manager
            .note([begun].into_iter().chain(left_alone).collect());
        monitor.manager.keep_measuring(true);
        let ended = monitor.rounds(&events, attends);
        monitor.manager.keep_measuring(false);
        std::mem::take(&mut monitor.notices).finish();
        let over = Event::new(Deed::Monitor, now()).because("ends");
        attends.say(&over);
        let used = monitor.used.all().into_iter();
        monitor.manager.note(used.chain([over]).collect());
        drop(alone);
        ended
    }

    /// Before anything is run that a config may only say if nobody else can write it.
    fn check_commands(&self) -> Result<(), Error> {
        match (&self.config.program, &self.config.notification) {
            (None, None) => Ok(()),
            _ => self.check_trust(),
        }
    }
}

impl Monitor {
    fn rounds(&mut self, events: &Events, attends: &mut impl Attends) -> Result<(), Error> {
        loop {
            let next = Instant::now() + self.manager.config.monitoring.interval;
            let round = self.look();
            for event in self.tail.news() {
                let cluster = round.as_ref().ok().and_then(Option::as_ref);
                self.tell(&event, cluster.map(|round| &round.cluster));
                attends.say(&event);
            }
            let troubles = self.act(round);
            self.complain(troubles, attends);
            match attends.show(&self.manager) {
                // Nobody looks on any longer; the work goes on.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                shown => shown?,
            }
            loop {
                match pause(events, next, attends) {
                    Pause::ExpiryReason => break,
                    Pause::Reload => self.reload(attends),
                    Pause::Ended => return Ok(()),
                }
            }
        }
    }

    /// Tells what went wrong that did not in the last round.
    fn complain(&mut self, troubles: Vec<Error>, attends: &mut impl Attends) {
        let (known, mut events) = (std::mem::take(&mut self.troubles), Vec::new());
        for error in troubles {
            // Each time another file is in the way.
            let text = error.to_string();
            let text = text.split(".lease-").next().unwrap_or(&text).to_owned();
            if !known.contains(&text) && !self.troubles.contains(&text) {
                attends.complain(&error);
                events.push(failure(&error));
            }
            self.troubles.push(text);
        }
        self.manager.note(events);
    }

    /// The settings may have changed; what is wrong with them leaves those that there are.
    fn reload(&mut self, attends: &mut impl Attends) {
        match self.settle_anew(attends) {
            Ok(()) => {
                let event = Event::new(Deed::Monitor, now()).because("read its config anew");
                let left_alone = self.acquired.left_alone(&self.manager);
                self.manager
                    .note([event].into_iter().chain(left_alone).collect());
            }
            Err(error) => {
                let error = Error::NotReloaded(Box::new(error));
                attends.complain(&error);
                self.manager.note(vec![failure(&error)]);
            }
        }
    }

    fn settle_anew(&mut self, attends: &mut impl Attends) -> Result<(), Error> {
        let manager = attends.settings()?;
        if let Some(was) = &self.manager.config.path
            && manager.config.path.as_ref() != Some(was)
        {
            return Err(Error::OtherConfig {
                was: was.clone(),
                now: manager.config.path.clone(),
            });
        }
        if manager.state_file() != self.manager.state_file() {
            let state = manager.state_file().to_owned();
            return Err(Error::OtherState { state });
        }
        manager.check_commands()?;
        // Known from now on, or this stays with the settings that there are.
        manager.user()?;
        let notices = Notices::of(&manager, attends.words());
        self.manager.keep_measuring(false);
        self.notices.tell_by(notices);
        self.acquired = Acquired::of(&manager);
        self.manager = manager;
        self.manager.keep_measuring(true);
        Ok(())
    }

    /// All that follows from a look; what went wrong.
    fn act(&mut self, round: Result<Option<Round>, Error>) -> Vec<Error> {
        let mut troubles = Vec::new();
        match round {
            Ok(round) => {
                if let Some(round) = &round {
                    self.tell_of(round);
                    troubles.extend(self.look_after_programs(round));
                    let used = self.used.note(round, Instant::now());
                    self.manager.note(used);
                    self.series.note(&round.cluster, &round.facts);
                    troubles.extend(self.scale(round));
                }
                troubles.extend(self.acquire(round.as_ref()));
            }
            Err(error) => troubles.push(error),
        }
        troubles
    }

    /// The state as it ought to be by now; none where there is none yet.
    fn look(&mut self) -> Result<Option<Round>, Error> {
        let manager = &self.manager;
        let Some(cluster) = manager.store.load()? else {
            return Ok(None);
        };
        let now = now();
        manager.end_overdue(&cluster, now);
        let notes_idle = self.noted_idle.elapsed() >= NOTES_IDLE;
        if notes_idle {
            self.noted_idle = Instant::now();
        }
        let facts = Facts {
            notes_idle,
            ..manager.all_facts(&cluster, now)
        };
        let settled = manager.settle_if_due(&cluster, &facts)?;
        let mut cluster = match settled {
            None => cluster,
            Some(_) => manager.store.load()?.unwrap_or(cluster),
        };
        apply_sample(&mut cluster, &facts);
        Ok(Some(Round { cluster, facts }))
    }

    /// Whether the monitor may act on that task: on its own user's and nobody's, and by force on all.
    fn is_ours(&self, task: &Task) -> bool {
        let actor = self.manager.actor();
        task.owner.is_none() || actor.is_ok_and(|actor| actor.force || task.owner == actor.user)
    }
}

/// For the log.
fn failure(error: &Error) -> Event {
    Event::new(Deed::Monitor, now()).failing(error.kind(), error.to_string())
}

/// Waits until that moment, or for something to do before.
fn pause(events: &Events, next: Instant, attends: &mut impl Attends) -> Pause {
    loop {
        let left = next.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Pause::ExpiryReason;
        }
        match events.next(left) {
            Some(system::Event::ToStop) => {
                attends.pause();
                system::stop_here();
                attends.resume();
            }
            Some(system::Event::Signal(heard)) if heard.reloads() => return Pause::Reload,
            Some(event) if Events::ended_by(event).is_some() => return Pause::Ended,
            _ => {}
        }
    }
}
