//! The steps of a save, by name.
//!
//! A debug build stops itself at the step that `GPUMGR_STOP_AT` names, so that a test can kill it
//! at that very moment. A release build does not look.

/// Where a transaction can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Locked,
    Loaded,
    TempCreated,
    TempWritten,
    TempFlushed,
    OldKept,
    Renamed,
    FolderFlushed,
}

#[cfg(debug_assertions)]
#[allow(clippy::disallowed_methods, reason = "for tests, and not in a release")]
pub(super) fn reached(step: Step) {
    if std::env::var("GPUMGR_STOP_AT").is_ok_and(|name| name == format!("{step:?}")) {
        crate::system::stop_here();
    }
}

#[cfg(not(debug_assertions))]
pub(super) fn reached(_step: Step) {}
