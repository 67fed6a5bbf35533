//! Wake-ups: a FIFO that the sleeper reads, and others write one byte to.
//!
//! A byte only makes the sleeper look, so it does not matter who wrote it.

use crate::system::Event;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::Mode;
use nix::unistd::{Uid, mkfifo};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// The least time between two looks: bytes that come meanwhile count as one.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// Makes the FIFO, which the users of `folder` may write to, and reports each wake-up from now on.
pub(crate) fn hear_wakes(
    fifo: &Path,
    _lease: &Path,
    folder: &Metadata,
    events: Sender<Event>,
) -> io::Result<()> {
    let fifo = make(fifo, folder)?;
    std::thread::Builder::new().spawn(move || {
        let mut drained = [0; 4096];
        while (&fifo).read(&mut drained).is_ok() && events.send(Event::Woken).is_ok() {
            std::thread::sleep(LEAST_PAUSE);
        }
    })?;
    Ok(())
}

/// Wakes the process that sleeps there, if one does.
pub(crate) fn wake(fifo: &Path, _lease: &Path) -> io::Result<()> {
    open(fifo, OpenOptions::new().write(true))?.write_all(b"\n")
}

/// Whether a process sleeps there, or that cannot be found out.
pub(crate) fn is_slept_on(fifo: &Path) -> bool {
    match open(fifo, OpenOptions::new().write(true)) {
        Ok(_) => true,
        Err(error) => super::errno(&error) != Errno::ENXIO,
    }
}

/// Opened for writing, too, so that it never reads as ended between two writers.
fn make(path: &Path, folder: &Metadata) -> io::Result<File> {
    loop {
        let made = mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR);
        match made {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let fifo = match open(path, OpenOptions::new().read(true).write(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened?,
        };
        if fifo.metadata()?.uid() != Uid::effective().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if made.is_ok() {
            super::share_as_folder(&fifo, folder)?;
        }
        // Until it was opened, it was litter to a gpumgr that sweeps.
        if super::names_this_file(path, &fifo)? {
            fcntl(&fifo, FcntlArg::F_SETFL(OFlag::O_RDWR))?;
            return Ok(fifo);
        }
    }
}

/// Follows no link, waits for nothing, and takes nothing but a FIFO.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = super::open_no_link(path, options)?;
    if file.metadata()?.file_type().is_fifo() {
        Ok(file)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}
