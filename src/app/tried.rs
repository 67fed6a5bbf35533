//! What the log is told of an action that was refused or failed.

use crate::allocator::{Gpus, Name};
use crate::cli::{Action, Asked};
use crate::exit_code::Kind;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};

/// What somebody tried.
pub(super) struct Tried {
    deed: Deed,
    task: Option<Name>,
    gpus: Option<u32>,
}

impl Tried {
    /// None for what only looks.
    pub(super) fn of(action: &Action) -> Option<Self> {
        let (deed, task) = match action {
            Action::Init => (Deed::Init, None),
            Action::Reset => (Deed::Reset, None),
            Action::Monitor => (Deed::Monitor, None),
            Action::TestNotification => (Deed::Notify, None),
            Action::Release { task } => (Deed::Release, Some(task)),
            Action::Renew { task, .. } => (Deed::Renew, Some(task)),
            Action::Cancel { task } => (Deed::Cancel, Some(task)),
            Action::StopProgram { task } => (Deed::Stop, Some(task)),
            Action::Adopt { request, .. } => (Deed::Adopt, Some(&request.task)),
            Action::Allocate { asked, .. } => return Some(Self::asking(Deed::Allocate, asked)),
            Action::Run(run) => return Some(Self::asking(Deed::Run, &run.asked)),
            Action::StartProgram { asked, .. } => return Some(Self::asking(Deed::Start, asked)),
            Action::Status
            | Action::Detail { .. }
            | Action::Queue
            | Action::CheckConfig
            | Action::Translate { .. }
            | Action::Detect
            | Action::Completions { .. }
            | Action::Man
            | Action::Logs { .. }
            | Action::History(_)
            | Action::Report { .. } => return None,
        };
        let task = task.cloned();
        Some(Self {
            deed,
            task,
            gpus: None,
        })
    }

    fn asking(deed: Deed, asked: &Asked) -> Self {
        Self {
            deed,
            task: Some(asked.task.clone()),
            gpus: Some(Gpus::count(&asked.gpus)),
        }
    }

    /// It was not done. What was to be new is called as it would have been.
    pub(super) fn failed(self, kind: Kind, why: String, manager: &Manager) -> Event {
        let event = Event {
            asked_gpus: self.gpus,
            ..Event::new(self.deed, now()).failing(kind, why)
        };
        let is_new = matches!(
            self.deed,
            Deed::Allocate | Deed::Run | Deed::Adopt | Deed::Start
        );
        let task = self.task.map(|task| match is_new {
            true => manager.full_name(&task).unwrap_or(task),
            false => task,
        });
        match &task {
            Some(task) => event.about(task),
            None => event,
        }
    }
}
