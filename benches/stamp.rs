//! A job for the bench: notes when it starts and ends, on the clock that all processes share.
#![allow(
    clippy::disallowed_methods,
    reason = "a bench reads clocks and files as it likes"
)]

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;
use std::time::{Duration, SystemTime};

/// How long the job takes: long enough for all others to be asleep again.
const WORK: Duration = Duration::from_millis(30);

fn main() -> Result<(), Box<dyn Error>> {
    let started = SystemTime::now();
    let path = std::env::args_os().nth(1).ok_or("usage: stamp FILE")?;
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    thread::sleep(WORK);
    let nanos = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH);
    let (start, end) = (
        nanos(started)?.as_nanos(),
        nanos(SystemTime::now())?.as_nanos(),
    );
    file.write_all(format!("{start} {end}\n").as_bytes())?;
    Ok(())
}
