//! `--start-program`: starts the template's program on a task, and leaves it to a supervisor.

use super::hand_over::Handed;
use super::order::Report;
use super::take_over::runs_unattended;
use crate::allocator::{
    Cluster, Facts, Grant, LeaseId, LeaseKind, Name, Refusal, Request, allocate, detach_program,
    find_by_name, same_host,
};
use crate::commands::change::{Changed, Grants};
use crate::commands::wait::Wait;
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use crate::outcome::{Began, Started};
use crate::progress::Progress;
use crate::store::IfAbsent;
use crate::system;
use std::io;
use std::path::PathBuf;

/// What to start a program on.
#[derive(Debug)]
pub(crate) struct Start {
    /// What it asks for, where the task is not there yet.
    pub(crate) request: Request,
    /// Whether to wait for that, and how long.
    pub(crate) wait: Option<Wait>,
    /// It was said what to ask for, so that nothing else will do.
    pub(crate) counted: bool,
}

/// How the task stands on which a program is to be started.
enum Standing {
    /// There is none.
    Absent,
    /// It holds something, and lives with nothing.
    Plain,
    /// Its program runs, but its supervisor is gone.
    Unattended(LeaseId),
    /// It lives with something.
    Occupied(Refusal),
}

impl Manager {
    /// Starts the program of the config's template, and returns once it runs.
    ///
    /// # Errors
    /// There is no template, or nothing to start it on, or it ended at once.
    pub(crate) fn start_program(&self, start: Start) -> Result<Started, Error> {
        if self.config.program.is_none() {
            return Err(Error::NoTemplate);
        }
        self.check_trust()?;
        self.check_own_logs(&start.request.task)?;
        let (task, standing) = match self.store.load()? {
            None => (start.request.task.clone(), Standing::Absent),
            Some(cluster) => {
                let prefix = self.config.task_prefix.as_deref();
                let task = find_by_name(&cluster, &start.request.task, prefix);
                let standing = self.standing_of(&cluster, &task)?;
                (task, standing)
            }
        };
        match standing {
            Standing::Absent => self.start_anew(start),
            Standing::Plain if start.counted => Err(self.exists(&task)?.into()),
            Standing::Plain => {
                let handed = Handed {
                    task,
                    held: self.leases.hold()?,
                    from: None,
                    runs: None,
                    found: true,
                };
                self.start_with(handed)
            }
            Standing::Unattended(lease) => self.take_over(task, lease),
            Standing::Occupied(refusal) => Err(refusal.into()),
        }
    }

    fn standing_of(&self, cluster: &Cluster, task: &Name) -> Result<Standing, Error> {
        let Some((server, task)) = cluster.find_task(task) else {
            return Ok(Standing::Absent);
        };
        let server = &cluster.servers()[server];
        let here = system::here();
        let elsewhere = server.host.as_deref();
        if elsewhere.is_some_and(|host| !same_host(host, &here.host)) {
            return Err(Error::Elsewhere {
                task: task.id.clone(),
                server: server.name.clone(),
            });
        }
        let facts = self.facts(cluster, now());
        Ok(match task.lease.as_deref() {
            None => Standing::Plain,
            // Whoever acts next frees it.
            Some(lease) if facts.dead.contains(&lease.id) => Standing::Absent,
            Some(lease) if runs_unattended(task, &here) && self.is_own_program(&lease.id) => {
                Standing::Unattended(lease.id.clone())
            }
            Some(_) => Standing::Occupied(task.occupied()),
        })
    }

    /// Why nothing new can be asked for under that name.
    fn exists(&self, task: &Name) -> Result<Refusal, Error> {
        let present = self.store.load()?;
        let held = present.as_ref().and_then(|cluster| {
            let (server, held) = cluster.find_task(task)?;
            Some((cluster.servers()[server].name.clone(), held.owner.clone()))
        });
        let (server, owner) = held.unzip();
        Ok(Refusal::TaskExists {
            task: task.clone(),
            server,
            owner: owner.flatten(),
        })
    }

    fn start_anew(&self, start: Start) -> Result<Started, Error> {
        let held = self.leases.hold()?;
        let lease = self.own_lease(&held, LeaseKind::Run)?;
        let mut request = self.with_full_name(start.request)?;
        request.host = Some(lease.process.host.clone());
        let granted = match start.wait {
            Some(wait) => {
                let events = &mut None;
                self.wait_in_line((request, false), lease, &held, wait, events)
            }
            None => {
                let limits = self.config.limits;
                let request = request.tied_to(Some(lease));
                self.create().and_then(|create| {
                    let changed = self.change_and_note(
                        create,
                        Grants::Some,
                        move |cluster, facts| allocate(cluster, &request, &limits, facts.now),
                        |grant, now| vec![Event::new(Deed::Allocate, now).granting(grant)],
                    )?;
                    Ok(self.allocated(changed))
                })
            }
        };
        let granted = match granted {
            Ok(granted) => granted,
            Err(error) => {
                held.end();
                return Err(error);
            }
        };
        self.tell(&Progress::Changed(&granted.state));
        let started = self.start_with(Handed {
            task: granted.grant.task,
            from: Some(held.id.clone()),
            held,
            runs: None,
            found: false,
        });
        if started.is_err() {
            // Where a supervisor told why, it gave all back itself. Where it did not, a program may run:
            // only what is dead is freed.
            let _ = self.change(IfAbsent::Fail, Grants::None, |_, _| Ok(()));
        }
        started
    }

    fn start_with(&self, handed: Handed) -> Result<Started, Error> {
        let (task, found, id) = (handed.task.clone(), handed.found, handed.held.id.clone());
        let (attached, supervisor) = self.hand_over(handed)?;
        let log = self.own_log(&task)?.path;
        let report = supervisor.report(&task).inspect_err(|_| {
            if found {
                // It was there before a supervisor that is gone without a word, and a program, perhaps.
                let give_up =
                    move |cluster: &mut Cluster, facts: &Facts| match facts.dead.contains(&id) {
                        true => detach_program(cluster, &id),
                        false => Err(Refusal::GrantLost),
                    };
                let _ = self.change_first(give_up, |_, _| Vec::new());
            }
        });
        let began = match report? {
            Report::Runs { pid } => Began::Runs { pid },
            Report::Ended { exit: 0, .. } => Began::Ended,
            Report::Ended { exit, lines } => {
                return Err(Error::EndedAtOnce {
                    task,
                    exit,
                    lines,
                    log,
                    stays: found,
                });
            }
            Report::Unstarted {
                command,
                error,
                why,
            } => {
                let other = || io::Error::other(why);
                let source = error.map_or_else(other, io::Error::from_raw_os_error);
                return Err(match command {
                    Some(command) => Error::Unstarted {
                        task,
                        command: command.into(),
                        source,
                    },
                    None => Error::ProgramLog { path: log, source },
                });
            }
        };
        Ok(Self::started(attached, began, log))
    }

    pub(super) fn started(attached: Changed<Grant>, began: Began, log: PathBuf) -> Started {
        let Changed { value, state } = attached;
        Started {
            log,
            grant: value,
            began,
            state,
        }
    }
}
