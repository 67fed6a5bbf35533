//! The floor: the least that any safe change of a file costs. It starts, locks, reads the file,
//! writes a copy beside it, flushes, renames, flushes the folder, and ends.

use fs4::FileExt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let state = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    let folder = state.parent().map(PathBuf::from).unwrap_or_default();
    let mut options = OpenOptions::new();
    let lock = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(".floor.lock"))?;
    FileExt::lock(&lock)?;
    let text = fs::read(&state)?;
    let copy = folder.join(".floor.tmp");
    let mut file = File::create(&copy)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&copy, &state)?;
    File::open(&folder)?.sync_all()
}
