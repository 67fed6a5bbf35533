//! The state in this process alone: for tests, and for simulations by users of the library.

use super::{Change, Committed, IfAbsent, Replacement, Revision, Snapshot, StateStore, StoreError};
use crate::allocator::{Cluster, Disagreement};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A state in memory. Clones share it.
///
/// A transaction runs without a lock and is run again if another one was faster, as with an engine that
/// compares and sets.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    cluster: Option<Cluster>,
    /// How often the cluster was changed.
    revision: u64,
}

impl MemoryStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for MemoryStore {
    fn load(&self) -> Result<Option<Cluster>, StoreError> {
        Ok(self.kept().cluster.clone())
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let cluster = self.kept().cluster.clone()?;
        Some(Snapshot {
            cluster,
            text: None,
        })
    }

    fn revision(&self) -> Option<Revision> {
        let kept = self.kept();
        kept.cluster.as_ref().map(|_| Revision {
            number: kept.revision.into(),
            bytes: 0,
            file: None,
        })
    }

    fn transact(&self, change: Change) -> Result<Committed, StoreError> {
        loop {
            let before = self.kept().clone();
            let created = before.cluster.is_none();
            let mut cluster = match (before.cluster, &change.if_absent) {
                (Some(cluster), _) => cluster,
                (None, IfAbsent::Create(spec)) => Cluster::fresh(spec),
                (None, IfAbsent::Fail) => return Err(missing()),
            };
            if change.transaction.apply(&mut cluster).is_none() {
                return Ok(Committed::nothing());
            }
            let mut kept = self.kept();
            if kept.revision != before.revision {
                continue;
            }
            if cluster.is_edited() {
                *kept = Kept {
                    cluster: Some(unedited(&cluster)?),
                    revision: before.revision + 1,
                };
            }
            change.transaction.committed(created);
            return Ok(Committed {
                created,
                kept: None,
            });
        }
    }

    fn replace(&self, replacement: Arc<dyn Replacement>) -> Result<Committed, StoreError> {
        let mut kept = self.kept();
        let created = kept.cluster.is_none();
        let Some((cluster, _)) = replacement.apply(kept.cluster.clone()) else {
            return Ok(Committed::nothing());
        };
        *kept = Kept {
            cluster: Some(unedited(&cluster)?),
            revision: kept.revision + 1,
        };
        replacement.committed(None);
        Ok(Committed {
            created,
            kept: None,
        })
    }
}

/// Returns the cluster with no mark of a change.
fn unedited(cluster: &Cluster) -> Result<Cluster, StoreError> {
    let checked = Cluster::new(cluster.servers().to_vec()).map_err(damaged)?;
    Ok(checked
        .with_queue(cluster.queue().to_vec())
        .with_auto_programs(cluster.auto_programs().to_vec()))
}

fn damaged(wrong: Disagreement) -> StoreError {
    StoreError::Damaged {
        path: NAME.into(),
        damage: wrong.into(),
    }
}

fn missing() -> StoreError {
    StoreError::Missing { path: NAME.into() }
}

/// Stands for the path of a state file.
const NAME: &str = "memory";
