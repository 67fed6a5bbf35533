//! What a supervisor is told, and what it tells whoever started it: a line each.

use crate::allocator::{LeaseId, Name};
use crate::config::Config;
use crate::error::Error;
use crate::leases::{HeldLease, Leases};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead};
use std::path::PathBuf;

/// The only word of a supervisor's command line.
pub(crate) const SUPERVISE: &str = "--supervise-program";

/// What a supervisor is to look after. It comes on its standard input once the task is its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The config, if there is one, as whoever starts it read it: the file may be another one by now.
    pub(super) config: Option<(PathBuf, String)>,
    /// The state file.
    pub(crate) state: PathBuf,
    /// The task.
    pub(crate) task: String,
    /// Its lease.
    pub(super) lease: String,
    /// Where that is open.
    pub(super) number: i64,
    /// The program that runs already, and when that started.
    pub(super) runs: Option<(u32, u64)>,
    /// The task was there before, and stays if the program does not even begin.
    pub(super) found: bool,
}

impl Order {
    /// The order on standard input; none if whoever was to give it is gone.
    ///
    /// # Errors
    /// It makes no sense.
    pub(crate) fn read() -> io::Result<Option<Self>> {
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line)? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_str(&line)?)),
        }
    }

    /// The settings of whoever started it.
    ///
    /// # Errors
    /// The order makes no sense.
    pub(crate) fn settings(&self) -> Result<Config, Error> {
        let config = match &self.config {
            Some((path, text)) => Config::parse(path, text)?,
            None => Config::by_default()?,
        };
        Ok(Config {
            state_file: self.state.clone(),
            ..config
        })
    }

    /// The lease that it was started with.
    ///
    /// # Errors
    /// It was not, or the order makes no sense.
    pub(crate) fn lease(&self, leases: &Leases) -> Result<HeldLease, Error> {
        let (_, lease) = self.names()?;
        Ok(leases.inherit(lease, self.number)?)
    }

    pub(super) fn names(&self) -> Result<(Name, LeaseId), Error> {
        let task = self.task.parse().map_err(io::Error::other)?;
        let lease = self.lease.parse().map_err(io::Error::other)?;
        Ok((task, lease))
    }
}

/// What came of a start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It runs.
    Runs { pid: u32 },
    /// It ended at once.
    Ended { exit: u8, lines: String },
    /// It was not started; without a command it was its log that could not be opened.
    Unstarted {
        command: Option<String>,
        error: Option<i32>,
        why: String,
    },
}

/// As it is sent.
///
/// # Errors
/// It has a path that is no text.
pub(super) fn line(what: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(what)?;
    text.push(b'\n');
    Ok(text)
}
