//! `--history`: what the log tells.

use crate::allocator::{Name, known_as};
use crate::error::Error;
use crate::journal::Event;
use crate::manager::{Manager, now};
use crate::outcome::History;
use crate::store::{Action, StoreError};
use chrono::TimeDelta;

impl Manager {
    /// What was done and refused, the last one last: to this task, in that time until now, by this
    /// user or to a task of theirs. Waits for nobody, changes nothing.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn history(
        &self,
        task: Option<&Name>,
        since: Option<TimeDelta>,
        user: Option<&str>,
    ) -> Result<History, Error> {
        let since = since.and_then(|since| now().checked_sub_signed(since));
        let prefix = self.config.task_prefix.as_deref();
        let names = task.map(|task| known_as(task, prefix));
        let wanted = |event: &Event| {
            since.is_none_or(|since| since <= event.time)
                && user.is_none_or(|user| is_of(event, user))
                && (names.as_ref())
                    .is_none_or(|names| names.iter().any(|name| is_about(event, name.as_str())))
        };
        let log = self.journal.path().to_owned();
        let read = self.journal.read(wanted);
        let read = read.map_err(|source| StoreError::Io {
            action: Action::Read,
            path: log.clone(),
            source,
        })?;
        let is_written = read.is_some();
        let mut events = read.unwrap_or_default();
        if let Some(task) = task.map(Name::as_str)
            && events.iter().any(|event| is_about(event, task))
        {
            events.retain(|event| is_about(event, task));
        }
        Ok(History {
            log,
            is_written,
            events,
        })
    }
}

fn is_about(event: &Event, task: &str) -> bool {
    event.task.as_deref() == Some(task)
}

fn is_of(event: &Event, user: &str) -> bool {
    [&event.user, &event.owner]
        .into_iter()
        .any(|who| who.as_deref() == Some(user))
}
