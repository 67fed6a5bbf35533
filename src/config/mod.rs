//! The config: TOML as written, to checked settings, with the place of every mistake.

mod document;
mod environment;
mod gpus;
mod mistake;
mod monitor;
mod names;
mod notification;
mod program;
mod rotation;
mod schema;
mod search;
mod translate;

pub use environment::{Environment, Part, Template};
pub use gpus::{Ignored, Measuring};
pub use mistake::{ConfigError, Expected, Mistake, Wrong};
pub use monitor::Monitoring;
pub use notification::{Mail, Notification, Password, Security};
pub use program::ProgramTemplate;
pub use rotation::Rotation;
pub use translate::{LeftOut, Translated};

use crate::allocator::{ClusterSpec, Limits};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The state file's name where the config names none.
pub(crate) const STATE_FILE: &str = "resource_status.json";
/// How long to wait for the lock where the config does not say.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);
/// v0.1's cluster: servers, GPUs and CPUs of each.
const V01_CLUSTER: (u32, u32, u32) = (4, 8, 64);

/// Checked settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file they come from, absolute; none where no config was found.
    pub path: Option<PathBuf>,
    /// A `config.toml` in the current folder that is some other program's.
    pub passed_over: Option<PathBuf>,
    /// The state file, absolute.
    pub state_file: PathBuf,
    /// How long to wait for the lock.
    pub lock_timeout: Duration,
    /// Locks are trusted also where they may hold on this machine only.
    pub allow_local_locks: bool,
    /// The servers.
    pub cluster: ClusterSpec,
    /// What one task may ask for.
    pub limits: Limits,
    /// What is set for a task besides `CUDA_VISIBLE_DEVICES`.
    pub environment: Environment,
    /// How GPUs are measured.
    pub measuring: Measuring,
    /// What stands before every task's name.
    pub task_prefix: Option<String>,
    /// What is started for a task, if it says so.
    pub program: Option<ProgramTemplate>,
    /// What the monitor does.
    pub monitoring: Monitoring,
    /// Who is told of what happens.
    pub notification: Option<Notification>,
    /// How large the log of all changes grows.
    pub log: Rotation,
    /// The text that they come from; nothing without a file.
    pub(crate) text: Arc<str>,
    /// Whether somebody else could have written it, who would so decide what is run.
    pub untrusted: bool,
}

impl Config {
    /// Reads this file, or without one looks where the command line does: `$GPUMGR_CONFIG`,
    /// `./config.toml`, the user's config folder, `$GPUMGR_SYSTEM_CONFIG` or else
    /// `/etc/gpumgr/config.toml`; without any, v0.1's cluster with its state in the current folder.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn find(path: Option<&Path>) -> Result<Self, ConfigError> {
        let found = search::find(path)?;
        let passed_over = found.passed_over;
        let untrusted = found.untrusted;
        let config = match found.file {
            Some((path, text)) => schema::parse(&path, &text)?,
            None => Self::by_default()?,
        };
        Ok(Self {
            passed_over,
            untrusted,
            ..config
        })
    }

    /// The settings where no config is found: v0.1's cluster with its state in the current folder.
    ///
    /// # Errors
    /// There is no current folder.
    pub fn by_default() -> Result<Self, ConfigError> {
        schema::without_file(&search::current_folder()?)
    }

    /// Settings from this text, as if it stood in the file at this absolute path.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        schema::parse(path, text)
    }

    /// The manager guide's JSON config in this file, as TOML.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn translate(file: &Path) -> Result<Translated, ConfigError> {
        let (path, text) = search::named(file)?;
        translate::translate(&path, &text)
    }
}
