//! The layout of a lease file: notes, then the owner's word, then the lease's ID.

use crate::allocator::LeaseId;
use crate::system::NOTE_BYTES;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The bytes behind the command's note, for the moment when the command was told to end.
pub(super) const TOLD_BYTES: usize = 32;
/// The bytes of notes before the owner's word.
pub(super) const NOTED_BYTES: usize = NOTE_BYTES + TOLD_BYTES;
/// The bytes for the deadline, in microseconds since 1970. Blank if there is none.
pub(super) const DEADLINE_BYTES: usize = 32;
/// The bytes for the word that the command is to stop.
pub(super) const STOP_BYTES: usize = 8;
/// The bytes of the owner's word and of the lease's ID. A lease file of gpumgr 0.2.0 lacks them.
pub(super) const WORD_BYTES: usize = DEADLINE_BYTES + STOP_BYTES + LeaseId::MAX_CHARS;
/// The place of the lease's ID.
const ID_AT: usize = NOTED_BYTES + DEADLINE_BYTES + STOP_BYTES;

/// Names the lease in its file, once and for all.
pub(super) fn write_id(file: &File, id: &LeaseId) -> io::Result<()> {
    write_at(file, id.as_str(), ID_AT)
}

/// Whether the file was made for that lease, and has a word.
pub(super) fn is_of(mut file: &File, id: &LeaseId) -> io::Result<bool> {
    // On Windows each wake-up adds a byte behind it.
    if file.metadata()?.len() < (NOTED_BYTES + WORD_BYTES) as u64 {
        return Ok(false);
    }
    let mut text = [0; LeaseId::MAX_CHARS];
    file.seek(SeekFrom::Start(ID_AT as u64))?;
    file.read_exact(&mut text)?;
    Ok(words(&text) == id.as_str())
}

/// The text in these bytes without the blanks around it.
pub(super) fn words(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default().trim()
}

/// Writes the text from that place on.
pub(super) fn write_at(mut file: &File, text: &str, place: usize) -> io::Result<()> {
    io::Seek::seek(&mut file, io::SeekFrom::Start(place as u64))?;
    file.write_all(text.as_bytes())
}
