//! The actions: one file each. Facts are gathered before the lock, decided on under it by the
//! pure [`crate::allocator`], and what came of it is returned as data.

mod adopt;
mod allocate;
mod change;
mod check_config;
mod detect;
mod ending;
mod events;
mod history;
mod init;
mod monitor;
mod program;
mod queue;
mod release;
mod renew;
mod report;
mod reset;
mod run;
mod status;
mod test_notification;
mod wait;
mod watch;

pub(crate) use check_config::translate;
pub(crate) use monitor::Attends;
pub(crate) use program::{Order, SUPERVISE, Start};
pub(crate) use run::{Job, Outer};
pub(crate) use wait::Wait;
pub(crate) use watch::Shows;

use crate::manager::Manager;
use crate::outcome::StateFile;
use crate::store::Saved;

impl Manager {
    /// The state file, as an action that only looks finds it.
    fn state(&self, differs: bool) -> StateFile {
        StateFile {
            path: self.state_file().to_owned(),
            created: false,
            unshareable: false,
            open_to_others: None,
            by_default: self.config.path.is_none(),
            detected: false,
            differs,
            freed: Vec::new(),
        }
    }

    /// The state file after a transaction.
    fn changed_state<T>(&self, saved: &Saved<T>, differs: bool) -> StateFile {
        StateFile {
            created: saved.created,
            unshareable: self.paths.is_sticky(),
            ..self.state(differs)
        }
    }
}
