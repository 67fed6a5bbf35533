//! `--wait`: in the queue until it is granted.
//!
//! Who waits sleeps until whoever grants it wakes it, and looks now and then whether the state
//! changed all the same. One of those who wait on a machine looks after what changes nothing by
//! itself: deaths, ends, and what v0.1 gives back. The next ones stand by, should it be killed or
//! stopped.

mod leaving;
mod noted;
mod shown;
mod standing;

use super::change::{Changed, Grants};
use super::events::Events;
use crate::allocator::{
    Cluster, Facts, Grant, Lease, Name, Request, Tie, Timestamp, Waiter, Why, claim, enqueue,
    next_order, release_lease, unused_name,
};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::{Allocated, StateFile};
use crate::progress::Progress;
use crate::store::{HeldLease, IfAbsent, Seen, Stamp};
use crate::system::{self, Event};
use chrono::TimeDelta;
use standing::{Standing, granted, standing};
use std::time::{Duration, Instant};

/// How often one of those who wait on a machine looks after all of them.
const ROUND: Duration = Duration::from_millis(450);
/// When the next round is due: a little sooner, or whoever did the last would miss it.
const DUE: Duration = Duration::from_millis(400);
/// How often the next ones look whether it still does.
const STAND_BY: Duration = Duration::from_millis(900);
/// How many those are.
const STANDING_BY: usize = 3;
/// How often all others look by themselves.
const REST: Duration = Duration::from_secs(2);
/// For how long whoever gave back what was not free in fact takes nothing of that server: others may
/// not see why.
const AVOIDED: TimeDelta = TimeDelta::seconds(5);
/// How often one who looks after all notes who idles: a load that comes and goes must not rewrite the
/// state all the time.
const NOTES_IDLE: Duration = Duration::from_secs(30);
/// A state that cannot be read for that long is no v0.1 that writes.
const UNREADABLE_FOR: Duration = Duration::from_secs(5);

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// Not longer than that.
    pub(crate) at_most: Option<Duration>,
}

/// One wait: who, for what, and what was last seen.
struct Line<'m> {
    manager: &'m Manager,
    request: Request,
    /// The task's name gets a number that makes it unique.
    numbered: bool,
    /// What it is called while it waits.
    called: Name,
    lease: Lease,
    since: Timestamp,
    /// Its place in the order, from the first time that it joined.
    order: Option<i64>,
    until: Option<Timestamp>,
    /// Whether it is in the queue, or was.
    has_joined: bool,
    host: String,
    seen: Option<(Option<Stamp>, Seen)>,
    why: Option<Why>,
    rank: usize,
    /// Whether its last turn to look after all was the last of anybody.
    looks_after: bool,
    /// Whether it is woken when it is granted.
    is_woken: bool,
    looked: Instant,
    readable: Instant,
    /// What was last measured, to tell why it still waits though there seems to be room.
    measured: Option<(Instant, Facts)>,
    /// When it last noted who idles.
    noted_idle: Instant,
}

impl Manager {
    /// A lease of this process on a file that it holds.
    pub(super) fn own_lease(&self, held: &HeldLease, tie: Tie) -> Result<Lease, Error> {
        let process = system::own_process(&system::here())?;
        Ok(Lease {
            id: held.id.clone(),
            tie,
            process,
        })
    }

    /// Waits until the request is granted. The request's own lease is what the task is tied to
    /// then; while waiting it is this process's.
    pub(super) fn wait_in_line(
        &self,
        (request, numbered): (Request, bool),
        lease: Lease,
        held: &HeldLease,
        wait: Wait,
        events: &mut Option<Events>,
    ) -> Result<Allocated, Error> {
        let since = now();
        let at_most = wait.at_most.map(TimeDelta::from_std);
        let until = at_most.map(|span| since.checked_add_signed(span.unwrap_or(TimeDelta::MAX)));
        let mut line = Line {
            manager: self,
            host: lease.process.host.clone(),
            called: request.task.clone(),
            request,
            numbered,
            lease,
            since,
            order: None,
            until: until.flatten(),
            has_joined: false,
            seen: None,
            why: None,
            rank: 0,
            looks_after: false,
            is_woken: true,
            looked: Instant::now(),
            readable: Instant::now(),
            measured: None,
            noted_idle: Instant::now(),
        };
        if let Some(granted) = line.join()? {
            return Ok(granted);
        }
        // Not sooner: while it waits for the lock, a signal is to end it as ever.
        let events = events.insert(Events::listen()?);
        if self.store.listen(held, events.sender.clone()).is_err() {
            line.is_woken = false;
            self.tell(&Progress::LooksForChanges);
        }
        let result = line.stand(events);
        self.keep_measuring(false);
        self.tell(&Progress::WaitOver);
        result
    }
}

