//! `--init`: makes the state file, or reconciles it with a changed config.

use super::change::Grants;
use crate::allocator::{Change, Timestamp, reconcile};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::outcome::{Initialized, StateFile, Totals};

impl Manager {
    /// Makes the state file from the config; an existing one becomes what the config describes,
    /// without forgetting a task. Without any config a new one is of this machine's GPUs, where there
    /// are some, and v0.1's cluster elsewhere; one of GPUs that were found so becomes what is found
    /// now, and any other is left alone.
    ///
    /// # Errors
    /// Tasks hold what would go, or the state cannot be changed.
    pub fn init(&self) -> Result<Initialized, Error> {
        let detected = match self.store.load()? {
            Some(present) => self.detected_anew(&present)?,
            None => None,
        };
        let config = &self.config;
        let described = || config.path.is_some().then(|| config.cluster.clone());
        let wanted = detected.or_else(described);
        let changed = self.change_and_note(
            self.create()?,
            Grants::None,
            move |cluster, _| {
                let changes = match &wanted {
                    Some(spec) => reconcile(cluster, spec)?,
                    None => Vec::new(),
                };
                Ok((changes, Totals::of(cluster.servers())))
            },
            |(changes, _), now| reconciled(changes, now),
        )?;
        let state = StateFile {
            differs: false,
            open_to_others: self.paths.open_to_others(),
            ..changed.state
        };
        let (changes, totals) = changed.value;
        Ok(Initialized {
            state,
            changes,
            totals,
        })
    }
}

fn reconciled(changes: &[Change], now: Timestamp) -> Vec<Event> {
    match changes {
        [] => Vec::new(),
        changes => vec![Event::new(Deed::Init, now).reconciling(changes)],
    }
}
