//! Showing a status again and again.

use super::tell::{fail, told};
use super::terminal::rows;
use crate::cli::Action;
use crate::commands::Shows;
use crate::error::Error;
use crate::manager::Manager;
use crate::outcome::Outcome;
use crate::render::{self, Style};
use crate::screen::Screen;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

/// Shows a status again and again.
pub(super) fn watch(
    manager: &Manager,
    action: &Action,
    every: Duration,
    style: &Style,
) -> ExitCode {
    if let Action::Detail {
        server: Some(server),
    } = action
        && let Err(error @ Error::Refused(_)) = manager.status_of(server)
    {
        return fail(&error.into(), false, style);
    }
    let mut watched = Watched {
        screen: Screen::new(style.redraws_output()),
        action,
        every,
        style,
    };
    let ended = manager.watch(every, &mut watched);
    drop(watched);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Interrupted { signal }) => {
            ExitCode::from(Error::Interrupted { signal }.exit_code())
        }
        Err(Error::System(error)) => told(Err(error), ExitCode::SUCCESS, style),
        Err(error) => fail(&error.into(), false, style),
    }
}

/// One action, shown on a screen.
struct Watched<'w> {
    screen: Screen,
    action: &'w Action,
    every: Duration,
    style: &'w Style,
}

impl Shows for Watched<'_> {
    /// What fails may go well the next time.
    fn show(&mut self, manager: &Manager) -> io::Result<()> {
        let status = match self.action {
            Action::Detail {
                server: Some(server),
            } => manager.status_of(server),
            _ => manager.status(),
        };
        let picture = match (status, self.action) {
            (Ok(status), Action::Detail { .. }) => {
                render::watched(&Outcome::Detail(status), self.every, self.style)
            }
            (Ok(status), _) => render::watched(&Outcome::Status(status), self.every, self.style),
            (Err(error), _) => render::failure(&error, self.style).1,
        };
        self.screen.show(&picture, rows())
    }

    fn pause(&mut self) {
        self.screen.leave();
    }

    fn resume(&mut self) {
        self.screen.enter();
    }
}
