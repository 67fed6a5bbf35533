//! What somebody sees of a monitor, and of what a program writes.

use super::settle::settled;
use super::tell::{complain, fail, print, told};
use super::terminal::rows;
use crate::allocator::Name;
use crate::cli::Invocation;
use crate::commands::{Attends, Shows};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::notify::{Notice, Words};
use crate::render::{self, Style};
use crate::screen::Screen;
use crate::system;
use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

/// How many of the last events stand below a picture.
const LATELY: usize = 6;

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

/// Looks after everything until a signal ends it.
pub(super) fn monitor(
    manager: &Manager,
    invocation: &Invocation,
    style: &Arc<Style>,
) -> Result<(), Error> {
    let mut attending = Attending {
        screen: None,
        lately: VecDeque::new(),
        invocation,
        style,
    };
    let manager = attending.quietly(manager.clone());
    manager.monitor(&mut attending)
}

/// On a terminal of which this is in the foreground, a picture with the last events below; elsewhere a
/// line for each event.
struct Attending<'a> {
    screen: Option<Screen>,
    lately: VecDeque<String>,
    invocation: &'a Invocation,
    style: &'a Arc<Style>,
}

impl Attending<'_> {
    /// What goes to standard error by itself would spoil a picture.
    fn quietly(&self, manager: Manager) -> Manager {
        match self.style.redraws_output() {
            true => manager.unobserved(),
            false => manager,
        }
    }

    fn is_drawing(&self) -> bool {
        self.screen.is_some()
    }

    fn remember(&mut self, lines: &str) {
        self.lately.extend(lines.lines().map(str::to_owned));
        let surplus = self.lately.len().saturating_sub(LATELY);
        self.lately.drain(..surplus);
    }
}

impl Shows for Attending<'_> {
    fn show(&mut self, manager: &Manager) -> io::Result<()> {
        if !self.style.redraws_output() {
            return Ok(());
        }
        if !system::is_in_foreground() {
            // The terminal is somebody else's.
            self.screen = None;
            return Ok(());
        }
        let every = manager.config().monitoring.interval;
        let picture = match manager.status() {
            Ok(status) => {
                render::monitored(&status, every, self.lately.make_contiguous(), self.style)
            }
            Err(error) => render::failure(&error, self.style).1,
        };
        let screen = self.screen.get_or_insert_with(|| Screen::new(true));
        screen.show(&picture, rows())
    }

    fn pause(&mut self) {
        if let Some(screen) = &self.screen {
            screen.leave();
        }
    }

    /// Whether it may draw again shows at the next look.
    fn resume(&mut self) {
        self.screen = None;
    }
}

impl Attends for Attending<'_> {
    fn settings(&mut self) -> Result<Manager, Error> {
        let manager = settled(self.invocation, self.style)?;
        Ok(self.quietly(manager))
    }

    fn words(&self) -> Words {
        words(self.style)
    }

    fn say(&mut self, event: &Event) {
        // What went wrong is told as such.
        if event.action == Deed::Monitor && event.error.is_some() {
            return;
        }
        let line = render::event(event, self.style);
        if self.is_drawing() {
            self.remember(&line);
        } else {
            // Nobody has to listen.
            let _ = print(&line);
        }
    }

    fn complain(&mut self, error: &Error) {
        let text = render::failure(error, self.style).1;
        if self.is_drawing() {
            self.remember(&text);
        } else {
            complain(&text);
        }
    }
}
