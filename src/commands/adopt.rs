//! `--adopt`: what computes outside of all tasks becomes one.

use super::change::Grants;
use crate::allocator::{Request, adopt};
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::Manager;
use crate::outcome::Allocated;
use crate::store::IfAbsent;
use crate::system;

impl Manager {
    /// Makes a task of the process, which lives as long as that, holds the GPUs it computes on and
    /// belongs to whoever it runs as.
    ///
    /// # Errors
    /// There is no such process, it computes on no free GPU, or nobody can tell.
    pub fn adopt(&self, request: Request, pid: u32) -> Result<Allocated, Error> {
        let request = self.with_full_name(request)?;
        let request = request.tied_to(Some(self.lease_on(pid)?));
        let owner = system::holder(pid).and_then(|holder| holder.user);
        let request = request.owned_by(owner);
        if let Some(present) = self.store.load()? {
            self.measure(present.servers())
                .map_err(Error::NotMeasured)?;
        }
        let limits = self.config.limits;
        let changed = self.change_and_note(
            IfAbsent::Fail,
            Grants::Some,
            move |cluster, facts| adopt(cluster, &request, facts, &limits),
            |grant, now| vec![Event::new(Deed::Adopt, now).granting(grant)],
        )?;
        Ok(self.allocated(changed))
    }
}
