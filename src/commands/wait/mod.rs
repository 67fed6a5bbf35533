//! `--wait`: in the queue until it is granted.
//!
//! A waiter sleeps until the gpumgr that grants it something wakes it, and looks now and then whether
//! the state changed all the same. One of the waiters of a machine, the housekeeper, looks after what
//! changes nothing by itself: deaths, ends, and what v0.1 gives back. The next ones stand by, should it
//! be killed or stopped. All others keep nothing of the state while they sleep.

mod housekeeping;
mod leaving;
mod noted;
mod shown;
mod sleep;
mod standing;

use super::change::{Changed, Grants};
use super::events::Events;
use crate::allocator::{
    Facts, Grant, Lease, LeaseKind, Name, Request, Timestamp, Waiter, Why, confirm, enqueue,
    next_order, release_lease, take_grant, unused_name,
};
use crate::error::Error;
use crate::leases::HeldLease;
use crate::manager::{Manager, now};
use crate::outcome::{Allocated, StateFile};
use crate::progress::Progress;
use crate::store::{IfAbsent, Revision, Snapshot};
use crate::system::{self, Event};
use chrono::TimeDelta;
use housekeeping::Duties;
use sleep::Sleep;
use standing::{Standing, granted, rank, standing};
use std::time::{Duration, Instant};

/// For how long whoever gave back what was not free in fact takes nothing of that server: others may
/// not see why.
const AVOIDED: TimeDelta = TimeDelta::seconds(5);
/// A grant that is older is taken only under the lock: it may have been withdrawn meanwhile, as from a
/// waiter that was stopped.
const CONFIRMED_AFTER: TimeDelta = TimeDelta::seconds(5);
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
    held: &'m HeldLease,
    /// The state at the last look; `None` if it could not be read, or is not kept.
    seen: Option<Snapshot>,
    /// Which state that was; `None` if it is to be read again in any case.
    stamp: Option<Revision>,
    why: Option<Why>,
    /// What was last measured, to tell why it still waits though there seems to be room.
    measured: Option<(Instant, Facts)>,
    sleep: Sleep,
    duties: Duties,
}

impl Manager {
    /// A lease of this process on a file that it holds.
    pub(super) fn own_lease(&self, held: &HeldLease, tie: LeaseKind) -> Result<Lease, Error> {
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
            held,
            seen: None,
            stamp: None,
            why: None,
            measured: None,
            sleep: Sleep::new(),
            duties: Duties::new(),
        };
        if let Some(granted) = line.join()? {
            return Ok(granted);
        }
        // Not sooner: while it waits for the lock, a signal is to end it as ever.
        let events = events.insert(Events::listen()?);
        if self.leases.listen(held, events.sender.clone()).is_err() {
            line.sleep.is_woken = false;
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
                let mut waiter = waiter.clone();
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
                    take_grant(cluster, &id, tie.clone())?;
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
            LeaseKind::Run => Some(self.lease.clone()),
            LeaseKind::Process | LeaseKind::Claim => self.request.lease.clone(),
        }
    }

    fn if_granted(&self, changed: Changed<Option<Grant>>) -> Option<Allocated> {
        let Changed { value, state } = changed;
        let state = without_hint(state);
        value.map(|value| self.manager.allocated(Changed { value, state }))
    }

    fn stand(&mut self, events: &Events) -> Result<Allocated, Error> {
        loop {
            if self.sleep.is_due()
                && let Some(granted) = self.look()?
            {
                return Ok(granted);
            }
            self.fall_asleep();
            let happened = events.next(self.next_event());
            if let Some(signal) = happened.and_then(Events::ended_by) {
                return self.interrupted(signal);
            }
            if happened == Some(Event::Woken) {
                // Whatever the file's date says.
                self.stamp = None;
                self.sleep.wake();
            }
            if self.until.is_some_and(|until| until <= now()) {
                return self.give_up();
            }
            if self.sleep.ticks() {
                self.show_place();
                self.keep_house();
            }
        }
    }

    /// Looks whether it is granted, where it stands, and whether it still stands there.
    fn look(&mut self) -> Result<Option<Allocated>, Error> {
        let stamp = self.manager.store.revision();
        if stamp.is_some() && stamp == self.stamp {
            self.sleep.looked_at_nothing();
            return Ok(None);
        }
        self.sleep.begin_look(self.held);
        self.stamp = stamp;
        self.seen = self.manager.store.snapshot();
        let Some(seen) = &self.seen else {
            self.stamp = None;
            return self.unreadable();
        };
        let cluster = seen.cluster();
        let standing = standing(cluster, &self.lease.id);
        let rank = rank(cluster, &self.lease.id, &self.host);
        let waiting = cluster.queue().len();
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
                self.sleep.end_look(rank, waiting);
                Ok(None)
            }
        }
    }

    /// v0.1 may be writing it, or somebody damaged it, or took it away.
    fn unreadable(&mut self) -> Result<Option<Allocated>, Error> {
        if !self.sleep.is_unreadable_for(UNREADABLE_FOR) {
            return Ok(None);
        }
        match self.manager.store.load()? {
            None => self.join(),
            Some(_) => Ok(None),
        }
    }

    /// From now on it is held as was asked for.
    fn take(&mut self) -> Result<Option<Allocated>, Error> {
        let (id, tie) = (self.lease.id.clone(), self.final_tie());
        let runs = self.lease.tie == LeaseKind::Run;
        let seen = self.granted_in_state();
        if runs && seen.as_ref().is_some_and(is_fresh) {
            // It is tied to this process already.
            let taken = seen.iter().map(|taken| &taken.grant);
            let taken = taken.map(|grant| self.noted().took(grant, now()));
            self.manager.note(taken.collect());
            return Ok(seen);
        }
        let noted = self.noted();
        let taken = self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, facts| {
                let granted = granted(cluster, &id);
                if runs {
                    confirm(cluster, &id, facts.now)?;
                } else {
                    take_grant(cluster, &id, tie.clone())?;
                }
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
        let seen = self.seen.as_ref()?;
        let value = granted(seen.cluster(), &self.lease.id)?;
        let state = self.manager.state(false);
        Some(self.manager.allocated(Changed { value, state }))
    }
}

/// The config it began with may be an old one by now.
fn without_hint(state: StateFile) -> StateFile {
    StateFile {
        differs: false,
        ..state
    }
}

/// Whether no gpumgr can have withdrawn the grant yet. A clock that was set back tells nothing.
fn is_fresh(granted: &Allocated) -> bool {
    let age = now() - granted.grant.start;
    (TimeDelta::zero()..CONFIRMED_AFTER).contains(&age)
}
