//! The actions: one file each. Facts are gathered before the lock, decided on under it by the
//! pure [`crate::allocator`], and what came of it is returned as data.

mod allocate;
mod check_config;
mod init;
mod release;
mod reset;
mod status;

use crate::manager::Manager;
use crate::outcome::StateFile;
use crate::store::Saved;

/// The state file after a transaction that also told whether the config differs from it.
fn state_file<T>(manager: &Manager, saved: &Saved<T>, differs: bool) -> StateFile {
    StateFile {
        path: manager.state_file().to_owned(),
        created: saved.created,
        unshareable: saved.unshareable,
        differs,
    }
}
