//! gpumgr shares GPUs and CPU cores among people and jobs: ask for N GPUs and M CPUs, get the
//! exact device IDs of the first server with room, run, give them back.
//!
//! # The manager
//!
//! [`Manager`] is v0.1's Python class in Rust. It is opened on a config; each call is one
//! transaction on the state file, so any number of managers, `gpumgr` commands and v0.1 scripts
//! may work on it at once.
//!
//! ```
//! use gpumgr::allocator::{Cpus, Gpus, Request};
//! use gpumgr::{Error, Kind, Manager};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let config = folder.path().join("config.toml");
//! # #[allow(clippy::disallowed_methods)]
//! std::fs::write(&config, "[cluster]\nservers = 2\ngpus_per_server = 8\ncpus_per_server = 64\n")?;
//!
//! let manager = Manager::open(Some(&config))?;
//! let task = "my_task".parse()?;
//! let request = Request::new(task, Gpus::Count(4), Cpus::exactly(32)?).prefer("gpu-server-1");
//!
//! match manager.allocate(request) {
//!     Ok(allocated) => {
//!         assert_eq!(allocated.gpu_devices(), "0,1,2,3");
//!         assert_eq!(allocated.grant.server_id, 1);
//!         assert_eq!(manager.summary()?.free_gpus, 12);
//!
//!         let given_back = manager.release(&allocated.grant.task)?;
//!         assert_eq!(given_back.released.task.gpus, [0, 1, 2, 3]);
//!     }
//!     Err(error) if error.kind() == Kind::Insufficient => println!("try again later"),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | v0.1 | here |
//! |---|---|
//! | `allocate_resources(task, gpus, cpus, prefer)` | [`Manager::allocate`] |
//! | `release_resources(task)` | [`Manager::release`] |
//! | `get_resource_summary()` | [`Manager::summary`] |
//! | `get_detailed_status()` | [`Manager::status`], [`Manager::status_of`] |
//! | `reset_resources()` | [`Manager::reset`] |
//! | the sizes in its source | [`config::Config`], [`Manager::init`] |
//!
//! A task of nobody ([`allocator::Request::owned_by`] not called, as in v0.1) may be released by
//! anyone; another user's only after [`Manager::force`].
//!
//! # The layers
//!
//! Data flows one way: arguments, command, transaction, outcome, rendering.
//!
//! - [`allocator`]: the pure library. From a cluster and a request to a decision, with no clock,
//!   file or environment inside. Usable alone.
//! - [`store`]: the state file. Lock, load, function, check, save, unlock.
//! - [`config`]: TOML to checked settings.
//! - [`Manager`]: one method an action, each returning an [`outcome`] or an [`Error`].
//! - [`run`]: the command line, which puts outcomes into words, JSON or shell lines.

pub mod allocator;
mod app;
mod cli;
mod commands;
mod completion;
pub mod config;
mod environment;
mod error;
mod exit_code;
mod facts;
mod gpus;
mod journal;
mod leases;
mod logs;
mod manager;
mod measured;
mod notify;
pub mod outcome;
mod own_child;
mod progress;
mod quoting;
mod render;
mod screen;
mod steps;
pub mod store;
mod system;
mod variables;

pub use app::run;
pub use error::Error;
pub use exit_code::Kind;
pub use gpus::Unmeasured;
pub use manager::Manager;
pub use notify::{CommandTrouble, MailTrouble};
pub use progress::{Observer, Progress};
pub use system::{Holder, LocalLocks, OpenToOthers};

/// What the fuzzers put in; no part of what others may rely on.
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::app::misuse;
    pub use crate::cli::Shell;
    pub use crate::render::export;
}
