//! By a command, which gets the event as one line of JSON on standard input.

use crate::environment;
use crate::system;
use std::io::{self, PipeReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much of what it says is kept for the error.
const SAID: usize = 2048;
/// How long to wait for the last of that, once it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Why nobody was told by the command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandTrouble {
    /// It cannot be started; what the system said.
    #[error("it cannot be started: {0}")]
    NotStarted(String),
    /// It failed.
    #[error("it failed ({ended}): {said}")]
    Failed {
        /// How it ended.
        ended: String,
        /// What it said, or the last of it.
        said: String,
    },
    /// It did not end in time, and was killed.
    #[error("it did not end within {} s, and was killed", .0.as_secs_f64())]
    Late(Duration),
}

/// Runs it to its end, or for that time.
pub(super) fn run(words: &[String], line: &str, within: Duration) -> Result<(), CommandTrouble> {
    let not_started = |error: io::Error| CommandTrouble::NotStarted(error.to_string());
    let (mut child, output) = start(words).map_err(not_started)?;
    hand_over(&mut child, line.to_owned());
    let said = Said::listen(output);
    let ended = wait(&mut child, within);
    if ended.is_none() {
        let _ = system::kill_group(&mut child);
        let _ = child.wait();
        return Err(CommandTrouble::Late(within));
    }
    match ended.flatten() {
        Some(status) if !status.success() => Err(CommandTrouble::Failed {
            ended: status.to_string(),
            said: said.text(),
        }),
        _ => Ok(()),
    }
}

/// Both outputs come by one pipe.
fn start(words: &[String]) -> io::Result<(Child, PipeReader)> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (output, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove(environment::RUN)
        .stdin(Stdio::piped())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    system::lead_group(&mut command);
    Ok((command.spawn()?, output))
}

/// A command that reads nothing keeps nobody waiting.
fn hand_over(child: &mut Child, line: String) {
    if let Some(mut input) = child.stdin.take() {
        thread::spawn(move || input.write_all(line.as_bytes()));
    }
}

/// How it ended, if it did. Where somebody else has waited for it, which gpumgr does for what its
/// programs leave behind, only that it ended is known.
fn wait(child: &mut Child, within: Duration) -> Option<Option<ExitStatus>> {
    let deadline = Instant::now() + within;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(Some(status)),
            Err(_) => return Some(None),
            Ok(None) if Instant::now() >= deadline => return None,
            Ok(None) => thread::sleep(LOOK_AGAIN),
        }
    }
}

/// What it says, read as it comes, so that it never has to wait for room.
struct Said {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: thread::JoinHandle<()>,
}

impl Said {
    fn listen(mut output: PipeReader) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeper = Arc::clone(&kept);
        let reader = thread::spawn(move || {
            let mut piece = [0; SAID];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                let mut kept = keeper.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&piece[..count]);
                let surplus = kept.len().saturating_sub(SAID);
                kept.drain(..surplus);
            }
        });
        Self { kept, reader }
    }

    /// The last of it. What it left behind may still have more to say.
    fn text(self) -> String {
        let deadline = Instant::now() + LAST_WORDS;
        while !self.reader.is_finished() && Instant::now() < deadline {
            thread::sleep(LOOK_AGAIN);
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let lines: Vec<_> = text.split_whitespace().collect();
        lines.join(" ")
    }
}
