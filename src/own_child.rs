//! A child that is gpumgr itself, for what may hang or crash: asked and answered through pipes.

use crate::system;
use crate::variables;
use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Starts one with that word. It is no part of the run that this process may belong to, and hears no
/// signal that is meant for this one's group.
///
/// # Errors
/// The system refused.
pub(crate) fn start(word: &str) -> io::Result<(Child, ChildStdin, ChildStdout)> {
    let mut command = Command::new(system::own_program()?);
    command
        .arg(word)
        .env_remove(variables::RUN)
        .env(variables::HELPER, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    system::set_apart(&mut command);
    let mut child = command.spawn()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(questions), Some(answers)) => Ok((child, questions, answers)),
        _ => Err(io::ErrorKind::BrokenPipe.into()),
    }
}
