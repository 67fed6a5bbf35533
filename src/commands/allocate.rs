//! `--allocate`: first fit, recorded.

use super::change::{Changed, Grants};
use super::wait::Wait;
use crate::allocator::{Grant, Lease, LeaseKind, Refusal, Request, allocate};
use crate::config::ConfigError;
use crate::environment;
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::leases::new_id;
use crate::manager::Manager;
use crate::outcome::Allocated;
use crate::store::IfAbsent;
use crate::system;

impl Manager {
    /// Grants the request on the first server that has room, to a task with its
    /// [full name](Manager::full_name). Makes the state file if there is none.
    ///
    /// # Errors
    /// Why it is not granted, or why the state cannot be changed; then nothing is.
    pub fn allocate(&self, request: Request) -> Result<Allocated, Error> {
        self.check_environment()?;
        let request = self.with_full_name(request)?;
        let limits = self.config.limits;
        let changed = self.change_and_note(
            self.create()?,
            Grants::Some,
            move |cluster, facts| allocate(cluster, &request, &limits, facts.now),
            |grant, now| vec![Event::new(Deed::Allocate, now).granting(grant)],
        )?;
        Ok(self.allocated(changed))
    }

    /// The same, but joins the queue where there is no room yet.
    pub(crate) fn allocate_or_wait(
        &self,
        request: Request,
        wait: Wait,
    ) -> Result<Allocated, Error> {
        self.check_environment()?;
        let request = self.with_full_name(request)?;
        let held = self.leases.hold()?;
        let waiting = self.own_lease(&held, LeaseKind::Claim)?;
        let granted = self.wait_in_line((request, false), waiting, &held, wait, &mut None);
        held.end();
        granted
    }

    /// The same request for a task with its full name.
    pub(super) fn with_full_name(&self, request: Request) -> Result<Request, Error> {
        let task = self.full_name(&request.task)?;
        Ok(Request { task, ..request })
    }

    /// Ties an allocation to a process that runs on this machine: with its end, the allocation's.
    ///
    /// # Errors
    /// There is no such process.
    pub fn lease_on(&self, pid: u32) -> Result<Lease, Error> {
        let process = system::process(pid, &system::here()).ok_or(Error::NoProcess { pid })?;
        Ok(Lease {
            id: new_id()?,
            tie: LeaseKind::Process,
            process,
        })
    }

    /// # Errors
    /// There is no state, and nobody can tell what it is to begin with.
    pub(super) fn create(&self) -> Result<IfAbsent, Error> {
        let exists = self.state_file().exists();
        Ok(IfAbsent::Create(match exists {
            true => self.config.cluster.clone(),
            false => self.described()?,
        }))
    }

    pub(super) fn allocated(&self, changed: Changed<Grant>) -> Allocated {
        Allocated {
            environment: environment::variables(&changed.value, &self.config.environment),
            grant: changed.value,
            state: changed.state,
        }
    }

    /// Whoever sets variables for what is run decides what is run.
    pub(super) fn check_environment(&self) -> Result<(), Error> {
        match self.config.environment.variables.is_empty() {
            true => Ok(()),
            false => self.check_trust(),
        }
    }

    /// Whoever says what is run could do anything in this user's name.
    pub(super) fn check_trust(&self) -> Result<(), Error> {
        match &self.config.path {
            Some(path) if self.config.untrusted => {
                Err(ConfigError::Untrusted { path: path.clone() }.into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses what is no refusal of a cluster, but of the moment.
    pub(super) fn is_lost(error: &Error) -> bool {
        matches!(error, Error::Refused(Refusal::GrantLost))
    }
}
