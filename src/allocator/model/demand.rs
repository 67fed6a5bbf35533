//! The GPUs and CPU cores that a task asks for.

use crate::allocator::model::cards::GpuKind;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::spec::{MAX_CPUS, MAX_GPUS};
use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// Which GPUs a task wants, all on one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Gpus {
    /// That many: the lowest free IDs.
    Count(u32),
    /// Exactly these.
    These(BTreeSet<GpuId>),
}

/// How many CPU cores a task wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cpus {
    /// Its share of the server: CPUs per GPU, rounded down, at least 1 a GPU and 1 in all.
    PerGpu,
    /// That many.
    Exactly(NonZeroU32),
}

/// Why numbers cannot make a request on any cluster there could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// A task holds at least 1 CPU.
    #[error("a task needs at least 1 CPU")]
    NoCpus,
    /// More GPUs than a server can have.
    #[error("{asked} GPUs, more than the {MAX_GPUS} a server can have")]
    Gpus {
        /// How many were asked for.
        asked: u32,
    },
    /// More CPUs than a server can have.
    #[error("{asked} CPUs, more than the {MAX_CPUS} a server can have")]
    Cpus {
        /// How many were asked for.
        asked: u32,
    },
}

impl Gpus {
    /// That many, within what a server can have.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`].
    pub fn exactly(count: u32) -> Result<Self, BadRequest> {
        if count > MAX_GPUS {
            Err(BadRequest::Gpus { asked: count })
        } else {
            Ok(Self::Count(count))
        }
    }

    /// How many they are.
    pub fn count(&self) -> u32 {
        match self {
            Self::Count(count) => *count,
            Self::These(ids) => u32::try_from(ids.len()).unwrap_or(u32::MAX),
        }
    }
}

impl Cpus {
    /// That many, within what a server can have.
    ///
    /// # Errors
    /// None at all, or more than [`MAX_CPUS`].
    pub fn exactly(count: u32) -> Result<Self, BadRequest> {
        match NonZeroU32::new(count) {
            None => Err(BadRequest::NoCpus),
            Some(_) if count > MAX_CPUS => Err(BadRequest::Cpus { asked: count }),
            Some(count) => Ok(Self::Exactly(count)),
        }
    }
}

/// The resources a task needs, wherever they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    /// Which GPUs.
    pub gpus: Gpus,
    /// How many CPU cores.
    pub cpus: Cpus,
    /// Of which kind the GPUs are.
    pub kind: GpuKind,
}

impl Demand {
    /// That many GPUs of any kind, and CPUs.
    pub fn new(gpus: Gpus, cpus: Cpus) -> Self {
        Self {
            gpus,
            cpus,
            kind: GpuKind::default(),
        }
    }
}
