//! `--allocate`: first fit, recorded.

use crate::allocator::{Request, allocate};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::Allocated;
use crate::store::IfAbsent;

impl Manager {
    /// Grants the request on the first server that has room. Makes the state file if there is none.
    ///
    /// # Errors
    /// Why it is not granted, or why the state cannot be changed; then nothing is.
    pub fn allocate(&self, request: Request) -> Result<Allocated, Error> {
        let manager = self.clone();
        let now = now();
        let create = IfAbsent::Create(self.config.cluster.clone());
        let saved = self.store.update(create, now, move |cluster| {
            let grant = allocate(cluster, &request, &manager.config.limits, now)?;
            Ok::<_, Error>((grant, manager.differs(cluster)))
        })?;
        let state = self.changed_state(&saved, saved.value.1);
        Ok(Allocated {
            grant: saved.value.0,
            state,
        })
    }
}
