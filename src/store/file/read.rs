//! Reading the state file.

use super::codec;
use super::paths::StatePaths;
use crate::allocator::Cluster;
use crate::store::error::{Action, Damage, NotAState, StoreError};
use crate::system::{Access, Entry, Folder};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// Five times what the largest usual cluster needs; more is no state but a mistake.
pub(super) const MAX_BYTES: u64 = 512 << 20;
/// How long v0.1, which writes in place, may take to finish a file.
const TORN_FOR: Duration = Duration::from_secs(1);
const READ_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// A state file's text, and whose file it was. Where it is to be changed, opening it for writing
/// proved that this user may.
pub(super) struct Opened {
    text: String,
    metadata: Metadata,
}

impl Opened {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

/// Reads without a lock. v0.1 may be writing the file in place, so what is no JSON is read
/// again for a while before it is called damaged.
pub(super) fn patiently(paths: &StatePaths) -> Result<Option<Cluster>, StoreError> {
    let give_up = Instant::now() + TORN_FOR;
    loop {
        match once(paths) {
            Err(StoreError::Damaged {
                damage: Damage::Layout { torn: true, .. },
                ..
            }) if Instant::now() < give_up => {
                std::thread::sleep(READ_AGAIN_AFTER);
            }
            read => return read,
        }
    }
}

/// Reads the file as it is at this moment.
fn once(paths: &StatePaths) -> Result<Option<Cluster>, StoreError> {
    let Some(folder) = folder(paths)? else {
        return Ok(None);
    };
    in_folder(paths, &folder)
}

/// The same, in the folder that is open.
pub(super) fn in_folder(
    paths: &StatePaths,
    folder: &Folder,
) -> Result<Option<Cluster>, StoreError> {
    let opened = open(paths, folder, Access::Read, Action::Read)?;
    opened
        .map(|opened| {
            codec::decode(&opened.text)
                .map(|(cluster, _)| cluster)
                .map_err(|damage| damage.at(&paths.state))
        })
        .transpose()
}

/// The file's text at this moment, if it has one.
pub(super) fn text(paths: &StatePaths) -> Option<String> {
    let folder = folder(paths).ok()??;
    let opened = open(paths, &folder, Access::Read, Action::Read);
    Some(opened.ok()??.text)
}

/// Reads the file in order to replace it, which whoever may not write it must not do.
pub(super) fn to_change(paths: &StatePaths, folder: &Folder) -> Result<Option<Opened>, StoreError> {
    open(paths, folder, Access::ReadWrite, Action::Write)
}

/// The metadata of a file that is to be replaced whatever it holds.
pub(super) fn to_replace(
    paths: &StatePaths,
    folder: &Folder,
) -> Result<Option<Metadata>, StoreError> {
    if look(paths, folder)?.is_none() {
        return Ok(None);
    }
    let file = folder.open_file(paths.name(), Access::Write);
    let found = file.and_then(|file| file.metadata());
    found
        .map(Some)
        .map_err(|error| StoreError::io(Action::Write, &paths.state, error))
}

/// Whether there is a state file.
pub(super) fn is_there(paths: &StatePaths) -> Result<bool, StoreError> {
    let Some(folder) = folder(paths)? else {
        return Ok(false);
    };
    Ok(look(paths, &folder)?.is_some())
}

fn folder(paths: &StatePaths) -> Result<Option<Folder>, StoreError> {
    match paths.open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened
            .map(Some)
            .map_err(|error| StoreError::io(Action::Read, &paths.state, error)),
    }
}

fn look(paths: &StatePaths, folder: &Folder) -> Result<Option<Entry>, StoreError> {
    match folder.look(paths.name()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(Action::Read, &paths.state, error)),
        Ok(found) if !found.is_file => Err(StoreError::NotAFile {
            path: paths.state.clone(),
        }),
        Ok(found) => Ok(Some(found)),
    }
}

/// The path is without links: one that is met here was planted since.
fn open(
    paths: &StatePaths,
    folder: &Folder,
    access: Access,
    action: Action,
) -> Result<Option<Opened>, StoreError> {
    let path = &paths.state;
    // Looked at before it is opened, for to open a device may already do something.
    if look(paths, folder)?.is_none() {
        return Ok(None);
    }
    let failed = |error| StoreError::io(action, path, error);
    let file = match folder.open_file(paths.name(), access) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let metadata = file.metadata().map_err(failed)?;
    if metadata.len() > MAX_BYTES {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            bytes: metadata.len(),
        });
    }
    let bytes = bytes(&file, metadata.len()).map_err(failed)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| NotAState::from(codec::not_text(&error)).at(path))?;
    Ok(Some(Opened { text, metadata }))
}

fn bytes(mut file: &File, expected: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    Read::by_ref(&mut file)
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