impl Line<'_> {
    /// Joins, or joins again, with the time and the place of the first; what it was granted it gives back.
    fn join(&mut self) -> Result<Option<Allocated>, Error> {
        let waiter = Waiter {
            lease: self.lease.clone(),
            request: self.request.clone().tied_to(None),
            since: self.since,
            order: self.order,
            until: self.until,
            reserved: None,
            cancelled: false,
        };
        let limits = self.manager.config.limits;
        let tie = self.final_tie();
        let numbered = self.numbered;
        let noted = self.noted();
        let joined = self.manager.change_and_note(
            self.manager.create()?,
            Grants::Some,
            move |cluster, facts| {
                let mut waiter = waiter;
                // What it was granted, if that turned out not to be free.
                let given_back = release_lease(cluster, &waiter.lease.id).ok();
                if numbered {
                    waiter.request.task = unused_name(cluster, &waiter.request.task);
                }
                let order = waiter.order;
                let order = order.unwrap_or_else(|| next_order(cluster, facts.now));
                waiter.order = Some(order);
                let (id, called) = (waiter.lease.id.clone(), waiter.request.task.clone());
                let granted = enqueue(cluster, waiter, &limits, facts.now)?;
                if granted.is_some() {
                    claim(cluster, &id, tie)?;
                }
                Ok((granted, called, given_back, order))
            },
            move |(granted, called, given_back, _), now| {
                let given_back = given_back.as_ref();
                let given_back = given_back.map(|released| noted.gave_back(released, now));
                let own = match granted {
                    Some(granted) => noted.took(granted, now),
                    None => noted.joined(called, now),
                };
                given_back.into_iter().chain([own]).collect()
            },
        )?;
        let (value, called, _, order) = joined.value;
        self.called = called;
        self.order = Some(order);
        self.has_joined = true;
        let state = joined.state;
        if value.is_none() {
            self.tell_changed(state);
            return Ok(None);
        }
        Ok(self.if_granted(Changed { value, state }))
    }

    /// What a change brought about besides, where nothing else tells it.
    fn tell_changed(&self, state: StateFile) {
        self.manager.tell(&Progress::Changed(&without_hint(state)));
    }

    /// What the task is tied to once it is taken: the command that is then run, or what the request
    /// says.
    fn final_tie(&self) -> Option<Lease> {
        match self.lease.tie {
            Tie::Run => Some(self.lease.clone()),
            Tie::Process | Tie::Claim => self.request.lease.clone(),
        }
    }

    fn if_granted(&self, changed: Changed<Option<Grant>>) -> Option<Allocated> {
        let Changed { value, state } = changed;
        let state = without_hint(state);
        value.map(|value| self.manager.allocated(Changed { value, state }))
    }

    fn stand(&mut self, events: &Events) -> Result<Allocated, Error> {
        loop {
            if let Some(granted) = self.look()? {
                return Ok(granted);
            }
            let happened = events.next(self.next_look());
            if let Some(signal) = happened.and_then(Events::ended_by) {
                return self.interrupted(signal);
            }
            if happened == Some(Event::Woken) {
                // Whatever the file's date says.
                self.seen = None;
            }
            if self.until.is_some_and(|until| until <= now()) {
                return self.give_up();
            }
            if self.looked.elapsed() >= self.tick() {
                self.looked = Instant::now();
                self.show_place();
                self.looks_after = self.look_after_others();
                if self.looks_after && self.noted_idle.elapsed() >= NOTES_IDLE {
                    self.noted_idle = Instant::now();
                }
                self.manager.keep_measuring(self.looks_after);
            }
        }
    }

    fn tick(&self) -> Duration {
        match () {
            () if self.looks_after || self.rank == 0 || !self.is_woken => ROUND,
            () if self.rank < STANDING_BY => STAND_BY,
            () => REST,
        }
    }

    fn next_look(&self) -> Duration {
        let tick = self.tick().saturating_sub(self.looked.elapsed());
        let left = self
            .until
            .map(|until| (until - now()).to_std().unwrap_or_default());
        left.map_or(tick, |left| left.min(tick))
    }

    /// Looks whether it is granted, where it stands, and whether it still stands there.
    fn look(&mut self) -> Result<Option<Allocated>, Error> {
        let stamp = self.manager.store.stamp();
        if self
            .seen
            .as_ref()
            .is_some_and(|(seen, _)| *seen == stamp && stamp.is_some())
        {
            return Ok(None);
        }
        let Some(seen) = self.manager.store.look() else {
            self.seen = None;
            return self.unreadable();
        };
        self.readable = Instant::now();
        let standing = standing(seen.cluster(), &self.lease.id);
        self.rank = self.rank(seen.cluster());
        self.seen = Some((stamp, seen));
        match standing {
            Standing::Granted => match self.withheld() {
                None => self.take(),
                Some(withheld) => {
                    let task = &self.called;
                    let withheld = &withheld;
                    self.manager.tell(&Progress::GaveBack { task, withheld });
                    let until = now().checked_add_signed(AVOIDED);
                    self.request.avoids = until.map(|until| (withheld.server.clone(), until));
                    self.join()
                }
            },
            Standing::Cancelled => self.cancelled(),
            Standing::Vanished => self.join(),
            Standing::Waits => {
                self.show_place();
                Ok(None)
            }
        }
    }

    /// How many wait on this machine before this one.
    fn rank(&self, cluster: &Cluster) -> usize {
        let queue = cluster.queue();
        let Some(own) = queue.iter().find(|waiter| waiter.lease.id == self.lease.id) else {
            return 0;
        };
        let here = |waiter: &&Waiter| waiter.lease.process.host == self.host;
        let earlier = |waiter: &&Waiter| waiter.turn() < own.turn();
        queue.iter().filter(here).filter(earlier).count()
    }

    /// v0.1 may be writing it, or somebody damaged it, or took it away.
    fn unreadable(&mut self) -> Result<Option<Allocated>, Error> {
        if self.readable.elapsed() < UNREADABLE_FOR {
            return Ok(None);
        }
        self.readable = Instant::now();
        match self.manager.store.load()? {
            None => self.join(),
            Some(_) => Ok(None),
        }
    }

    /// From now on it is held as was asked for.
    fn take(&mut self) -> Result<Option<Allocated>, Error> {
        let (id, tie) = (self.lease.id.clone(), self.final_tie());
        if self.lease.tie == Tie::Run {
            // It is tied to this process already.
            let granted = self.granted_in_state();
            let taken = granted.iter().map(|taken| &taken.grant);
            let taken = taken.map(|grant| self.noted().took(grant, now()));
            self.manager.note(taken.collect());
            return Ok(granted);
        }
        let noted = self.noted();
        let taken = self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, _| {
                let granted = granted(cluster, &id);
                claim(cluster, &id, tie)?;
                Ok(granted)
            },
            move |granted, now| {
                let taken = granted.iter().map(|grant| noted.took(grant, now));
                taken.collect()
            },
        );
        match taken {
            Ok(taken) => Ok(self.if_granted(taken)),
            Err(error) if Manager::is_lost(&error) => self.join(),
            Err(error) => Err(error),
        }
    }

    fn granted_in_state(&self) -> Option<Allocated> {
        let (_, seen) = self.seen.as_ref()?;
        let value = granted(seen.cluster(), &self.lease.id)?;
        let state = self.manager.state(false);
        Some(self.manager.allocated(Changed { value, state }))
    }

    /// If it is this one's turn, does for all what none of them would notice alone.
    fn look_after_others(&self) -> bool {
        let Some((_, seen)) = &self.seen else {
            return false;
        };
        let now = now();
        // What is this user's to end is perhaps not for whoever has the turn.
        self.manager.end_overdue(seen.cluster(), now);
        self.manager.store.in_turn(&self.host, DUE, || {
            let facts = Facts {
                notes_idle: self.noted_idle.elapsed() >= NOTES_IDLE,
                ..self.manager.all_facts(seen.cluster(), now)
            };
            // Whatever keeps it from being saved, the next round tries again.
            if let Ok(Some(state)) = self.manager.settle_if_due(seen.cluster(), &facts) {
                self.tell_changed(state);
            }
        })
    }
}

/// The config it began with may be an old one by now.
fn without_hint(state: StateFile) -> StateFile {
    StateFile {
        differs: false,
        ..state
    }
}
