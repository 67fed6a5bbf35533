//! `--release`: gives everything back.

use crate::allocator::{Name, Released, release};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::store::IfAbsent;

impl Manager {
    /// Gives back what the task holds.
    ///
    /// # Errors
    /// There is no such task, it is another user's, or the state cannot be changed.
    pub fn release(&self, task: &Name) -> Result<Released, Error> {
        let (task, actor) = (task.clone(), self.actor());
        let saved = self.store.update(IfAbsent::Fail, now(), move |cluster| {
            Ok::<_, Error>(release(cluster, &task, &actor)?)
        })?;
        Ok(saved.value)
    }
}
