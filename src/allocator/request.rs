//! What somebody asks for.

use super::cluster::{GpuId, Server, Timestamp};
use super::gpus::GpuKind;
use super::lease::Lease;
use super::name::Name;
use super::programs::Caps;
use super::spec::{MAX_CPUS, MAX_GPUS};
use chrono::TimeDelta;
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
    pub(super) fn lacking(&self, server: &Server, gpus: &[GpuId], cpus: u32) -> (usize, u32) {
        let gpus = self.kind.among(&server.cards, gpus);
        let is_taken = |id: &&GpuId| gpus.binary_search(id).is_err();
        let lacking = match &self.gpus {
            Gpus::Count(count) => (*count as usize).saturating_sub(gpus.len()),
            Gpus::These(ids) => ids.iter().filter(is_taken).count(),
        };
        (lacking, self.cpus_on(server).saturating_sub(cpus))
    }

    /// What it gets of these GPUs, in ascending order, where they suffice: the lowest.
    pub(super) fn taken_from(&self, server: &Server, gpus: &[GpuId]) -> Vec<GpuId> {
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

/// A request for resources, on behalf of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the task that will hold them.
    pub task: Name,
    /// What it needs.
    pub demand: Demand,
    /// The server to try first, by name or ID.
    pub prefer: Option<String>,
    /// Who asks; nobody in particular, as in v0.1, if none.
    pub owner: Option<String>,
    /// The machine it must run on, by its own name; any, if none.
    pub host: Option<String>,
    /// After which time it lapses; until it is released, if none.
    pub ttl: Option<TimeDelta>,
    /// What it lives with; until it is released, if none.
    pub lease: Option<Lease>,
    /// A server where what it was granted was not free in fact: not again before that moment, whatever
    /// others see.
    pub avoids: Option<(Name, Timestamp)>,
    /// Nobody asks: the monitor acquires it for a program.
    pub automatic: bool,
}

impl Request {
    /// A request of nobody in particular, with no preferred server.
    pub fn new(task: Name, gpus: Gpus, cpus: Cpus) -> Self {
        Self {
            task,
            demand: Demand::new(gpus, cpus),
            prefer: None,
            owner: None,
            host: None,
            ttl: None,
            lease: None,
            avoids: None,
            automatic: false,
        }
    }

    /// Tries this server first, then the others in order.
    #[must_use]
    pub fn prefer(mut self, server: impl Into<String>) -> Self {
        self.prefer = Some(server.into());
        self
    }

    /// On GPUs of this kind alone.
    #[must_use]
    pub fn on(mut self, kind: GpuKind) -> Self {
        self.demand.kind = kind;
        self
    }

    /// Records who the task belongs to.
    #[must_use]
    pub fn owned_by(mut self, owner: Option<String>) -> Self {
        self.owner = owner;
        self
    }

    /// Lapses by itself after that time.
    #[must_use]
    pub fn lapsing_after(mut self, ttl: Option<TimeDelta>) -> Self {
        self.ttl = ttl;
        self
    }

    /// Lives and dies with this.
    #[must_use]
    pub fn tied_to(mut self, lease: Option<Lease>) -> Self {
        self.lease = lease;
        self
    }

    /// Whether it gave back there what it was granted, a moment ago.
    pub(super) fn avoids(&self, server: &Server, now: Timestamp) -> bool {
        let avoided = self.avoids.as_ref();
        avoided.is_some_and(|(name, until)| *name == server.name && now < *until)
    }

    /// Whether it may be granted on that server when there is room, some day.
    pub fn may_run_on(&self, server: &Server) -> bool {
        !server.drain && self.is_at_home_on(server) && self.demand.could_fit(server)
    }

    /// Whether it may be granted on that server now, as far as room goes.
    pub(super) fn has_room_on(&self, server: &Server) -> bool {
        !server.drain && self.demand.fits(server) && self.is_at_home_on(server)
    }

    pub(super) fn is_at_home_on(&self, server: &Server) -> bool {
        match (&self.host, &server.host) {
            (Some(mine), Some(host)) => same_host(mine, host),
            _ => true,
        }
    }
}

/// Whether two names are one machine's: with or without its domain, in capitals or not.
pub fn same_host(one: &str, other: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let both_long = one.contains('.') && other.contains('.');
    if both_long {
        one.eq_ignore_ascii_case(other)
    } else {
        short(one) == short(other)
    }
}

/// What one task may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At least that many; 0 allows tasks of CPUs alone. v0.1 had 2.
    pub min_gpus_per_task: u32,
    /// At most that many; if none, what the largest server has.
    pub max_gpus_per_task: Option<u32>,
    /// After which time a task lapses that does not say; never, if none.
    pub default_ttl: Option<TimeDelta>,
    /// The most time it may ask for.
    pub max_ttl: Option<TimeDelta>,
    /// How many GPUs one user may hold.
    pub caps: Caps,
    /// How long a command may take to end when its time is over.
    pub grace: TimeDelta,
    /// After which time a task that does not use its GPUs is called idle.
    pub idle_warning: TimeDelta,
}

impl Limits {
    /// How long a task is for that asks for this, or for nothing.
    pub fn ttl(&self, asked: Option<TimeDelta>) -> Option<TimeDelta> {
        asked.or(self.default_ttl).or(self.max_ttl)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_gpus_per_task: 1,
            max_gpus_per_task: None,
            default_ttl: None,
            max_ttl: None,
            caps: Caps::default(),
            grace: TimeDelta::seconds(30),
            idle_warning: TimeDelta::minutes(30),
        }
    }
}
