//! Starting a program, and what keeps it from being started.

use super::aim::Why;
use super::instance::Instance;
use super::order::Report;
use super::output::Output;
use super::supervise::Supervisor;
use crate::allocator::{Grant, Refusal};
use crate::environment;
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::now;
use crate::system::Child;
use crate::variables;
use std::ffi::OsString;
use std::io;
use std::process::{Command, Stdio};

impl Supervisor<'_> {
    pub(super) fn start(&mut self) -> Result<Instance, Error> {
        let Some(held) = &self.now else {
            return Err(Refusal::GrantLost.into());
        };
        let grant = Grant {
            gpus: held.task.gpus_to_use(),
            ..Grant::of(&held.task, held.server_id, &held.server)
        };
        let (mut command, word, mut output) = self.command(&grant)?;
        // What cannot be written down must not be begun either.
        let attended = output.attend(&self.destination());
        attended.map_err(|source| self.unwritable(source))?;
        let child = Child::spawn_apart(&mut command, self.held.lease(), &self.events.sender);
        let child = child.map_err(|source| Error::Unstarted {
            task: self.name.clone(),
            command: word,
            source,
        })?;
        self.output = Some(output);
        let instance = Instance::Own(child);
        let event = Event::new(Deed::Start, now()).granting(&grant);
        self.manager.note(vec![Event {
            pid: Some(instance.pid()),
            ..event
        }]);
        Ok(instance)
    }

    fn command(&self, grant: &Grant) -> Result<(Command, OsString, Output), Error> {
        let mut words = self
            .template
            .words
            .iter()
            .map(|word| OsString::from(environment::filled(word, grant)));
        let word = words.next().unwrap_or_default();
        let log = self.log.open();
        log.map_err(|source| self.unwritable(source))?;
        let (output, writer) = Output::new()?;
        let mut command = Command::new(&word);
        command
            .args(words)
            .envs(environment::variables(
                grant,
                &self.manager.config.environment,
            ))
            .env(variables::RUN, self.held.id.as_str())
            .env_remove(variables::SUPERVISES)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        output.keep_for(&mut command);
        for (name, value) in &self.template.variables {
            command.env(name, environment::filled(value, grant));
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Ok((command, word, output))
    }

    fn unwritable(&self, source: io::Error) -> Error {
        Error::ProgramLog {
            path: self.log.path.clone(),
            source,
        }
    }

    /// It could not even be started for the first time.
    pub(super) fn unstarted(mut self, error: &Error) {
        let (command, source) = match error {
            Error::Unstarted {
                command, source, ..
            } => (Some(command.to_string_lossy().into_owned()), source),
            Error::ProgramLog { source, .. } => (None, source),
            other => (Some(String::new()), &io::Error::other(other.to_string())),
        };
        self.report = Some(Report::Unstarted {
            command,
            error: source.raw_os_error(),
            why: source.to_string(),
        });
        self.note_unstarted(error);
        self.end(Why::AtOnce, None);
    }

    pub(super) fn note_unstarted(&self, error: &Error) {
        if let Some(held) = &self.now {
            let event = Event::new(Deed::Start, now()).holding(&held.task, &held.server.name);
            let event = event.failing(error.kind(), error.to_string());
            self.manager.note(vec![event]);
        }
    }
}
