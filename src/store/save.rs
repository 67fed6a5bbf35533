//! Replacing the state file: whole or not at all.
//!
//! A temporary file in the same folder, flushed, renamed over the old one, the folder flushed. A
//! full disk, a killed process or a power cut leaves the old file or the new one.

use super::codec::Pieces;
use super::error::{Action, StoreError};
use super::lease;
use super::lock::Guard;
use super::place::{Place, TEMP_PREFIX};
use super::read::MAX_BYTES;
use super::wake;
use crate::allocator::{Cluster, Timestamp};
use crate::steps::{self, Step};
use crate::system::{self, KeepError};
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Puts the text in the state file's place, with the old one's access rights, and gives the
/// guard back to the system. The lock that v0.1 waits for is let go as soon as the new file is
/// in place; gpumgr's own only when it is durable, so that v0.1, which asks only ten times a
/// second, gets its turn meanwhile.
pub(super) fn save(
    place: &Place,
    guard: Guard,
    old: Option<&Metadata>,
    text: &Pieces<'_>,
    cluster: &Cluster,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::io(Action::Write, &place.state, error);
    let bytes: u64 = text.iter().map(|piece| piece.len() as u64).sum();
    if bytes > MAX_BYTES {
        return Err(StoreError::TooLarge {
            path: place.state.clone(),
            bytes,
        });
    }
    sweep(place, cluster);
    let temp = tempfile::Builder::new()
        .prefix(TEMP_PREFIX)
        .tempfile_in(&place.folder)
        .map_err(failed)?;
    steps::reached(Step::TempCreated);
    write_pieces(temp.as_file(), text).map_err(failed)?;
    steps::reached(Step::TempWritten);
    set_access(place, &temp, old)?;
    temp.as_file().sync_all().map_err(failed)?;
    steps::reached(Step::TempFlushed);
    replace(temp, &place.state).map_err(failed)?;
    steps::reached(Step::Renamed);
    let folder = guard.release_file();
    folder
        .flush()
        .map_err(|error| StoreError::io(Action::Flush, &place.folder, error))?;
    steps::reached(Step::FolderFlushed);
    Ok(())
}

/// Small pieces are joined, large ones written as they are.
fn write_pieces(file: &File, text: &Pieces<'_>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    text.iter()
        .try_for_each(|piece| file.write_all(piece.as_bytes()))?;
    file.flush()
}

/// Renames over the old file, which a reader may have open: tempfile's own rename would fail on
/// Windows.
fn replace(temp: NamedTempFile, state: &Path) -> io::Result<()> {
    let path = temp.into_temp_path();
    system::replace(&path, state)?;
    // It has its new name, and nothing is left to remove.
    let _ = path.keep();
    Ok(())
}

fn set_access(
    place: &Place,
    temp: &NamedTempFile,
    old: Option<&Metadata>,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::io(Action::Write, &place.state, error);
    let Some(old) = old else {
        let folder = fs::metadata(&place.folder).map_err(failed)?;
        return system::share_as_folder(temp.as_file(), &folder).map_err(failed);
    };
    system::keep_access(temp.as_file(), old).map_err(|KeepError { group, source }| match group {
        None => failed(source),
        Some(group) => StoreError::GroupLost {
            path: place.state.clone(),
            group,
            source,
        },
    })
}

/// With more leases than that, only some of the saves read the folder, which has two files for each.
const MANY_LEASES: usize = 64;
/// One of how many.
const SWEPT_AMONG: u64 = 16;

/// Removes what crashes left. What cannot be removed harms nobody, and is tried again next time.
fn sweep(place: &Place, cluster: &Cluster) {
    let leases: HashSet<_> = cluster.leases().map(|lease| lease.id.as_str()).collect();
    // Litter costs space only, and many leases mean many saves.
    let random = || RandomState::new().build_hasher().finish();
    if leases.len() > MANY_LEASES && !random().is_multiple_of(SWEPT_AMONG) {
        return;
    }
    for entry in fs::read_dir(&place.folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(TEMP_PREFIX.as_bytes()) {
            let _ = fs::remove_file(entry.path());
        } else {
            lease::sweep(place, &name, |id| leases.contains(id));
            wake::sweep(place, &name, |id| leases.contains(id));
        }
    }
}

/// Gives the old file a second, dated name; returns it. At no moment is there no state file.
pub(super) fn keep_old(place: &Place, now: Timestamp) -> Result<PathBuf, StoreError> {
    let failed = |error| StoreError::io(Action::Keep, &place.state, error);
    let date = now.format("%Y%m%d-%H%M%S");
    let stem = place
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
        let kept = place.folder.join(format!("{stem}.{date}{again}.json"));
        match link_or_copy(&place.state, &kept) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
            Ok(()) => {
                steps::reached(Step::OldKept);
                return Ok(kept);
            }
        }
    }
    Err(failed(io::Error::from(io::ErrorKind::AlreadyExists)))
}

/// A file system without hard links gets a copy, flushed before the original goes.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let copy = File::create_new(to)?;
            copy_into(&copy, from).inspect_err(|_| {
                // Half a copy is worth nothing, and the failure is told.
                let _ = fs::remove_file(to);
            })
        }
        linked => linked,
    }
}

fn copy_into(mut copy: &File, from: &Path) -> io::Result<()> {
    let mut original = File::open(from)?;
    copy.set_permissions(original.metadata()?.permissions())?;
    io::copy(&mut original, &mut copy)?;
    copy.sync_all()
}
