//! Reading the state file.

use super::codec;
use super::error::{Action, Damage, NotAState, StoreError};
use crate::allocator::Cluster;
use crate::system;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
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
pub(super) fn patiently(path: &Path) -> Result<Option<Cluster>, StoreError> {
    let give_up = Instant::now() + TORN_FOR;
    loop {
        match once(path) {
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
pub(super) fn once(path: &Path) -> Result<Option<Cluster>, StoreError> {
    let opened = open(path, OpenOptions::new().read(true), Action::Read)?;
    opened
        .map(|opened| {
            codec::decode(&opened.text)
                .map(|(cluster, _)| cluster)
                .map_err(|damage| damage.at(path))
        })
        .transpose()
}

/// The file's text at this moment, if it has one.
pub(super) fn text(path: &Path) -> Option<String> {
    let opened = open(path, OpenOptions::new().read(true), Action::Read);
    Some(opened.ok()??.text)
}

/// Reads the file in order to replace it, which whoever may not write it must not do.
pub(super) fn to_change(path: &Path) -> Result<Option<Opened>, StoreError> {
    open(
        path,
        OpenOptions::new().read(true).write(true),
        Action::Write,
    )
}

/// The metadata of a file that is to be replaced whatever it holds.
pub(super) fn to_replace(path: &Path) -> Result<Option<Metadata>, StoreError> {
    let found = metadata(path)?;
    if found.is_some() {
        let failed = |error| StoreError::io(Action::Write, path, error);
        system::open_no_link(path, OpenOptions::new().write(true)).map_err(failed)?;
    }
    Ok(found)
}

/// The file's metadata, none where there is no file.
pub(super) fn metadata(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(Action::Read, path, error)),
        Ok(metadata) => regular(path, metadata).map(Some),
    }
}

fn regular(path: &Path, metadata: Metadata) -> Result<Metadata, StoreError> {
    match metadata.is_file() {
        true => Ok(metadata),
        false => Err(StoreError::NotAFile {
            path: path.to_owned(),
        }),
    }
}

/// The path is without links: one that is met here was planted since.
fn open(
    path: &Path,
    options: &mut OpenOptions,
    action: Action,
) -> Result<Option<Opened>, StoreError> {
    // Looked at before it is opened, for to open a device may already do something.
    if metadata(path)?.is_none() {
        return Ok(None);
    }
    let failed = |error| StoreError::io(action, path, error);
    let file = match system::open_no_link(path, options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // And again, for somebody may have put another in its place meanwhile.
    let metadata = regular(path, file.metadata().map_err(failed)?)?;
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
