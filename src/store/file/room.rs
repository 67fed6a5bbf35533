//! Room on a full disk: what gpumgr keeps beside the state and can do without.
//!
//! A log that filled the disk must not keep a release from being saved. So a change that finds no
//! room gives up copies of logs that were put aside, the largest first, as far as this user may.

use super::paths::LOG_FILE;
use crate::logs;
use crate::store::Large;
use crate::system::Folder;
use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

/// One log, or a copy of one.
struct Log<'f> {
    folder: &'f Folder,
    name: OsString,
    bytes: u64,
}

/// Whether the system refused because the disk, or this user's share of it, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// Removes the largest copy that this user may remove; false if there is none.
pub(super) fn make(folder: &Folder) -> bool {
    let folders = user_folders(folder);
    let mut copies = logs_in(folder, &folders);
    copies.retain(|log| is_copy(&log.name) && may_give(folder, log));
    copies.sort_by_key(|log| Reverse(log.bytes));
    let mut copies = copies.iter();
    copies.any(|log| log.folder.remove(&log.name).is_ok())
}

/// The largest log there is.
pub(super) fn largest(folder: &Folder) -> Option<Large> {
    let folders = user_folders(folder);
    let logs = logs_in(folder, &folders);
    let largest = logs.into_iter().max_by_key(|log| log.bytes)?;
    Some(Large {
        path: largest.folder.path().join(&largest.name),
        bytes: largest.bytes,
    })
}

/// The folders of programs' logs.
fn user_folders(folder: &Folder) -> Vec<Folder> {
    let Ok(logs) = folder.subfolder(logs::FOLDER.as_ref()) else {
        return Vec::new();
    };
    let users = logs.names().unwrap_or_default();
    let users = users.iter().filter_map(|user| logs.subfolder(user).ok());
    let mut folders: Vec<_> = users.collect();
    folders.push(logs);
    folders
}

/// Whether a copy may be given up: it is of the log of all changes, it is in a folder of this user's own, or
/// gpumgr made the folder of logs. Where members can rename folders, one of them may have given that name to
/// another user's folder. gpumgr makes its own sticky there.
fn may_give(around: &Folder, copy: &Log<'_>) -> bool {
    if copy.folder.path() == around.path() {
        return true;
    }
    let is_sticky = |folder: &Folder| folder.is_sticky().unwrap_or(false);
    let only_owner_writes = |folder: &Folder| folder.only_owner_writes().unwrap_or(false);
    let is_own = copy.folder.is_own().unwrap_or(false) && only_owner_writes(copy.folder);
    let logs = around.subfolder(logs::FOLDER.as_ref());
    is_own
        || only_owner_writes(around)
        || is_sticky(around)
        || logs.is_ok_and(|logs| is_sticky(&logs))
}

fn logs_in<'f>(folder: &'f Folder, users: &'f [Folder]) -> Vec<Log<'f>> {
    let names = |folder: &Folder| folder.names().unwrap_or_default();
    let own = names(folder).into_iter().filter(|name| is_changes(name));
    let own = own.map(|name| (folder, name));
    let programs = users.iter().flat_map(|user| {
        let names = names(user).into_iter().filter(|name| is_programs(name));
        names.map(move |name| (user, name))
    });
    let logs = own.chain(programs).filter_map(|(folder, name)| {
        let entry = folder.look(&name).ok().filter(|entry| entry.is_file)?;
        Some(Log {
            folder,
            name,
            bytes: entry.bytes,
        })
    });
    logs.collect()
}

/// Whether it is the log of all changes, or a copy of it.
fn is_changes(name: &OsStr) -> bool {
    name == LOG_FILE || is_copy(name) && stem(name) == Some(LOG_FILE.as_ref())
}

/// Whether it is the log of a program, or a copy of one.
fn is_programs(name: &OsStr) -> bool {
    let log = if is_copy(name) {
        stem(name)
    } else {
        Some(name)
    };
    log.is_some_and(|log| Path::new(log).extension() == Some("log".as_ref()))
}

/// Whether the name ends with the number of a copy.
fn is_copy(name: &OsStr) -> bool {
    let number = Path::new(name).extension();
    number.is_some_and(|number| {
        !number.is_empty() && number.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    })
}

fn stem(name: &OsStr) -> Option<&OsStr> {
    Path::new(name).file_stem()
}
