//! `--renew`: moves the end of a task.

use super::change::Grants;
use crate::allocator::{Name, renew, resolve};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::Extended;
use crate::store::IfAbsent;
use chrono::TimeDelta;

impl Manager {
    /// Lets the task end that long from now; without a time, as long as it was given before.
    ///
    /// # Errors
    /// There is no such task, it is another user's, the time is missing or too long, somebody who
    /// waits was promised its end, or the state cannot be changed.
    pub fn renew(&self, task: &Name, ttl: Option<TimeDelta>) -> Result<Extended, Error> {
        let (task, actor, limits) = (task.clone(), self.actor(), self.config.limits);
        let prefix = self.config.task_prefix.clone();
        let changed = self.change(IfAbsent::Fail, Grants::None, move |cluster, facts| {
            let task = resolve(cluster, &task, prefix.as_deref());
            renew(cluster, &task, ttl, &actor, &limits, facts)
        })?;
        Ok(Extended {
            renewed: changed.value,
            state: changed.state,
            now: now(),
        })
    }
}
