//! The kinds of GPUs in a cluster.

use crate::allocator::model::cards::GpuKind;
use crate::allocator::model::gpu::gpu_ids;
use crate::allocator::model::refusal::GpuStock;
use crate::allocator::model::server::Server;

impl GpuKind {
    /// How many GPUs of this kind that server has.
    pub(in crate::allocator) fn count_on(&self, server: &Server) -> u32 {
        if self.is_any() {
            return server.total_gpus;
        }
        let gpus = gpu_ids(server.total_gpus);
        let count = gpus.filter(|gpu| self.is(&server.cards, *gpu)).count();
        u32::try_from(count).unwrap_or(server.total_gpus)
    }
}

impl GpuStock {
    /// How many kinds are listed at most.
    const SHOWN: usize = 8;

    /// What there is on these servers.
    pub(in crate::allocator) fn of<'s>(servers: impl Iterator<Item = &'s Server>) -> Vec<Self> {
        servers.flat_map(Self::on).take(Self::SHOWN).collect()
    }

    fn on(server: &Server) -> Vec<Self> {
        let mut stock: Vec<Self> = Vec::new();
        for gpu in gpu_ids(server.total_gpus) {
            let cards = &server.cards;
            let model = cards.models.as_ref().and_then(|models| models.of(gpu));
            let model = model.filter(|model| !model.is_empty());
            let memory = cards.memory.as_ref().and_then(|memory| memory.of(gpu));
            let memory = memory.filter(|memory| memory.as_u64() > 0);
            let same =
                |kind: &&mut Self| kind.model.as_ref() == model && kind.memory.as_ref() == memory;
            match stock.iter_mut().find(same) {
                Some(kind) => kind.gpus += 1,
                None => stock.push(Self {
                    gpus: 1,
                    model: model.cloned(),
                    memory: memory.copied(),
                    server: server.name.clone(),
                }),
            }
        }
        stock
    }
}
