//! A command that runs, until nothing that belongs to its run lives.

use super::term::Watch;
use crate::allocator::Name;
use crate::commands::ending::{Ending, Step};
use crate::commands::events::Events;
use crate::leases::HeldLease;
use crate::manager::Manager;
use crate::progress::Progress;
use crate::system::{self, Child, Event, Exit, Heard, Holder, Processes};
use std::time::{Duration, Instant};

/// How long processes that are ending together with the command may take to do so.
const LAST_BREATH: Duration = Duration::from_millis(100);

/// How often a command that has just ended is looked at for what it left.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How a run was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// How the command ended, or the signal that ended gpumgr before it.
    pub(super) exit: Exit,
    /// Whether nothing of the run lives, so that its GPUs can be given back.
    pub(super) is_clear: bool,
}

/// A run whose command was started.
pub(super) struct Running<'m> {
    manager: &'m Manager,
    task: &'m Name,
    held: &'m HeldLease,
    events: Events,
    child: Child,
    watch: Watch<'m>,
    ending: Ending,
    /// Whether gpumgr received TERM. A later renewal does not call off that end.
    is_told: bool,
}

/// The signal by which gpumgr gave up waiting for what cannot be ended.
struct GivenUp(i32);

impl<'m> Running<'m> {
    pub(super) fn new(
        manager: &'m Manager,
        task: &'m Name,
        held: &'m HeldLease,
        (child, events): (Child, Events),
        watch: Watch<'m>,
    ) -> Self {
        Self {
            manager,
            task,
            held,
            events,
            child,
            watch,
            ending: Ending::after(manager.grace()),
            is_told: false,
        }
    }

    /// Stays until the command has ended, and all that belongs to its run.
    pub(super) fn stay(mut self) -> Left {
        // What the terminal sent before there was a command did not reach it.
        while let Ok(event) = self.events.happened.try_recv() {
            if let Event::Signal(heard) = event {
                self.hear(&heard.for_gpumgr_alone());
            }
        }
        match self.attend_command() {
            Ok(exit) => Left {
                exit,
                is_clear: self.clear().is_ok(),
            },
            Err(GivenUp(signal)) => Left {
                exit: Exit::Signal(signal),
                is_clear: false,
            },
        }
    }

    /// Stays until the command has ended.
    fn attend_command(&mut self) -> Result<Exit, GivenUp> {
        loop {
            // First, because the signal of a quick end has come already.
            if let Some(exit) = self.child.reap() {
                return Ok(exit);
            }
            self.look_at_time();
            if self.ending.is_due() {
                self.advance();
            }
            let wait = self.watch.next_look();
            let wait = self.ending.next_step().unwrap_or(wait).min(wait);
            let heard = self.events.next(wait);
            self.react(heard)?;
        }
    }

    /// Stays until nothing lives that the command started.
    fn clear(&mut self) -> Result<(), GivenUp> {
        if !self.ending.has_begun() {
            if self.is_over_soon() {
                return Ok(());
            }
            if !system::CAN_ASK {
                self.ending = Ending::after(Duration::ZERO);
            }
        }
        loop {
            self.child.reap();
            let living = self.members();
            if living.is_empty() {
                // The last of them may have ended since.
                self.child.reap();
                // A process that was started while the others were listed is only seen the next time.
                if self.members().is_empty() {
                    return Ok(());
                }
                continue;
            }
            if !self.ending.has_begun() {
                self.manager.tell(&Progress::Survived {
                    task: self.task,
                    by: &holders(&living),
                    grace: self.ending.grace(),
                });
            }
            self.step(&living);
            let mut heard = self.events.next(self.ending.pause());
            while heard.is_some() {
                self.react(heard)?;
                heard = self.events.happened.try_recv().ok();
            }
        }
    }

    /// Whether the command left nothing, or only what ends with it.
    fn is_over_soon(&self) -> bool {
        let give_up = Instant::now() + LAST_BREATH;
        while self.child.left_any() {
            let left = give_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // A signal in this moment asks for the end that comes anyway.
            let _ = self.events.next(left.min(LOOK_AGAIN));
        }
        // Another program, such as sshd, may have started a process with this run's mark.
        !system::CAN_ASK || self.members().is_empty()
    }

    /// Notes a process that lives on in the lease, for the next gpumgr: it may have no other sign of it.
    fn note_living(&self) {
        let here = system::here();
        let mut living = self.members().into_iter();
        if let Some(process) = living.find_map(|pid| system::process(pid, &here)) {
            let _ = self.held.note_command(process.pid, process.started);
        }
    }

    fn look_at_time(&mut self) {
        let is_over = self.watch.look(self.child.id());
        if self.watch.told && !is_over && !self.is_told {
            // It was renewed after it was told to end.
            self.watch.told = false;
            self.ending.call_off();
        } else if is_over && !self.ending.has_begun() {
            self.watch.told = true;
            self.advance();
            if !self.ending.is_stuck() {
                self.manager.tell(&Progress::TimeOver {
                    task: self.task,
                    grace: self.ending.grace(),
                });
            }
        }
    }

    /// Does what a signal asks for.
    ///
    /// # Errors
    /// That is the end of gpumgr itself: it waits for what cannot be ended.
    fn react(&mut self, event: Option<Event>) -> Result<(), GivenUp> {
        let Some(Event::Signal(heard)) = event else {
            return Ok(());
        };
        let asks = heard.terminates() || system::is_interrupt(heard.number);
        if self.ending.is_stuck() && asks {
            self.note_living();
            return Err(GivenUp(heard.number));
        }
        self.hear(&heard);
        Ok(())
    }

    /// Asks the run to end, or hands on what was sent to gpumgr alone.
    fn hear(&mut self, heard: &Heard) {
        if heard.from_gpumgr && heard.ends() {
            // The gpumgr of the run around this one tells all of the run to end.
            return;
        }
        self.is_told |= heard.terminates() && !heard.from_terminal;
        if !heard.ends() {
            self.child.pass_on(heard);
        } else if heard.terminates() && !heard.from_terminal && !self.ending.has_begun() {
            self.advance();
        } else if !heard.from_terminal {
            system::pass_on(heard, &self.members());
        }
    }

    fn advance(&mut self) {
        let living = self.members();
        self.step(&living);
    }

    fn step(&mut self, living: &[u32]) {
        // Looked up before they are killed.
        let mut known = if self.ending.is_due() {
            holders(living)
        } else {
            Vec::new()
        };
        let task = self.task;
        match self.ending.advance(living) {
            None => {}
            Some(Step::Killed(pids)) => {
                known.retain(|holder| pids.contains(&holder.pid));
                self.manager.tell(&Progress::Killed { task, by: &known });
            }
            Some(Step::Stuck(pids)) => {
                let by = &holders(&pids);
                self.manager.tell(&Progress::LivesOn { task, by });
            }
        }
    }

    fn members(&self) -> Vec<u32> {
        let scope = self.child.scope(&self.held.id, &self.held.file);
        Processes::look().members(&scope)
    }
}

fn holders(pids: &[u32]) -> Vec<Holder> {
    pids.iter().filter_map(|pid| system::holder(*pid)).collect()
}
