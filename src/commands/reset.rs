//! `--reset`: forgets all tasks and lays the state anew.

use crate::allocator::{Cluster, reset};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{Reset, Totals};

impl Manager {
    /// Forgets all tasks and lays the state anew from the config, whatever the file holds; the
    /// old file is kept beside it.
    ///
    /// # Errors
    /// Some tasks are other users', or the state cannot be replaced.
    pub fn reset(&self) -> Result<Reset, Error> {
        let (spec, actor) = (self.described()?, self.actor()?);
        let saved = self.store.replace(now(), move |present| {
            let mut cluster = present.unwrap_or_else(|| Cluster::fresh(&spec));
            let where_they_ran: Vec<_> = cluster
                .tasks()
                .map(|(server, _)| cluster.servers()[server].name.clone())
                .collect();
            let forgotten = reset(&mut cluster, &spec, &actor)?;
            let totals = Totals::of(cluster.servers());
            Ok::<_, Error>((cluster, (forgotten, where_they_ran, totals)))
        })?;
        let state = self.changed_state(&saved, false);
        let (forgotten, where_they_ran, totals) = saved.value;
        let event = Event::new(Deed::Reset, now());
        let tasks = forgotten.iter().zip(&where_they_ran);
        let tasks = tasks.map(|(task, server)| event.clone().ending(task, server));
        let kept = saved.kept.as_ref().and_then(|kept| kept.file_name());
        let kept = kept.map(|name| format!("kept as {}", name.to_string_lossy()));
        let whole = event
            .clone()
            .because(kept.unwrap_or_else(|| "created".to_owned()));
        self.note(tasks.chain([whole]).collect());
        Ok(Reset {
            state,
            forgotten,
            kept: saved.kept,
            totals,
        })
    }
}
