//! `--reset`: forgets all tasks and lays the state anew.

use crate::allocator::{Cluster, Name, Task, Timestamp, reset};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{Reset, Totals};
use crate::store;
use std::path::Path;
use std::sync::Arc;

impl Manager {
    /// Forgets all tasks and lays the state anew from the config, whatever the file holds; the
    /// old file is kept beside it.
    ///
    /// # Errors
    /// Some tasks are other users', or the state cannot be replaced.
    pub fn reset(&self) -> Result<Reset, Error> {
        let (spec, actor) = (self.described()?, self.actor()?);
        let scribe = self.scribe();
        let forget = move |present: Option<Cluster>, now| {
            let mut cluster = present.unwrap_or_else(|| Cluster::fresh(&spec));
            let where_they_ran: Vec<_> = cluster
                .tasks()
                .map(|(server, _)| cluster.servers()[server].name.clone())
                .collect();
            let forgotten = reset(&mut cluster, &spec, &actor)?;
            let totals = Totals::of(cluster.servers());
            Ok::<_, Error>((cluster, (forgotten, where_they_ran, totals, now)))
        };
        let note = move |(forgotten, servers, _, now): &(Vec<Task>, Vec<Name>, Totals, _),
                         kept: Option<&Path>| {
            scribe.note_under_lock(events(forgotten, servers, kept, *now));
        };
        let saved = store::replace(&*self.store, Arc::new(now), forget, note)?;
        let state = self.changed_state(&saved, false);
        let (forgotten, _, totals, _) = saved.value;
        Ok(Reset {
            state,
            forgotten,
            kept: saved.kept,
            totals,
        })
    }
}

fn events(forgotten: &[Task], servers: &[Name], kept: Option<&Path>, now: Timestamp) -> Vec<Event> {
    let event = Event::new(Deed::Reset, now);
    let tasks = forgotten.iter().zip(servers);
    let tasks = tasks.map(|(task, server)| event.clone().ending(task, server));
    let kept = kept.and_then(Path::file_name);
    let why = match kept {
        Some(name) => format!("kept as {}", name.to_string_lossy()),
        None => "created".to_owned(),
    };
    tasks.chain([event.clone().because(why)]).collect()
}
