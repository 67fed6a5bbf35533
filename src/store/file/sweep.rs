//! Files that crashes left beside a state: any save removes them.

use super::paths::{StatePaths, TEMP_PREFIX};
use crate::allocator::Cluster;
use crate::system::{self, Access, Folder};
use std::collections::HashSet;
use std::ffi::OsStr;

/// With more leases than that, only some of the saves read the folder, which has two files for each.
const MANY_LEASES: usize = 64;
/// One of how many.
const SWEPT_AMONG: u64 = 16;

/// Removes what crashes left. What cannot be removed harms nobody, and is tried again next time.
pub(super) fn sweep(paths: &StatePaths, folder: &Folder, cluster: &Cluster) {
    let leases: HashSet<_> = cluster.leases().map(|lease| lease.id.as_str()).collect();
    // Litter costs space only, and many leases mean many saves.
    if leases.len() > MANY_LEASES && !system::random().is_multiple_of(SWEPT_AMONG) {
        return;
    }
    for name in folder.names().unwrap_or_default() {
        if name.as_encoded_bytes().starts_with(TEMP_PREFIX.as_bytes()) {
            let _ = folder.remove(&name);
        } else {
            sweep_lease(paths, folder, &name, |id| leases.contains(id));
            sweep_wake(paths, folder, &name, |id| leases.contains(id));
        }
    }
}

/// Removes the file of this name if it is a lease that no longer matters.
fn sweep_lease(paths: &StatePaths, folder: &Folder, name: &OsStr, is_named: impl Fn(&str) -> bool) {
    let Some(id) = paths.lease_named(name) else {
        return;
    };
    if is_named(id) {
        return;
    }
    // A lock that is not to be had is one of a gpumgr that is about to enter the state.
    if folder
        .open_file(name, Access::Read)
        .is_ok_and(|file| system::try_lock(&file).unwrap_or(false))
    {
        let _ = folder.remove(name);
    }
}

/// Removes the FIFO of this name if its lease no longer matters and no process sleeps there.
fn sweep_wake(paths: &StatePaths, folder: &Folder, name: &OsStr, is_named: impl Fn(&str) -> bool) {
    let Some(id) = paths.wake_named(name) else {
        return;
    };
    if !is_named(id) && !system::is_slept_on(folder, name) {
        let _ = folder.remove(name);
    }
}
