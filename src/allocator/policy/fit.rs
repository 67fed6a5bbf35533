//! Whether a server has room for a demand.

use crate::allocator::model::demand::{Cpus, Demand, Gpus};
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::host::same_host;
use crate::allocator::model::request::Request;
use crate::allocator::model::server::Server;
use crate::allocator::model::time::Timestamp;

impl Demand {
    /// The CPU cores this means on that server.
    pub fn cpus_on(&self, server: &Server) -> u32 {
        match self.cpus {
            Cpus::Exactly(count) => count.get(),
            Cpus::PerGpu => {
                let per_gpu = server
                    .total_cpus
                    .checked_div(server.total_gpus)
                    .unwrap_or(0)
                    .max(1);
                per_gpu.saturating_mul(self.gpus.count()).max(1)
            }
        }
    }

    /// Whether that server has room for it now.
    pub fn fits(&self, server: &Server) -> bool {
        // Most of many servers end here.
        let may = self.gpus.count() as usize <= server.free_gpus.len();
        may && self.lacking_on(server) == (0, 0)
    }

    /// How many GPUs and CPUs that server lacks for it now. GPUs are what people wait for, so
    /// they count first.
    pub fn lacking_on(&self, server: &Server) -> (usize, u32) {
        self.lacking(server, &server.grantable(), server.free_cpus)
    }

    /// The same where these GPUs, in ascending order, and that many CPUs are free.
    pub(in crate::allocator) fn lacking(
        &self,
        server: &Server,
        gpus: &[GpuId],
        cpus: u32,
    ) -> (usize, u32) {
        let gpus = self.kind.among(&server.cards, gpus);
        let is_taken = |id: &&GpuId| gpus.binary_search(id).is_err();
        let lacking = match &self.gpus {
            Gpus::Count(count) => (*count as usize).saturating_sub(gpus.len()),
            Gpus::These(ids) => ids.iter().filter(is_taken).count(),
        };
        (lacking, self.cpus_on(server).saturating_sub(cpus))
    }

    /// What it gets of these GPUs, in ascending order, where they suffice: the lowest.
    pub(in crate::allocator) fn taken_from(&self, server: &Server, gpus: &[GpuId]) -> Vec<GpuId> {
        match &self.gpus {
            Gpus::Count(count) => {
                let mut gpus = self.kind.among(&server.cards, gpus).into_owned();
                gpus.truncate(*count as usize);
                gpus
            }
            Gpus::These(ids) => ids.iter().copied().collect(),
        }
    }

    /// Of GPUs asked for by ID, those that are not free on that server.
    pub fn taken_on(&self, server: &Server) -> impl Iterator<Item = GpuId> {
        let ids = match &self.gpus {
            Gpus::Count(_) => None,
            Gpus::These(ids) => Some(ids),
        };
        let open = self
            .kind
            .among(&server.cards, &server.grantable())
            .into_owned();
        ids.into_iter()
            .flatten()
            .copied()
            .filter(move |id| open.binary_search(id).is_err())
    }

    /// Whether that server would have room for it if nothing ran there.
    pub fn could_fit(&self, server: &Server) -> bool {
        self.cpus_on(server) <= server.total_cpus
            && match &self.gpus {
                Gpus::Count(count) => *count <= self.kind.count_on(server),
                Gpus::These(ids) => ids.iter().all(|id| {
                    u32::from(*id) < server.total_gpus && self.kind.is(&server.cards, *id)
                }),
            }
    }
}

impl Request {
    /// Whether it gave back there what it was granted, a moment ago.
    pub(in crate::allocator) fn avoids(&self, server: &Server, now: Timestamp) -> bool {
        let avoided = self.avoids.as_ref();
        avoided.is_some_and(|(name, until)| *name == server.name && now < *until)
    }

    /// Whether it may be granted on that server when there is room, some day.
    pub fn may_run_on(&self, server: &Server) -> bool {
        !server.drain && self.is_at_home_on(server) && self.demand.could_fit(server)
    }

    /// Whether it may be granted on that server now, as far as room goes.
    pub(in crate::allocator) fn has_room_on(&self, server: &Server) -> bool {
        !server.drain && self.demand.fits(server) && self.is_at_home_on(server)
    }

    pub(in crate::allocator) fn is_at_home_on(&self, server: &Server) -> bool {
        match (&self.host, &server.host) {
            (Some(mine), Some(host)) => same_host(mine, host),
            _ => true,
        }
    }
}
