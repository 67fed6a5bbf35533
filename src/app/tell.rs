//! Telling what came of it.

use crate::error::Error;
use crate::exit_code::{Kind, NOT_STARTED};
use crate::outcome::Outcome;
use crate::render::{self, Style};
use std::io::{self, Write};
use std::process::ExitCode;

pub(super) fn tell(outcome: &Outcome, style: &Style) -> ExitCode {
    complain(&render::notes(outcome, style));
    if let Outcome::Ran(ran) = outcome {
        return ExitCode::from(ran.exit_code());
    }
    let printed = print(&render::outcome(outcome, style));
    if printed.is_err() {
        complain(&render::untold(outcome, style).unwrap_or_default());
    }
    told(printed, ExitCode::SUCCESS, style)
}

pub(super) fn fail(error: &anyhow::Error, runs: bool, style: &Style) -> ExitCode {
    let (code, (result, message)) = match error.downcast_ref::<Error>() {
        Some(error) if runs => (error.exit_code_of_run(), render::failure(error, style)),
        Some(error) => (error.exit_code(), render::failure(error, style)),
        None if runs => (NOT_STARTED, render::other_failure(error, style)),
        None => (Kind::Io.exit_code(), render::other_failure(error, style)),
    };
    complain(&message);
    told(print(&result), ExitCode::from(code), style)
}

/// The exit code, unless the result could not be told.
pub(super) fn told(printed: io::Result<()>, code: ExitCode, style: &Style) -> ExitCode {
    match printed {
        Ok(()) => code,
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            complain(&render::unprinted(&error, style));
            ExitCode::from(Kind::Io.exit_code())
        }
    }
}

/// To standard output, whole.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// To standard error; if even that fails there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
