//! The processes of a run, for all who ask: its gpumgr, a supervisor, and whoever acts after their end.
//!
//! A process belongs to a run by its environment, by its control group, by its ancestors, by the process
//! group that the command led, or because it has the lease open for writing. A supervisor and a helper
//! of gpumgr's own belong to no run, nor does what they start: `--start-program` inside of a run makes
//! an allocation of its own. A process that the asking user cannot look into is no member by that alone.

use super::cgroup;
use super::process::{Stat, all, has_open, is_proc_ours, stat};
use crate::allocator::{LeaseId, is_same_start};
use crate::system::{Heard, RunScope};
use crate::variables::{HELPER, RUN, STEP, SUPERVISES};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;

/// How many ancestors of a process are looked at: a table that changes meanwhile must not go in circles.
const MOST_ANCESTORS: usize = 4096;

/// All processes, at one moment.
pub(crate) struct Processes {
    stats: HashMap<u32, Stat>,
    /// What their environments say, as far as that was looked at.
    marks: RefCell<HashMap<u32, Option<Mark>>>,
    /// The run in whose control group this process is itself.
    around: Option<LeaseId>,
}

/// What a process's environment says of it.
#[derive(Clone, Debug)]
enum Mark {
    /// It was started in this run, and in this step of it.
    Run(LeaseId, Option<LeaseId>),
    /// It looks after that one.
    Supervisor(LeaseId),
    /// It is gpumgr's own.
    Helper,
}

/// Whose a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ours,
    Theirs,
}

impl Processes {
    /// Those that can be seen now.
    pub(crate) fn look() -> Self {
        let seen = all().filter(|_| is_proc_ours());
        Self {
            stats: seen.filter_map(|pid| Some((pid, stat(pid)?))).collect(),
            marks: RefCell::default(),
            around: cgroup::run_of(std::process::id()),
        }
    }

    /// The processes of that run that live, without this one.
    pub(crate) fn members(&self, run: &RunScope<'_>) -> Vec<u32> {
        if self.stats.is_empty() {
            // The system tells nothing of others.
            let command = run.command.map(|(pid, _)| pid);
            return command.into_iter().filter(|_| run.is_parent).collect();
        }
        let own = std::process::id();
        let live = self.stats.iter();
        let live = live.filter(|(pid, stat)| **pid != own && !stat.is_left_over(**pid));
        let members = live.filter(|(pid, stat)| self.is_member(**pid, stat, run));
        let mut members: Vec<u32> = members.map(|(pid, _)| *pid).collect();
        members.sort_unstable();
        members
    }

    /// Whether this process has children that are not its helpers.
    pub(super) fn has_children(&self) -> bool {
        let own = std::process::id();
        self.stats.iter().any(|(pid, stat)| {
            stat.parent == own
                && !stat.is_left_over(*pid)
                && !matches!(self.mark(*pid), Some(Mark::Helper))
        })
    }

    fn is_member(&self, pid: u32, stat: &Stat, run: &RunScope<'_>) -> bool {
        if is(pid, stat, run.command) {
            return true;
        }
        let by_others = || self.by_descent(stat.parent, run);
        match self.by_mark(pid, run).or_else(by_others) {
            Some(side) => side == Side::Ours && !self.is_in_group_of_another(pid, run),
            None => {
                cgroup::run_of(pid).is_some_and(|group| run.lease.continues(&group))
                    || self.is_in_led_group(stat, run)
                    || run.file.is_some_and(|file| has_open(pid, file))
            }
        }
    }

    fn by_mark(&self, pid: u32, run: &RunScope<'_>) -> Option<Side> {
        match self.mark(pid)? {
            // It may be in a step inside this one, which its ancestors tell.
            Mark::Run(_, step) if run.is_step => {
                (step.as_ref() == Some(run.lease)).then_some(Side::Ours)
            }
            Mark::Run(id, _) if run.lease.continues(&id) => Some(Side::Ours),
            Mark::Run(..) | Mark::Supervisor(_) | Mark::Helper => Some(Side::Theirs),
        }
    }

    /// By the nearest ancestor of which it is known, from that one on.
    fn by_descent(&self, parent: u32, run: &RunScope<'_>) -> Option<Side> {
        let own = std::process::id();
        let mut next = parent;
        for _ in 0..MOST_ANCESTORS {
            if next == own {
                return run.is_parent.then_some(Side::Ours);
            }
            let stat = self.stats.get(&next)?;
            if is(next, stat, run.command) {
                return Some(Side::Ours);
            }
            match self.mark(next) {
                // Its own run is looked after by no other.
                Some(Mark::Supervisor(id)) if run.lease.continues(&id) => return Some(Side::Ours),
                Some(_) => match self.by_mark(next, run) {
                    Some(side) => return Some(side),
                    None => next = stat.parent,
                },
                None => next = stat.parent,
            }
        }
        None
    }

    /// Whether it is in a group that was made for another run than the one around this process.
    fn is_in_group_of_another(&self, pid: u32, run: &RunScope<'_>) -> bool {
        let is_marked = self.mark(pid).is_some();
        let group = Some(pid).filter(|_| !is_marked).and_then(cgroup::run_of);
        group.is_some_and(|group| !run.lease.continues(&group) && Some(group) != self.around)
    }

    /// A group has the ID of the process that led it, which no other process gets meanwhile.
    fn is_in_led_group(&self, stat: &Stat, run: &RunScope<'_>) -> bool {
        run.leader.is_some_and(|(leader, started)| {
            let other = self.stats.get(&leader);
            stat.group == leader
                && other.is_none_or(|other| is_same_start(other.started(), started))
        })
    }

    fn mark(&self, pid: u32) -> Option<Mark> {
        let mut marks = self.marks.borrow_mut();
        marks.entry(pid).or_insert_with(|| mark_of(pid)).clone()
    }
}

fn is(pid: u32, stat: &Stat, process: Option<(u32, u64)>) -> bool {
    process.is_some_and(|(id, started)| id == pid && is_same_start(stat.started(), started))
}

/// `None` if it has none, or its environment cannot be read.
fn mark_of(pid: u32) -> Option<Mark> {
    let variables = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let value = |name: &str| {
        variables
            .split(|byte| *byte == 0)
            .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    };
    let id = |name| std::str::from_utf8(value(name)?).ok()?.parse().ok();
    if value(HELPER).is_some() {
        Some(Mark::Helper)
    } else if let Some(lease) = id(SUPERVISES) {
        Some(Mark::Supervisor(lease))
    } else {
        id(RUN).map(|run| Mark::Run(run, id(STEP)))
    }
}

/// Whether a process can be asked to end.
pub(crate) const CAN_ASK: bool = true;

/// Asks a process to end, or makes it.
///
/// # Errors
/// It is another user's, or has ended meanwhile.
pub(crate) fn end(pid: u32, at_once: bool) -> io::Result<()> {
    let signal = if at_once {
        Signal::SIGKILL
    } else {
        Signal::SIGTERM
    };
    let pid = i32::try_from(pid).map_err(|_| Errno::ESRCH)?;
    kill(Pid::from_raw(pid), signal)?;
    // A stopped process acts on no other signal.
    let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
    Ok(())
}

/// Hands all of them what was sent to gpumgr alone.
pub(crate) fn pass_on(heard: &Heard, members: &[u32]) {
    let Ok(signal) = Signal::try_from(heard.number) else {
        return;
    };
    for pid in members.iter().filter_map(|pid| i32::try_from(*pid).ok()) {
        // It may have ended meanwhile.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
