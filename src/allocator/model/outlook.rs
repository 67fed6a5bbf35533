//! The view of a server from outside: GPUs that are free in the state and must not be granted.

use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::host::same_host;
use crate::allocator::model::lease::Lease;
use crate::allocator::model::name::Name;
use crate::allocator::model::sample::{Occupant, Unreadable};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The view of a server from outside, for one decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    pub(in crate::allocator) withheld: BTreeMap<GpuId, UnavailableReason>,
    /// The machine it is, where that is another than this is decided on.
    pub(in crate::allocator) elsewhere: Option<String>,
}

/// Why a GPU is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// These processes compute on it.
    Busy(Vec<Occupant>),
    /// That many bytes of its memory are in use, by nothing that can be seen.
    Draining(u64),
    /// It could not be found out.
    Unknown(Unreadable),
    /// There is no such device.
    Missing {
        /// The card that was to be there, if no device is it.
        lost: Option<String>,
    },
    /// It is another card than was written down.
    Swapped {
        /// The card that is there.
        uuid: String,
        /// The ID that this card had.
        was: Option<GpuId>,
        /// The card that was to be there, if no device is it.
        lost: Option<String>,
    },
}

impl UnavailableReason {
    /// Whether it does not pass by itself.
    pub fn lasts(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Draining(_) | Self::Unknown(Unreadable::Late) => false,
            Self::Unknown(_) | Self::Missing { .. } | Self::Swapped { .. } => true,
        }
    }
}

/// The GPUs of a server that are free on paper alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The server.
    pub server: Name,
    /// Which, and why.
    pub gpus: Vec<(GpuId, UnavailableReason)>,
}

impl Availability {
    /// Why that GPU is not to be granted, if so.
    pub fn withholding(&self, gpu: GpuId) -> Option<&UnavailableReason> {
        self.withheld.get(&gpu)
    }

    /// Whether this is decided on another machine than that server.
    pub(in crate::allocator) fn is_elsewhere(&self) -> bool {
        self.elsewhere.is_some()
    }

    /// Whether that GPU is not to be granted for a reason that does not pass by itself.
    pub(in crate::allocator) fn lasting(&self, gpu: GpuId) -> bool {
        self.withheld
            .get(&gpu)
            .is_some_and(UnavailableReason::lasts)
    }

    /// Returns the GPUs of this list that may be granted.
    pub(in crate::allocator) fn open<'g>(&self, gpus: &'g [GpuId]) -> Cow<'g, [GpuId]> {
        if self.withheld.is_empty() {
            return Cow::Borrowed(gpus);
        }
        let open = |gpu: &GpuId| !self.withheld.contains_key(gpu);
        Cow::Owned(gpus.iter().copied().filter(open).collect())
    }

    /// Whether whoever waits with this lease waits on that machine itself: nobody but a process
    /// there can tell what is free there, and that one will be woken soon enough.
    pub(in crate::allocator) fn is_for_others_to_judge(&self, lease: Option<&Lease>) -> bool {
        let elsewhere = self.elsewhere.as_deref();
        elsewhere
            .zip(lease)
            .is_some_and(|(host, lease)| same_host(host, &lease.process.host))
    }
}
