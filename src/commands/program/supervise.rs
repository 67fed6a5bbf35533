//! The supervisor of one program: it starts it, starts it again, and ends it.

use super::aim::{Aim, LAPSED, Why};
use super::instance::{Ended, Instance};
use super::order::{Order, Report, line};
use super::output::{Destination, Output};
use crate::allocator::{GpuId, Name, Phase, Process, Server, Task, note_program, release_vacated};
use crate::commands::change::Grants;
use crate::commands::ending::Ending;
use crate::commands::events::Events;
use crate::config::ProgramTemplate;
use crate::environment;
use crate::error::Error;
use crate::journal::{self, Deed, How};
use crate::leases::HeldLease;
use crate::logs::ProgramLog;
use crate::manager::{Manager, now};
use crate::store::{IfAbsent, Revision};
use crate::system::{self, Event};
use crate::variables;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What ends within that time never began to run.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How often a supervisor looks by itself.
const TICK: Duration = Duration::from_secs(1);
/// The same where nobody tells it of the program's end.
const TICK_OF_FOUND: Duration = Duration::from_millis(200);
/// How often what could not be saved is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How often, at most, the state is looked at before anything is known of the task.
const MOST_LOOKS: usize = 60;
/// The least that a program which failed waits: one that fails at once must not keep the machine busy.
const LEAST_DELAY: Duration = Duration::from_millis(50);
/// The longest that a program which failed waits to be started again.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);
/// How many lines of a program that ended at once are told.
const LINES: usize = 10;

/// What the state says of the task.
pub(super) struct Held {
    pub(super) task: Task,
    pub(super) server_id: usize,
    pub(super) server: Server,
}

/// One program, and what is known of it.
pub(super) struct Supervisor<'m> {
    pub(super) manager: &'m Manager,
    pub(super) template: ProgramTemplate,
    pub(super) held: HeldLease,
    pub(super) name: Name,
    pub(super) log: ProgramLog,
    pub(super) events: Events,
    /// Where whoever started it is told of what came of that, once.
    pub(super) listener: Option<File>,
    /// What is to be told once all is given back.
    pub(super) report: Option<Report>,
    pub(super) found: bool,
    pub(super) folder: Option<PathBuf>,
    restarts: u32,
    /// What the program writes to; `None` if it was started by gpumgr 0.2.0.
    pub(super) output: Option<Output>,
    told_to_end: bool,
    /// A monitor starts this program by itself.
    pub(super) acquired: bool,
    seen: Option<Revision>,
    /// None once the task is held no longer.
    pub(super) now: Option<Held>,
}

impl Manager {
    /// Looks after a program until it has ended for good.
    ///
    /// # Errors
    /// It could not even begin to.
    pub(crate) fn supervise(&self, order: &Order, held: HeldLease) -> Result<(), Error> {
        let (name, _) = order.names()?;
        let template = self.config.program.clone().ok_or(Error::NoTemplate)?;
        // Whoever waits for it must not wait for what the program starts, too.
        let listener = system::take_output()?;
        let events = Events::listen()?;
        // Where the system does not tell, the next tick does.
        let _ = self.leases.listen(&held, events.sender.clone());
        let mut supervisor = Supervisor {
            manager: self,
            template,
            held,
            log: self.own_log(&name)?,
            name,
            events,
            listener: order.runs.is_none().then_some(listener),
            report: None,
            found: order.found,
            folder: order.runs.and_then(|(pid, _)| system::working_folder(pid)),
            restarts: 0,
            output: None,
            told_to_end: false,
            acquired: false,
            seen: None,
            now: None,
        };
        for _ in 0..MOST_LOOKS {
            if supervisor.look() {
                break;
            }
            supervisor.hear(TRY_AGAIN);
        }
        let found = order.runs.and_then(|runs| supervisor.find(runs));
        supervisor.stay(found);
        Ok(())
    }
}

