//! The monitor's and a program's onlookers.

use super::settle::settled;
use super::tell::{complain, fail, print, told};
use super::watch::Watched;
use crate::allocator::Name;
use crate::cli::{Action, Invocation};
use crate::commands::{Attends, Shows};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::notify::{Notice, Words};
use crate::render::{self, Style};
use crate::screen::Screen;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

/// Prints what a program writes until it has ended, or nobody reads it any longer.
pub(super) fn follow(manager: &Manager, task: &Name, style: &Style) -> ExitCode {
    let mut rest = Vec::new();
    let followed = manager.follow_logs(task, |bytes| {
        rest.extend_from_slice(bytes);
        // A character may be half written yet.
        let whole = match std::str::from_utf8(&rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => rest.len(),
        };
        let bytes: Vec<_> = rest.drain(..whole).collect();
        print(&render::program_text(
            &String::from_utf8_lossy(&bytes),
            style,
        ))
    });
    match followed {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::System(error)) => told(Err(error), ExitCode::SUCCESS, style),
        Err(error) => fail(&error.into(), false, style),
    }
}

/// Puts notices into words.
pub(super) fn words(style: &Arc<Style>) -> Words {
    let style = Arc::clone(style);
    Arc::new(move |notice: &Notice| render::notice(notice, &style))
}

/// Looks after everything until a signal ends it. On a terminal it shows what `--watch` shows, elsewhere
/// a line for each thing that happens.
pub(super) fn monitor(
    manager: &Manager,
    invocation: &Invocation,
    style: &Arc<Style>,
) -> Result<(), Error> {
    let shows = style.redraws_output();
    let mut attending = Attending {
        watched: shows.then(|| Watched {
            screen: Screen::new(true),
            action: &Action::Status,
            every: manager.config().monitoring.interval,
            style,
        }),
        invocation,
        style,
    };
    // What its picture does not show is in the log.
    let manager = match shows {
        true => manager.clone().unobserved(),
        false => manager.clone(),
    };
    manager.monitor(&mut attending)
}

/// What the monitor shows, and where its settings come from.
struct Attending<'a> {
    watched: Option<Watched<'a>>,
    invocation: &'a Invocation,
    style: &'a Arc<Style>,
}

impl Shows for Attending<'_> {
    fn show(&mut self, manager: &Manager) -> io::Result<()> {
        match &mut self.watched {
            None => Ok(()),
            Some(watched) => watched.show(manager),
        }
    }

    fn pause(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.pause();
        }
    }

    fn resume(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.resume();
        }
    }
}

impl Attends for Attending<'_> {
    fn settings(&mut self) -> Result<Manager, Error> {
        let manager = settled(self.invocation, self.style)?;
        Ok(match self.watched {
            Some(_) => manager.unobserved(),
            None => manager,
        })
    }

    fn words(&self) -> Words {
        words(self.style)
    }

    fn say(&mut self, event: &Event) {
        // What went wrong is told as such.
        let is_own_trouble = event.action == Deed::Monitor && event.error.is_some();
        if self.watched.is_none() && !self.style.quiet && !is_own_trouble {
            complain(&render::event(event, self.style));
        }
    }

    fn complain(&mut self, error: &Error) {
        if self.watched.is_none() {
            complain(&render::failure(error, self.style).1);
        }
    }
}
