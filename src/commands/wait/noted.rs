//! What the log is told of one who waits.

use super::Line;
use crate::allocator::{Grant, LeaseKind, Name, Released, Request, Timestamp, Waiter};
use crate::journal::{Deed, Event};

/// Who waits, as the log is told.
pub(super) struct Noted {
    deed: Deed,
    request: Request,
    /// Since when it waits; none who has not had to yet.
    since: Option<Timestamp>,
}

impl Line<'_> {
    pub(super) fn noted(&self) -> Noted {
        Noted {
            deed: match self.lease.tie {
                LeaseKind::Run => Deed::Run,
                LeaseKind::Process | LeaseKind::Claim => Deed::Allocate,
            },
            request: self.request.clone(),
            since: self.has_joined.then_some(self.since),
        }
    }
}

impl Noted {
    /// It has what it asked for.
    pub(super) fn took(&self, grant: &Grant, now: Timestamp) -> Event {
        let event = Event::new(self.deed, now).granting(grant);
        match self.since {
            None => event,
            Some(since) => event.waited(now - since),
        }
    }

    /// It waits, under that name.
    pub(super) fn joined(&self, called: &Name, now: Timestamp) -> Event {
        Event::new(Deed::Wait, now)
            .asking(&self.request)
            .about(called)
    }

    /// It was granted what is not free in fact.
    pub(super) fn gave_back(&self, released: &Released, now: Timestamp) -> Event {
        let event = Event::new(Deed::Release, now).giving_back(released);
        event.because("not free in fact")
    }

    /// It waits no longer, and gave back what it could not use.
    pub(super) fn left(
        &self,
        left: &Option<Waiter>,
        given_back: &Option<Released>,
        why: &str,
        now: Timestamp,
    ) -> Vec<Event> {
        let event = |deed| Event::new(deed, now);
        let left = left.iter();
        let left = left.map(|waiter| event(Deed::Leave).leaving(waiter));
        let given_back = given_back.iter();
        let given_back = given_back.map(|released| event(Deed::Release).giving_back(released));
        let events = left.chain(given_back);
        events.map(|event| event.because(why)).collect()
    }
}
