//! Starting a supervisor, and giving a task to it.

use super::order::{Order, Report, SUPERVISE, line};
use crate::allocator::{Grant, Lease, LeaseId, LeaseKind, Name, attach, note_start};
use crate::commands::change::{Changed, Grants};
use crate::error::Error;
use crate::leases::{HeldLease, Word};
use crate::manager::Manager;
use crate::store::IfAbsent;
use crate::system;
use crate::variables;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

/// A task, and the lease under which it is to go on.
pub(super) struct Handed {
    pub(super) task: Name,
    pub(super) held: HeldLease,
    /// The lease that it has now.
    pub(super) from: Option<LeaseId>,
    /// The program that runs already.
    pub(super) runs: Option<(u32, u64)>,
    /// The task was there before.
    pub(super) found: bool,
}

impl Manager {
    /// Gives the task to a new supervisor. From then on it lives with that.
    pub(super) fn hand_over(&self, handed: Handed) -> Result<(Changed<Grant>, Supervisor), Error> {
        // What cannot be told must not be given either.
        let order = line(&self.order(&handed))?;
        let Handed {
            task,
            held,
            from,
            runs,
            ..
        } = handed;
        let mut supervisor = match Supervisor::start(&task, &held) {
            Ok(supervisor) => supervisor,
            Err(error) => {
                held.end();
                return Err(error);
            }
        };
        let given = self
            .give(task, (from.clone(), runs.is_none()), &held, &supervisor)
            .and_then(|given| {
                held.note_word(self.first_word(from.as_ref(), &held, &given.value))?;
                Ok(supervisor.tell(&order).map(|()| given)?)
            });
        match given {
            Ok(given) => Ok((given, supervisor)),
            Err(error) => {
                supervisor.leave();
                held.end();
                Err(error)
            }
        }
    }

    /// The word that a supervisor begins with: of the one before it, if there was one, or by the task's
    /// time.
    fn first_word(&self, from: Option<&LeaseId>, held: &HeldLease, given: &Grant) -> Word {
        let before = from.filter(|from| **from != held.id);
        let word = before.and_then(|before| self.leases.owners_word(before));
        let by_time = Word {
            deadline: given.term.map(|term| term.end),
            stop: false,
        };
        word.map_or(by_time, |(word, _)| word)
    }

    fn order(&self, handed: &Handed) -> Order {
        let config = self.config.path.clone();
        Order {
            config: config.map(|path| (path, self.config.text.to_string())),
            state: self.state_file().to_owned(),
            task: handed.task.to_string(),
            lease: handed.held.id.to_string(),
            number: system::lease_number(&handed.held.file),
            runs: handed.runs,
            found: handed.found,
        }
    }

    fn give(
        &self,
        task: Name,
        (from, is_start): (Option<LeaseId>, bool),
        held: &HeldLease,
        supervisor: &Supervisor,
    ) -> Result<Changed<Grant>, Error> {
        let pid = supervisor.child.id();
        let process = system::process(pid, &system::here()).ok_or(Error::NoProcess { pid })?;
        let lease = Lease {
            id: held.id.clone(),
            tie: LeaseKind::Run,
            process,
        };
        let actor = self.actor()?;
        let is_listed = self.is_auto_program(&task);
        self.change(IfAbsent::Fail, Grants::None, move |cluster, _| {
            let grant = attach(cluster, &task, from.as_ref(), lease.clone(), &actor)?;
            if is_start {
                note_start(cluster, &task, is_listed);
            }
            Ok(grant)
        })
    }

    /// Whether the config says that a monitor starts this program by itself.
    fn is_auto_program(&self, task: &Name) -> bool {
        let programs = self.config.monitoring.programs.iter();
        let mut names = programs.filter_map(|name| self.full_name(name).ok());
        names.any(|name| name == *task)
    }
}

/// A supervisor, as whoever started it sees it. Without an order it ends by itself.
pub(super) struct Supervisor {
    child: Child,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Supervisor {
    fn start(task: &Name, held: &HeldLease) -> Result<Self, Error> {
        let mut command = Command::new(system::own_program()?);
        command
            .args([SUPERVISE, task.as_str()])
            .env_remove(variables::RUN)
            .env_remove(variables::STEP)
            .env(variables::SUPERVISES, held.id.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = system::spawn_detached(&mut command, &held.file)?;
        let (Some(orders), Some(reports)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        };
        Ok(Self {
            child,
            orders,
            reports: BufReader::new(reports),
        })
    }

    fn tell(&mut self, order: &[u8]) -> io::Result<()> {
        self.orders.write_all(order)?;
        self.orders.flush()
    }

    /// It goes on alone. Whoever started it may outlive it, and is to take note of its end.
    pub(super) fn leave(self) {
        let mut child = self.child;
        // Without a thread only an entry in the system's table is left of it.
        let _ = thread::Builder::new().spawn(move || child.wait());
    }

    /// Waits for what comes of the start.
    ///
    /// # Errors
    /// It is gone without a word.
    pub(super) fn report(mut self, task: &Name) -> Result<Report, Error> {
        let mut line = String::new();
        let read = self.reports.read_line(&mut line);
        self.leave();
        let report = read.ok().and_then(|_| serde_json::from_str(&line).ok());
        report.ok_or_else(|| Error::NoSupervisor { task: task.clone() })
    }
}
