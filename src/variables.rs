//! The environment variables by which gpumgr's processes and commands know of each other.

/// The lease of the run that a command belongs to. For commands alone, not for shells.
pub(crate) const RUN: &str = "GPUMGR_RUN";

/// The lease of the step that a command belongs to. For commands alone, not for shells.
pub(crate) const STEP: &str = "GPUMGR_STEP";

/// The lease of the run that a supervisor looks after.
pub(crate) const SUPERVISES: &str = "GPUMGR_SUPERVISES";

/// Marks processes that gpumgr started for itself, which belong to no run.
pub(crate) const HELPER: &str = "GPUMGR_HELPER";

/// The pipe that a program writes to, so that a later supervisor finds it.
pub(crate) const LOG_PIPE: &str = "GPUMGR_LOG_PIPE";

/// The IDs of the granted GPUs, with commas between them.
pub(crate) const GPUS: &str = "GPUMGR_GPUS";
