//! Replacing the state file: whole or not at all.
//!
//! A temporary file in the same folder, flushed, renamed over the old one, the folder flushed. A
//! full disk, a killed process or a power cut leaves the old file or the new one.

use super::codec::Pieces;
use super::lock::Guard;
use super::paths::{StatePaths, TEMP_PREFIX};
use super::read::MAX_BYTES;
use super::room;
use super::sweep;
use crate::allocator::{Cluster, Timestamp};
use crate::steps::{self, Step};
use crate::store::error::{Action, StoreError};
use crate::system::{self, Access, Folder, KeepError, Temporary};
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// Puts the text in the state file's place, with the old one's access rights, and gives the
/// guard back to the system. The lock that v0.1 waits for is let go as soon as the new file is
/// in place; gpumgr's own only when it is durable, so that v0.1, which asks only ten times a
/// second, gets its turn meanwhile. What is to be done under both locks once it is in place is `done`.
pub(super) fn save(
    paths: &StatePaths,
    guard: Guard,
    old: Option<&Metadata>,
    text: &Pieces<'_>,
    cluster: &Cluster,
    done: impl FnOnce(),
) -> Result<(), StoreError> {
    let failed = |error| StoreError::io(Action::Write, &paths.state, error);
    let bytes: u64 = text.iter().map(|piece| piece.len() as u64).sum();
    if bytes > MAX_BYTES {
        return Err(StoreError::TooLarge {
            path: paths.state.clone(),
            bytes,
        });
    }
    let folder = guard.folder();
    sweep::sweep(paths, folder, cluster);
    let temp = prepare_with_room(paths, folder, old, text)?;
    temp.replace(paths.name()).map_err(failed)?;
    steps::reached(Step::Renamed);
    done();
    let folder = guard.release_file();
    folder
        .flush()
        .map_err(|error| StoreError::io(Action::Flush, &paths.folder, error))?;
    drop(folder);
    steps::reached(Step::FolderFlushed);
    Ok(())
}

/// How long gpumgr retries a save on a full disk.
const TRIES_FOR: Duration = Duration::from_millis(500);
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(50);

/// Prepares the file as [`prepare`] does, and makes room if the disk is full.
///
/// A program that never stops writing takes at once what is given up for the state. Then the writer of its
/// log finds the disk full, gives up a copy by itself and pauses, so that the next try has room.
fn prepare_with_room<'f>(
    paths: &StatePaths,
    folder: &'f Folder,
    old: Option<&Metadata>,
    text: &Pieces<'_>,
) -> Result<Temporary<'f>, StoreError> {
    let give_up = Instant::now() + TRIES_FOR;
    loop {
        match prepare(paths, folder, old, text) {
            Err(StoreError::Io { source, .. }) if room::is_full(&source) => {
                let has_room = room::make(folder);
                if Instant::now() >= give_up {
                    return Err(full(paths, folder, source));
                }
                if !has_room {
                    thread::sleep(BEFORE_NEXT_TRY);
                }
            }
            prepared => return prepared,
        }
    }
}

/// Writes the text to a file that has everything but the state file's name.
fn prepare<'f>(
    paths: &StatePaths,
    folder: &'f Folder,
    old: Option<&Metadata>,
    text: &Pieces<'_>,
) -> Result<Temporary<'f>, StoreError> {
    let failed = |error| StoreError::io(Action::Write, &paths.state, error);
    let temp = Temporary::new(folder, TEMP_PREFIX).map_err(failed)?;
    steps::reached(Step::TempCreated);
    write_pieces(temp.file(), text).map_err(failed)?;
    steps::reached(Step::TempWritten);
    set_access(paths, folder, temp.file(), old)?;
    temp.file().sync_all().map_err(failed)?;
    steps::reached(Step::TempFlushed);
    Ok(temp)
}

fn full(paths: &StatePaths, folder: &Folder, source: io::Error) -> StoreError {
    StoreError::DiskFull {
        path: paths.state.clone(),
        source,
        largest: room::largest(folder),
    }
}

/// Small pieces are joined, large ones written as they are.
fn write_pieces(file: &File, text: &Pieces<'_>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    text.iter()
        .try_for_each(|piece| file.write_all(piece.as_bytes()))?;
    file.flush()
}

fn set_access(
    paths: &StatePaths,
    folder: &Folder,
    file: &File,
    old: Option<&Metadata>,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::io(Action::Write, &paths.state, error);
    let Some(old) = old else {
        return folder.share(file).map_err(failed);
    };
    system::keep_access(file, old).map_err(|KeepError { group, source }| match group {
        None => failed(source),
        Some(group) => StoreError::GroupLost {
            path: paths.state.clone(),
            group,
            source,
        },
    })
}

/// Gives the old file a second, dated name; returns it. At no moment is there no state file.
pub(super) fn keep_old(
    paths: &StatePaths,
    folder: &Folder,
    now: Timestamp,
) -> Result<PathBuf, StoreError> {
    let failed = |error| StoreError::io(Action::Keep, &paths.state, error);
    let date = now.format("%Y%m%d-%H%M%S");
    let stem = paths
        .state
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    for attempt in 1.. {
        let again = if attempt == 1 {
            String::new()
        } else {
            format!("-{attempt}")
        };
        let kept = format!("{stem}.{date}{again}.json");
        match link_or_copy(folder, paths.name(), kept.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
            Ok(()) => {
                steps::reached(Step::OldKept);
                return Ok(folder.path().join(kept));
            }
        }
    }
    Err(failed(io::Error::from(io::ErrorKind::AlreadyExists)))
}

/// A file system without hard links gets a copy, flushed before the original goes.
fn link_or_copy(folder: &Folder, from: &OsStr, to: &OsStr) -> io::Result<()> {
    match folder.hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let copy = folder.create(to)?;
            copy_into(&copy, folder, from).inspect_err(|_| {
                // Half a copy is worth nothing, and the failure is told.
                let _ = folder.remove(to);
            })
        }
        linked => linked,
    }
}

fn copy_into(mut copy: &File, folder: &Folder, from: &OsStr) -> io::Result<()> {
    let mut original = folder.open_file(from, Access::Read)?;
    // Without the original's group, those who may read it are told nothing more than by their own.
    let _ = system::keep_access(copy, &original.metadata()?);
    io::copy(&mut original, &mut copy)?;
    copy.sync_all()
}