impl Supervisor<'_> {
    /// The program that another supervisor started, and the GPUs that it was started on: what the task
    /// holds may have changed since.
    fn find(&mut self, (pid, started): (u32, u64)) -> Option<(Instance, Vec<GpuId>)> {
        let task = &self.now.as_ref()?.task;
        let process = task.lease.as_deref()?.process.clone();
        self.restarts = task.program.as_ref().map_or(0, |program| program.restarts);
        self.output = Output::of(pid).ok();
        let ids = system::variable(pid, variables::GPUS).flatten();
        let ids = ids.and_then(|ids| environment::device_ids(&ids));
        let gpus = ids.unwrap_or_else(|| task.gpus_to_use());
        let process = Process {
            pid,
            started,
            ..process
        };
        Some((Instance::Found(process), gpus))
    }

    fn stay(mut self, mut found: Option<(Instance, Vec<GpuId>)>) {
        loop {
            if found.is_none() {
                // It does not run, so it has left all.
                self.let_go(&[]);
            }
            let Some(gpus) = self.now.as_ref().map(|held| held.task.gpus_to_use()) else {
                return self.lost();
            };
            if let (None, Aim::End(why)) = (&found, self.aim(&gpus)) {
                return self.end(why, None);
            }
            let behind = self.log.size();
            let begun = found
                .take()
                .map_or_else(|| self.start().map(|begun| (begun, gpus)), Ok);
            let (ended, aim) = match begun {
                Ok((instance, gpus)) => {
                    let mut ending = Ending::after(self.manager.grace());
                    let (ended, aim) = self.attend(&instance, &gpus, &mut ending);
                    self.clear(&instance, ending);
                    self.drain_output();
                    match self.aim_at_end(aim, ended, &gpus) {
                        Aim::Stay => (ended, self.after(ended, behind)),
                        told => (ended, told),
                    }
                }
                Err(error) if self.listener.is_some() => return self.unstarted(&error),
                Err(error) => {
                    self.note_unstarted(&error);
                    (None, self.again())
                }
            };
            match aim {
                Aim::End(why) => return self.end(why, ended),
                Aim::Change => {}
                Aim::Stay => {
                    if let Some(why) = self.pause(ended) {
                        return self.end(why, ended);
                    }
                    self.restarts += 1;
                }
            }
        }
    }

    /// What the state says now, if that may have changed. False if it cannot be read: then it has not.
    pub(super) fn look(&mut self) -> bool {
        let stamp = self.manager.store.revision();
        if stamp.is_some() && stamp == self.seen {
            return true;
        }
        let Some(seen) = self.manager.store.snapshot() else {
            return false;
        };
        self.seen = stamp;
        let cluster = seen.cluster();
        let is_it = |task: &&Task| {
            let lease = task.lease.as_deref();
            lease.is_some_and(|lease| lease.id == self.held.id)
        };
        let mut tasks = cluster.tasks();
        let held = tasks.find(|(_, task)| is_it(task));
        let program = held.and_then(|(_, task)| task.program.as_deref());
        self.acquired |= program.is_some_and(|program| program.acquired);
        self.now = held.map(|(server_id, task)| Held {
            task: task.clone(),
            server_id,
            server: cluster.servers()[server_id].clone(),
        });
        true
    }

    /// Stays with the program until it has ended, or was made to.
    fn attend(&mut self, instance: &Instance, gpus: &[GpuId], ending: &mut Ending) -> (Ended, Aim) {
        let began = Instant::now();
        let mut noted = false;
        let mut told = Aim::Stay;
        loop {
            noted = noted || self.note(Phase::Running, Some(instance.pid())).is_ok();
            // Noting may have taken its time.
            if let Some(ended) = instance.ended() {
                let is_obeyed = told == Aim::Stay && ended != Some(0) && ending.may_be_obeyed();
                return (ended, if is_obeyed { Aim::Change } else { told });
            }
            if began.elapsed() >= AT_ONCE {
                self.tell(&Report::Runs {
                    pid: instance.pid(),
                });
            }
            self.attend_output();
            self.look();
            self.let_go(gpus);
            told = self.aim_after(told, gpus, ending);
            if told != Aim::Stay && !ending.has_begun() || ending.is_due() {
                ending.advance(&instance.members(&self.held));
            }
            let tick = if instance.is_found() {
                TICK_OF_FOUND
            } else {
                TICK
            };
            let to_kill = ending.next_step().unwrap_or(TICK);
            let to_tell = match self.listener {
                Some(_) => AT_ONCE.saturating_sub(began.elapsed()),
                None => TICK,
            };
            self.hear(tick.min(to_kill).min(to_tell));
        }
    }

    /// Ends all that the program left behind: until then it may be on its GPUs.
    fn clear(&mut self, instance: &Instance, mut ending: Ending) {
        loop {
            // An ended process must not count.
            system::reap_left();
            let living = instance.members(&self.held);
            if living.is_empty() {
                return;
            }
            ending.advance(&living);
            self.attend_output();
            self.hear(ending.pause());
        }
    }

    pub(super) fn destination(&self) -> Destination<'_> {
        Destination {
            log: &self.log,
            rotation: self.template.log,
        }
    }

    /// Sees to it that what the program writes is read. If no writer can be started now, the next look
    /// tries again.
    fn attend_output(&mut self) {
        if let Some(mut output) = self.output.take() {
            let _ = output.attend(&self.destination());
            self.output = Some(output);
        }
    }

    fn drain_output(&mut self) {
        if let Some(mut output) = self.output.take() {
            output.drain(&self.destination());
        }
    }

    /// The aim once all of a program has ended. If it was renewed after its time was over, it starts anew, for
    /// it has not failed, unless its work is done.
    fn aim_at_end(&mut self, told: Aim, ended: Ended, gpus: &[GpuId]) -> Aim {
        if told != LAPSED {
            return told;
        }
        self.look();
        match self.aim(gpus) {
            Aim::End(why) => Aim::End(why),
            Aim::Stay | Aim::Change if ended == Some(0) => Aim::End(Why::So(How::Done)),
            Aim::Stay | Aim::Change => Aim::Change,
        }
    }

    /// What is to become of a program on these GPUs that was told so before. Only a lapse can be taken
    /// back: by a renewal, until the program is killed.
    fn aim_after(&self, told: Aim, gpus: &[GpuId], ending: &mut Ending) -> Aim {
        let is_lapsed = told == LAPSED;
        if told != Aim::Stay && !is_lapsed {
            return told;
        }
        let aim = self.aim(gpus);
        let is_renewed = is_lapsed && !matches!(aim, Aim::End(_));
        if is_renewed && !ending.call_off() {
            told
        } else {
            aim
        }
    }

    /// What is to become of a program that runs on these.
    fn aim(&self, gpus: &[GpuId]) -> Aim {
        let Some(Held { task, .. }) = &self.now else {
            return Aim::End(Why::So(How::Lost));
        };
        let word = self.held.word();
        if word.stop {
            return Aim::End(Why::So(How::Stopped));
        }
        if self.told_to_end {
            return Aim::End(Why::So(How::Interrupted));
        }
        let end = word.end(task.term.map(|term| term.end));
        if end.is_some_and(|end| end <= now()) {
            return Aim::End(Why::So(How::Lapsed));
        }
        match task.gpus_to_use() == gpus {
            true => Aim::Stay,
            false => Aim::Change,
        }
    }

    /// What follows from an end that nobody asked for: a new start, if it stays.
    fn after(&mut self, ended: Ended, behind: u64) -> Aim {
        let Some(exit) = ended else {
            return Aim::End(Why::So(How::Unseen));
        };
        if self.listener.is_some() {
            // It was not said to run yet.
            let lines = self.log.last_lines(LINES, behind);
            self.report = Some(Report::Ended { exit, lines });
            return match exit {
                0 => Aim::End(Why::So(How::Done)),
                _ => Aim::End(Why::AtOnce),
            };
        }
        match exit {
            0 => Aim::End(Why::So(How::Done)),
            _ => self.again(),
        }
    }

    /// It failed; as often as the template says it is started again.
    fn again(&self) -> Aim {
        match self.restarts < self.template.retries {
            true => Aim::Stay,
            false => Aim::End(Why::So(How::Failed)),
        }
    }

    /// Waits before the next start; why there is to be none, if so.
    fn pause(&mut self, ended: Ended) -> Option<Why> {
        let delay = self.template.retry_delay.to_std().unwrap_or_default();
        let delay = delay.max(LEAST_DELAY);
        let doubled = 2_u32.checked_pow(self.restarts).unwrap_or(u32::MAX);
        let delay = delay.saturating_mul(doubled).min(LONGEST_DELAY);
        if let Some(held) = &self.now {
            let event =
                journal::Event::new(Deed::Retry, now()).holding(&held.task, &held.server.name);
            self.manager.note(vec![journal::Event {
                exit: ended,
                ..event.because(format!("starts again in {}s", delay.as_secs_f64()))
            }]);
        }
        let _ = self.note(Phase::Retrying, None);
        let until = Instant::now() + delay;
        loop {
            system::reap_left();
            self.look();
            let gpus = self.now.as_ref().map(|held| held.task.gpus_to_use());
            match self.aim(&gpus.unwrap_or_default()) {
                Aim::End(why) => return Some(why),
                Aim::Change | Aim::Stay => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.hear(left.min(TICK));
        }
    }

    /// Gives back what the program was to leave, if it has: it runs on these alone. What cannot be saved
    /// now stays the task's until it can.
    fn let_go(&mut self, runs_on: &[GpuId]) {
        let Some(held) = &self.now else {
            return;
        };
        let program = held.task.program.as_ref();
        let leaving = program.map_or(&[][..], |program| &program.leaving);
        if leaving.is_empty() || leaving.iter().any(|gpu| runs_on.contains(gpu)) {
            return;
        }
        let id = self.held.id.clone();
        let (task, server) = (held.task.clone(), held.server.name.clone());
        // Whoever looks next sees whether it was saved.
        let _ = self.manager.change_first(
            move |cluster, facts| release_vacated(cluster, &id, facts.now),
            move |left, now| {
                let gpus = environment::device_list(&left.gpus);
                let event = journal::Event::new(Deed::Vacate, now);
                let event = event.ending(&task, &server);
                vec![event.because(format!("goes on with {gpus}"))]
            },
        );
        self.look();
    }

    fn note(&self, phase: Phase, pid: Option<u32>) -> Result<(), Error> {
        let (id, restarts) = (self.held.id.clone(), self.restarts);
        let noted = self
            .manager
            .change(IfAbsent::Fail, Grants::None, move |cluster, _| {
                note_program(cluster, &id, phase, pid, restarts)
            });
        noted.map(drop)
    }

    /// Waits for something to happen within that time.
    pub(super) fn hear(&mut self, within: Duration) {
        // A hang-up is meant for the monitor: no terminal hangs up on who leads a session of its own.
        let heard = self.events.next(within);
        let is_hang_up = matches!(heard, Some(Event::Signal(heard)) if heard.reloads());
        self.told_to_end |= !is_hang_up && heard.and_then(Events::ended_by).is_some();
    }

    /// Tells whoever started it, once.
    pub(super) fn tell(&mut self, report: &Report) {
        if let Some(mut to) = self.listener.take() {
            // Whoever does not listen any longer did not want to know.
            let _ = line(report).and_then(|line| to.write_all(&line));
        }
    }

    pub(super) fn tell_end(&mut self) {
        if let Some(report) = self.report.take() {
            self.tell(&report);
        }
    }
}
