//! The steps of an action, by name.
//!
//! A debug build stops itself at the step that `GPUMGR_STOP_AT` names, so that a test can kill it
//! at that very moment; `Renamed@2` is the second time that it gets there. A release build does
//! not look.

/// Where an action can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    // Of a transaction.
    Locked,
    Loaded,
    TempCreated,
    TempWritten,
    TempFlushed,
    OldKept,
    Renamed,
    FolderFlushed,
    // Of a run, around its transactions.
    LeaseHeld,
    Granted,
    Started,
    CommandEnded,
    GivenBack,
}

#[cfg(debug_assertions)]
#[allow(clippy::disallowed_methods, reason = "for tests, and not in a release")]
pub(crate) fn reached(step: Step) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static TIMES: AtomicUsize = AtomicUsize::new(0);
    let Ok(wanted) = std::env::var("GPUMGR_STOP_AT") else {
        return;
    };
    let (name, time) = wanted.split_once('@').unwrap_or((&wanted, "1"));
    if name == format!("{step:?}") {
        let times = TIMES.fetch_add(1, Ordering::Relaxed) + 1;
        if time == times.to_string() {
            crate::system::stop_here();
        }
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn reached(_step: Step) {}
