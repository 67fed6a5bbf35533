//! `--history`: what the log tells.

use crate::allocator::{Name, candidate_names};
use crate::error::Error;
use crate::journal::Event;
use crate::manager::{Manager, now};
use crate::outcome::History;
use crate::store::{Action, StoreError};
use chrono::TimeDelta;
use std::io;

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
        let names = task.map(|task| candidate_names(task, prefix));
        let wanted = |event: &Event| {
            since.is_none_or(|since| since <= event.time)
                && user.is_none_or(|user| is_of(event, user))
                && (names.as_ref())
                    .is_none_or(|names| names.iter().any(|name| is_about(event, name.as_str())))
        };
        let log = self.journal.path().to_owned();
        let done = self.journal.read(wanted);
        let done = done.map_err(|source| self.unreadable_log(source))?;
        let refused = self.journal.refusals(wanted);
        let refused = refused.map_err(|source| self.unreadable_log(source))?;
        let is_written = done.is_some() || refused.is_some();
        let mut events = merged(done.unwrap_or_default(), refused.unwrap_or_default());
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

    pub(super) fn unreadable_log(&self, source: io::Error) -> StoreError {
        StoreError::Io {
            action: Action::Read,
            path: self.journal.path().to_owned(),
            source,
        }
    }
}

/// Each refusal before what was done after it. What was done stays in the order of the log, whatever clocks
/// say.
fn merged(done: Vec<Event>, refused: Vec<Event>) -> Vec<Event> {
    let mut merged = Vec::with_capacity(done.len() + refused.len());
    let mut refused = refused.into_iter().peekable();
    for event in done {
        while let Some(earlier) = refused.next_if(|refused| refused.time < event.time) {
            merged.push(earlier);
        }
        merged.push(event);
    }
    merged.extend(refused);
    merged
}

fn is_about(event: &Event, task: &str) -> bool {
    event.task.as_deref() == Some(task)
}

fn is_of(event: &Event, user: &str) -> bool {
    [&event.user, &event.owner]
        .into_iter()
        .any(|who| who.as_deref() == Some(user))
}
