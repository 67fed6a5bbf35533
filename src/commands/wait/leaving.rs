//! Out of the queue: after its time, told to go, or ended by a signal.

use super::Line;
use super::standing::granted;
use crate::allocator::{confirm, leave, release_lease, take_grant};
use crate::commands::change::{Changed, Grants};
use crate::error::Error;
use crate::manager::now;
use crate::outcome::Allocated;
use crate::store::IfAbsent;

impl Line<'_> {
    pub(super) fn give_up(&mut self) -> Result<Allocated, Error> {
        self.explain_anew();
        match self.leave()? {
            Some(granted) => Ok(granted),
            None => Err(Error::WaitedOut {
                task: self.called.clone(),
                why: self.why.take().map(|why| Box::new((why, now()))),
            }),
        }
    }

    /// Out of the queue; what was granted at the last moment is taken.
    fn leave(&mut self) -> Result<Option<Allocated>, Error> {
        let (id, tie) = (self.lease.id.clone(), self.final_tie());
        let of_no_use = self.withheld().is_some();
        let noted = self.noted();
        let left = self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, facts| {
                let left = leave(cluster, &id);
                let given_back = of_no_use.then(|| release_lease(cluster, &id).ok());
                let granted = granted(cluster, &id);
                if granted.is_some() {
                    // Another gpumgr may have seen it untaken.
                    confirm(cluster, &id, facts.now)?;
                    take_grant(cluster, &id, tie.clone())?;
                }
                Ok((granted, left, given_back.flatten()))
            },
            move |(granted, left, given_back), now| {
                let taken = granted.iter().map(|grant| noted.took(grant, now));
                let left = noted.left(left, given_back, "waited out", now);
                taken.chain(left).collect()
            },
        )?;
        let Changed { value, state } = left;
        if value.0.is_none() {
            self.tell_changed(state);
            return Ok(None);
        }
        let value = value.0;
        Ok(self.if_granted(Changed { value, state }))
    }

    pub(super) fn interrupted(&mut self, signal: i32) -> Result<Allocated, Error> {
        let id = self.lease.id.clone();
        let noted = self.noted();
        let left = self.manager.change_first(
            move |cluster, _| {
                let left = leave(cluster, &id);
                // Granted at the last moment, perhaps, but nobody is there to use it.
                Ok((left, release_lease(cluster, &id).ok()))
            },
            move |(left, given_back), now| noted.left(left, given_back, "interrupted", now),
        );
        // Should that fail, the state still ends with this process.
        if let Ok(left) = left {
            self.tell_changed(left.state);
        }
        Err(Error::Interrupted { signal })
    }

    pub(super) fn cancelled(&mut self) -> Result<Option<Allocated>, Error> {
        let id = self.lease.id.clone();
        let noted = self.noted();
        let left = self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, _| Ok(leave(cluster, &id)),
            move |left, now| noted.left(left, &None, "cancelled", now),
        )?;
        self.tell_changed(left.state);
        Err(Error::Cancelled {
            task: self.called.clone(),
        })
    }
}
