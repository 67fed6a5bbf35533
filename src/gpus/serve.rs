//! The sampler's side: for each line on standard input, one measurement on standard output.

use super::answers::Line;
use super::nvml;
use crate::allocator::{MAX_GPUS, Reading, Unreadable};
use crate::system;
use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long cards may take to wake up after nobody waits for their answer any longer. A driver without
/// persistence mode puts each to sleep that nobody uses; whoever asks again meanwhile finds them awake.
const WAKING: Duration = Duration::from_secs(5);

/// Measures whenever it is asked to, until nobody can ask any longer.
///
/// # Errors
/// Nobody listens.
pub(crate) fn serve() -> io::Result<()> {
    system::close_inherited(None);
    // What the library prints is nobody's business.
    let mut output = system::take_output()?;
    let mut library = None;
    let unanswered = Arc::new(AtomicBool::new(false));
    for () in questions(&unanswered)? {
        if answer(&mut library, &mut output).is_err() {
            break;
        }
        unanswered.store(false, Ordering::Relaxed);
    }
    // Nobody listens; the library stays as long as this process, and with it what is awake.
    thread::sleep(WAKING);
    Ok(())
}

/// # Errors
/// Nobody listens.
fn answer(library: &mut Option<Arc<Nvml>>, output: &mut File) -> io::Result<()> {
    match library {
        Some(nvml) => measure(nvml, output),
        None => match start() {
            Ok(nvml) => measure(library.insert(nvml), output),
            Err(why) => tell(&why, output),
        },
    }
}

/// Each line on standard input. At its end nobody can ask any longer, so this process ends, whatever
/// the library is at; but cards that are just being woken up may go on with that for a while.
fn questions(unanswered: &Arc<AtomicBool>) -> io::Result<Receiver<()>> {
    let (sender, questions) = channel();
    let unanswered = Arc::clone(unanswered);
    thread::Builder::new().spawn(move || {
        for _ in io::stdin().lock().lines().map_while(Result::ok) {
            unanswered.store(true, Ordering::Relaxed);
            // Nobody hears it only while the process ends.
            let _ = sender.send(());
        }
        if unanswered.load(Ordering::Relaxed) {
            thread::sleep(WAKING);
        }
        let _ = system::end(std::process::id(), true);
    })?;
    Ok(questions)
}

fn start() -> Result<Arc<Nvml>, Line> {
    let nvml = Nvml::builder().lib_path(system::NVML.as_ref()).init();
    nvml.map(Arc::new).map_err(|error| match error {
        NvmlError::DriverNotLoaded | NvmlError::LibraryNotFound | NvmlError::LibloadingError(_) => {
            Line::NoDriver(error.to_string())
        }
        error => Line::Unreadable(nvml::unreadable(error)),
    })
}

/// All devices at once, each told as soon as it has answered: one that is slow keeps none of the
/// others waiting.
fn measure(nvml: &Arc<Nvml>, output: &mut File) -> io::Result<()> {
    let count = match nvml.device_count() {
        Ok(count) if count <= MAX_GPUS => count,
        Ok(count) => {
            let senseless = Unreadable::Failed(format!("it counts {count} GPUs"));
            return tell(&Line::Unreadable(senseless), output);
        }
        Err(error) => return tell(&Line::Unreadable(nvml::unreadable(error)), output),
    };
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
    let mut told = Ok(());
    for (index, device) in answers {
        // Also where nobody listens any longer, all of them are to wake up.
        told = told.and(tell(&Line::Device(index, device), output));
    }
    told
}

/// In one piece.
fn tell(line: &Line, output: &mut File) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    output.write_all(&text)
}
