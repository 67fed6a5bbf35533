//! The sampler's side: for each line on standard input, one measurement on standard output.

use super::{Line, nvml};
use crate::allocator::{MAX_GPUS, Reading, Unreadable};
use crate::system;
use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Measures whenever it is asked to, until nobody can ask any longer.
///
/// # Errors
/// Nobody listens.
pub(crate) fn serve() -> io::Result<()> {
    system::close_inherited();
    // What the library prints is nobody's business.
    let mut output = system::take_output()?;
    let mut library = None;
    for () in questions()? {
        let known = library.take().map_or_else(start, Ok);
        match known.and_then(|nvml| measure(&nvml, &mut output).map(|()| nvml)) {
            Ok(nvml) => library = Some(nvml),
            Err(Failed::Told(line)) => tell(&line, &mut output)?,
            Err(Failed::Deaf(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Each line on standard input. At its end nobody can ask any longer, so this process ends, whatever
/// the library is at.
fn questions() -> io::Result<Receiver<()>> {
    let (sender, questions) = channel();
    thread::Builder::new().spawn(move || {
        for _ in io::stdin().lock().lines().map_while(Result::ok) {
            // Nobody hears it only while the process ends.
            let _ = sender.send(());
        }
        let _ = system::end(std::process::id(), true);
    })?;
    Ok(questions)
}

enum Failed {
    Told(Line),
    Deaf(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Deaf(error)
    }
}

fn start() -> Result<Arc<Nvml>, Failed> {
    let nvml = Nvml::builder().lib_path(system::NVML.as_ref()).init();
    nvml.map(Arc::new).map_err(|error| {
        Failed::Told(match error {
            NvmlError::DriverNotLoaded
            | NvmlError::LibraryNotFound
            | NvmlError::LibloadingError(_) => Line::NoDriver(error.to_string()),
            error => Line::Unreadable(nvml::unreadable(error)),
        })
    })
}

/// All devices at once, each told as soon as it has answered: one that is slow keeps none of the
/// others waiting.
fn measure(nvml: &Arc<Nvml>, output: &mut File) -> Result<(), Failed> {
    let unreadable = |error| Failed::Told(Line::Unreadable(nvml::unreadable(error)));
    let count = nvml.device_count().map_err(unreadable)?;
    if count > MAX_GPUS {
        let senseless = Unreadable::Failed(format!("it counts {count} GPUs"));
        return Err(Failed::Told(Line::Unreadable(senseless)));
    }
    tell(&Line::Count(count), output)?;
    let (sender, answers) = channel();
    for index in 0..count {
        let (nvml, answer) = (Arc::clone(nvml), sender.clone());
        let asking = thread::Builder::new().spawn(move || {
            // Whoever asked may have gone.
            let _ = answer.send((index, nvml::device(&nvml, index)));
        });
        if let Err(error) = asking {
            let failed: Reading<_> = Err(Unreadable::Failed(error.to_string()));
            tell(&Line::Device(index, failed), output)?;
        }
    }
    drop(sender);
    for (index, device) in answers {
        tell(&Line::Device(index, device), output)?;
    }
    Ok(())
}

/// In one piece.
fn tell(line: &Line, output: &mut File) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    output.write_all(&text)
}
