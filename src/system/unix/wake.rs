//! Wake-ups: a FIFO that the sleeper reads, and others write one byte to.
//!
//! A byte only makes the sleeper look, so it does not matter who wrote it.

use super::Folder;
use crate::system::{Access, Event};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::Uid;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// The least time between two looks: bytes that come meanwhile count as one.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// Makes the FIFO, which the users of `folder` may write to, and reports each wake-up from now on.
pub(crate) fn hear_wakes(
    folder: &Folder,
    fifo: &OsStr,
    _lease: &Path,
    events: Sender<Event>,
) -> io::Result<()> {
    let fifo = make(folder, fifo)?;
    std::thread::Builder::new().spawn(move || {
        let mut drained = [0; 4096];
        while (&fifo).read(&mut drained).is_ok() && events.send(Event::Woken).is_ok() {
            std::thread::sleep(LEAST_PAUSE);
        }
    })?;
    Ok(())
}

/// Wakes the process that sleeps there, if one does.
pub(crate) fn wake(folder: &Folder, fifo: &OsStr, _lease: &OsStr) -> io::Result<()> {
    folder.open_fifo(fifo, Access::Write)?.write_all(b"\n")
}

/// Whether a process sleeps there, or that cannot be found out.
pub(crate) fn is_slept_on(folder: &Folder, fifo: &OsStr) -> bool {
    match folder.open_fifo(fifo, Access::Write) {
        Ok(_) => true,
        Err(error) => super::errno(&error) != Errno::ENXIO,
    }
}

/// Opened for writing, too, so that it never reads as ended between two writers.
fn make(folder: &Folder, name: &OsStr) -> io::Result<File> {
    loop {
        let is_new = match folder.make_fifo(name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            made => made.map(|()| true)?,
        };
        let fifo = match folder.open_fifo(name, Access::ReadWrite) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened?,
        };
        if fifo.metadata()?.uid() != Uid::effective().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if is_new {
            folder.share(&fifo)?;
        }
        // Until it was opened, it was litter to a gpumgr that sweeps.
        if folder.leads_to(name, &fifo)? {
            fcntl(&fifo, FcntlArg::F_SETFL(OFlag::O_RDWR))?;
            return Ok(fifo);
        }
    }
}
