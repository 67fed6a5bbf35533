//! `--renew`: moves the end of a task.

use super::change::Grants;
use crate::allocator::{Name, Renewed, find_by_name, renew};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::Extended;
use crate::store::IfAbsent;
use chrono::TimeDelta;
use std::io;

impl Manager {
    /// Lets the task end that long from now; without a time, as long as it was given before.
    ///
    /// # Errors
    /// There is no such task, it is another user's, the time is missing or too long, somebody who
    /// waits was promised its end, or the state cannot be changed.
    pub fn renew(&self, task: &Name, ttl: Option<TimeDelta>) -> Result<Extended, Error> {
        let (task, actor, limits) = (task.clone(), self.actor()?, self.config.limits);
        let prefix = self.config.task_prefix.clone();
        let changed = self.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, facts| {
                let task = find_by_name(cluster, &task, prefix.as_deref());
                renew(cluster, &task, ttl, &actor, &limits, facts)
            },
            |renewed, now| vec![self::renewed(Event::new(Deed::Renew, now), renewed)],
        )?;
        self.tell_new_end(&changed.value)?;
        Ok(Extended {
            renewed: changed.value,
            state: changed.state,
            now: now(),
        })
    }

    /// Tells the gpumgr of a command, which ends that by its owner's word and not by the state.
    fn tell_new_end(&self, renewed: &Renewed) -> Result<(), Error> {
        let Some(lease) = renewed.task.command_lease() else {
            return Ok(());
        };
        match self.leases.tell_deadline(&lease.id, renewed.term.end) {
            Ok(_) => Ok(()),
            // Whoever may not tell it an end may still prolong it, which the state does.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            Err(error) => Err(self.leases.error(&lease.id, error).into()),
        }
    }
}

fn renewed(event: Event, renewed: &Renewed) -> Event {
    let until = renewed.term.end.to_rfc3339();
    let event = event.holding(&renewed.task, &renewed.server_name);
    event.because(format!("until {until}"))
}
