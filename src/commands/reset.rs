//! `--reset`: forgets all tasks and lays the state anew.

use crate::allocator::{Cluster, reset};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::{Reset, Totals};

impl Manager {
    /// Forgets all tasks and lays the state anew from the config, whatever the file holds; the
    /// old file is kept beside it.
    ///
    /// # Errors
    /// Some tasks are other users', or the state cannot be replaced.
    pub fn reset(&self) -> Result<Reset, Error> {
        let (spec, actor) = (self.described()?, self.actor());
        let saved = self.store.replace(now(), move |present| {
            let mut cluster = present.unwrap_or_else(|| Cluster::fresh(&spec));
            let forgotten = reset(&mut cluster, &spec, &actor)?;
            let totals = Totals::of(cluster.servers());
            Ok::<_, Error>((cluster, (forgotten, totals)))
        })?;
        let state = self.changed_state(&saved, false);
        let (forgotten, totals) = saved.value;
        Ok(Reset {
            state,
            forgotten,
            kept: saved.kept,
            totals,
        })
    }
}
