//! The pipe that a program writes to, and the writer that reads it.

use crate::allocator::Process;
use crate::config::Rotation;
use crate::logs::{self, ProgramLog};
use crate::system::{self, Fate};
use crate::variables;
use std::io::{self, PipeReader, PipeWriter};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the writer may take to write the last lines. A process that was left behind may hold the
/// pipe open for longer.
const LAST_LINES: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The reading end, which the supervisor holds open and never reads: without a reader the program would
/// be ended by a signal.
pub(super) struct Output {
    reader: PipeReader,
    /// The writer that this supervisor started last.
    writer: Option<Process>,
}

/// Whose output it is, and how large its log may grow.
pub(super) struct Destination<'s> {
    pub(super) log: &'s ProgramLog,
    pub(super) rotation: Rotation,
}

impl Output {
    /// A new pipe, and the end that the program gets.
    pub(super) fn new() -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let output = Self {
            reader,
            writer: None,
        };
        Ok((output, writer))
    }

    /// The pipe of a program that another supervisor started.
    ///
    /// # Errors
    /// It has none, or the system does not let this user open it.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let number = system::variable(pid, variables::LOG_PIPE).flatten();
        let number = number.and_then(|number| number.parse().ok());
        let number = number.ok_or(io::ErrorKind::NotFound)?;
        Ok(Self {
            reader: system::open_pipe(pid, number)?,
            writer: None,
        })
    }

    /// Lets the program hold a reading end, too. If supervisor and writer are killed, it waits for room in
    /// the pipe instead of being ended.
    pub(super) fn keep_for(&self, command: &mut Command) {
        system::keep_open(command, &self.reader);
        if let Some(number) = system::pipe_number(&self.reader) {
            command.env(variables::LOG_PIPE, number.to_string());
        }
    }

    /// Starts a writer if there is none and something is left to write.
    ///
    /// # Errors
    /// The system refused.
    pub(super) fn attend(&mut self, to: &Destination<'_>) -> io::Result<()> {
        if self.is_attended() || system::is_at_end(&self.reader) {
            return Ok(());
        }
        let mut command = Command::new(system::own_program()?);
        command
            .args(logs::order(to.log, to.rotation))
            .env_remove(variables::RUN)
            .env(variables::HELPER, "1")
            .stdin(self.reader.try_clone()?)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = system::spawn_alone(&mut command)?;
        self.writer = system::process(child.id(), &system::here());
        Ok(())
    }

    fn is_attended(&self) -> bool {
        self.writer
            .as_ref()
            .is_some_and(|writer| system::fate(writer, &system::here()) == Fate::Alive)
            || system::is_claimed(&self.reader)
    }

    /// Waits until all that an ended program wrote is in the log.
    pub(super) fn drain(&mut self, to: &Destination<'_>) {
        let give_up = Instant::now() + LAST_LINES;
        while Instant::now() < give_up {
            system::reap_left();
            if !self.is_attended() && system::is_at_end(&self.reader) {
                return;
            }
            // If it cannot be started now, it can perhaps in a moment.
            let _ = self.attend(to);
            thread::sleep(LOOK_AGAIN);
        }
    }
}
