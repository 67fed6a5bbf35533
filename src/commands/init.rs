//! `--init`: makes the state file, or reconciles it with a changed config.

use crate::allocator::reconcile;
use crate::error::Error;
use crate::manager::Manager;
use crate::outcome::{Initialized, StateFile, Totals};
use crate::store::IfAbsent;

impl Manager {
    /// Makes the state file from the config; an existing one becomes what the config describes,
    /// without forgetting a task. Without any config an existing one is left alone.
    ///
    /// # Errors
    /// Tasks hold what would go, or the state cannot be changed.
    pub fn init(&self) -> Result<Initialized, Error> {
        let spec = self.config.cluster.clone();
        let has_config = self.config.path.is_some();
        let create = IfAbsent::Create(spec.clone());
        let changed = self.change(create, move |cluster, _| {
            let changes = if has_config {
                reconcile(cluster, &spec)?
            } else {
                Vec::new()
            };
            Ok((changes, Totals::of(cluster.servers())))
        })?;
        let state = StateFile {
            differs: false,
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
