//! `--queue` and `--cancel`: who waits, and waiting no longer.

use super::change::Grants;
use crate::allocator::{
    Cluster, Name, apply_sample, cancel, expire, explain, find_waiting_by_name,
};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{Cancelled, Queue};
use crate::store::IfAbsent;

impl Manager {
    /// Who waits, since when, for what, and why not yet. Waits for nobody, changes nothing.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn queue(&self) -> Result<Queue, Error> {
        let loaded = self.store.load()?;
        let mut cluster = loaded.unwrap_or_else(|| Cluster::fresh(&self.config.cluster));
        let now = now();
        let facts = match cluster.queue() {
            [] => self.facts(&cluster, now),
            _ => self.all_facts(&cluster, now),
        };
        expire(&mut cluster, &facts);
        apply_sample(&mut cluster, &facts);
        let mut waiting = explain(&cluster, now, &self.config.limits);
        waiting.retain(|explained| !facts.dead.contains(&explained.waiter.lease.id));
        Ok(Queue {
            state: self.state(self.differs(&cluster)),
            waiting,
            now,
        })
    }

    /// Takes what waits under this name out of the queue.
    ///
    /// # Errors
    /// Nothing waits under it, it is another user's, or the state cannot be changed.
    pub fn cancel(&self, task: &Name) -> Result<Cancelled, Error> {
        let (task, actor) = (task.clone(), self.actor()?);
        let prefix = self.config.task_prefix.clone();
        let changed = self.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, _| {
                let task = find_waiting_by_name(cluster, &task, prefix.as_deref());
                cancel(cluster, &task, &actor)
            },
            |waiter, now| vec![Event::new(Deed::Cancel, now).leaving(waiter)],
        )?;
        self.leases.wake(&changed.value.lease.id);
        Ok(Cancelled {
            waiter: changed.value,
            state: changed.state,
        })
    }
}
