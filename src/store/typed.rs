//! Transactions that return a value or an error of their own.

use super::{
    Action, Change, Committed, IfAbsent, Replacement, Saved, Snapshot, StateStore, StoreError,
    Transaction,
};
use crate::allocator::{Cluster, Timestamp};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The time, asked for when a transaction has the state.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Runs the function on the state and saves what it changed. `done` follows in the order of the changes,
/// with whether the first state was made. The function must have no effect but on the cluster: it may run
/// again, and on another thread.
///
/// # Errors
/// The function's own, or why the state cannot be locked, loaded or saved.
pub fn update<T, E, F, D>(
    store: &dyn StateStore,
    if_absent: IfAbsent,
    clock: Clock,
    known: Option<Snapshot>,
    function: F,
    done: D,
) -> Result<Saved<T>, E>
where
    F: Fn(&mut Cluster, Timestamp) -> Result<T, E> + Send + Sync + 'static,
    D: Fn(&T, bool) + Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let update = Update::new(clock, function, done);
    let committed = store.transact(Change {
        if_absent,
        known,
        transaction: Arc::clone(&update) as Arc<dyn Transaction>,
    })?;
    update.saved(committed)
}

/// Lays the state anew. The function gets the present cluster, which is `None` if there is no state or none
/// that can be read. `done` follows with the place where the old state was kept.
///
/// # Errors
/// The function's own, or why the state cannot be locked, read or saved.
pub fn replace<T, E, F, D>(
    store: &dyn StateStore,
    clock: Clock,
    function: F,
    done: D,
) -> Result<Saved<T>, E>
where
    F: Fn(Option<Cluster>, Timestamp) -> Result<(Cluster, T), E> + Send + Sync + 'static,
    D: Fn(&T, Option<&Path>) + Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let update = Update::new(clock, function, done);
    let committed = store.replace(Arc::clone(&update) as Arc<dyn Replacement>)?;
    update.saved(committed)
}

/// A function, and what it last returned.
struct Update<T, E, F, D> {
    clock: Clock,
    function: F,
    done: D,
    result: Mutex<Option<Result<T, E>>>,
}

impl<T, E: From<StoreError>, F, D> Update<T, E, F, D> {
    fn new(clock: Clock, function: F, done: D) -> Arc<Self> {
        Arc::new(Self {
            clock,
            function,
            done,
            result: Mutex::new(None),
        })
    }

    /// The value of the last call, with what the store did.
    fn saved(&self, committed: Committed) -> Result<Saved<T>, E> {
        let value = taken(&self.result)??;
        Ok(Saved {
            value,
            created: committed.created,
            kept: committed.kept,
        })
    }
}

impl<T, E, F, D> Transaction for Update<T, E, F, D>
where
    F: Fn(&mut Cluster, Timestamp) -> Result<T, E> + Send + Sync,
    D: Fn(&T, bool) + Send + Sync,
    T: Send,
    E: Send,
{
    fn apply(&self, cluster: &mut Cluster) -> Option<Timestamp> {
        let now = (self.clock)();
        let result = (self.function)(cluster, now);
        let time = result.is_ok().then_some(now);
        *locked(&self.result) = Some(result);
        time
    }

    fn committed(&self, created: bool) {
        if let Some(Ok(value)) = &*locked(&self.result) {
            (self.done)(value, created);
        }
    }
}

impl<T, E, F, D> Replacement for Update<T, E, F, D>
where
    F: Fn(Option<Cluster>, Timestamp) -> Result<(Cluster, T), E> + Send + Sync,
    D: Fn(&T, Option<&Path>) + Send + Sync,
    T: Send,
    E: Send,
{
    fn apply(&self, present: Option<Cluster>) -> Option<(Cluster, Timestamp)> {
        let now = (self.clock)();
        match (self.function)(present, now) {
            Ok((cluster, value)) => {
                *locked(&self.result) = Some(Ok(value));
                Some((cluster, now))
            }
            Err(error) => {
                *locked(&self.result) = Some(Err(error));
                None
            }
        }
    }

    fn committed(&self, kept: Option<&Path>) {
        if let Some(Ok(value)) = &*locked(&self.result) {
            (self.done)(value, kept);
        }
    }
}

/// The result of the last call.
fn taken<R>(result: &Mutex<Option<R>>) -> Result<R, StoreError> {
    let not_run = || {
        let source = io::Error::other("the store did not run the transaction");
        StoreError::io(Action::Write, Path::new(""), source)
    };
    locked(result).take().ok_or_else(not_run)
}

fn locked<R>(result: &Mutex<R>) -> MutexGuard<'_, R> {
    result.lock().unwrap_or_else(PoisonError::into_inner)
}
