//! What a sampler says: from its lines to the devices, whatever it may say.

use crate::allocator::{Device, MAX_GPUS, Reading, Unreadable};
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use std::sync::mpsc::RecvTimeoutError;

/// What a sampler says, a line each: how many devices there are and then each of them, or why not.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    NoDriver(String),
    Unreadable(Unreadable),
    Count(u32),
    Device(u32, Reading<Box<Device<Process>>>),
}

/// A process as the driver knows it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// In bytes.
    pub(super) memory: Option<u64>,
}

/// All devices, each in its place.
pub(super) type Answers = Vec<Reading<Box<Device<Process>>>>;

/// Why a sampler is of no further use.
pub(super) enum Trouble {
    NoDriver(String),
    Nothing(Unreadable),
    /// Some of the devices have answered.
    Partly(Answers),
}

/// Why one that says no more, or nothing that makes sense, has not answered.
pub(super) fn crashed() -> Unreadable {
    Unreadable::Failed("the driver's library crashed".to_owned())
}

/// Line by line, until it says no more or something that makes no sense.
pub(super) fn lines(output: impl BufRead) -> impl Iterator<Item = Line> {
    let lines = output.lines().map_while(Result::ok);
    lines.map_while(|line| serde_json::from_str(&line).ok())
}

/// The answer to one question.
pub(super) fn gather(
    mut next: impl FnMut() -> Result<Line, RecvTimeoutError>,
) -> Result<Answers, Trouble> {
    let count = match next() {
        Ok(Line::Count(count)) if count <= MAX_GPUS => count as usize,
        Ok(Line::NoDriver(why)) => return Err(Trouble::NoDriver(why)),
        Ok(Line::Unreadable(why)) => return Err(Trouble::Nothing(why)),
        Ok(Line::Count(_) | Line::Device(..)) => return Err(Trouble::Nothing(crashed())),
        Err(RecvTimeoutError::Timeout) => return Err(Trouble::Nothing(Unreadable::Late)),
        Err(RecvTimeoutError::Disconnected) => return Err(Trouble::Nothing(crashed())),
    };
    let mut devices: Vec<Option<_>> = (0..count).map(|_| None).collect();
    let mut missing = count;
    while missing > 0 {
        let why = match next() {
            Ok(Line::Device(index, device)) => {
                // One told twice must not stand for another that was not.
                if let Some(place @ None) = devices.get_mut(index as usize) {
                    *place = Some(device);
                    missing -= 1;
                }
                continue;
            }
            Err(RecvTimeoutError::Timeout) => Unreadable::Late,
            Ok(_) | Err(RecvTimeoutError::Disconnected) => crashed(),
        };
        let answer = |device: Option<_>| device.unwrap_or_else(|| Err(why.clone()));
        return Err(Trouble::Partly(devices.into_iter().map(answer).collect()));
    }
    Ok(devices.into_iter().flatten().collect())
}
