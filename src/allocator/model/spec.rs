//! The servers of a cluster as a config describes them.

use crate::allocator::model::cards::Cards;
use crate::allocator::model::name::Name;
use std::collections::HashSet;

/// The most servers a cluster may have: a typo must not ask for the memory of the machine.
pub const MAX_SERVERS: usize = 100_000;

/// The most GPUs a server may have.
pub const MAX_GPUS: u32 = 1_024;

/// The most CPU cores a server may have.
pub const MAX_CPUS: u32 = 65_536;

/// One server, as a config describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSpec {
    /// Its name, by which a changed description is matched with the state.
    pub name: Name,
    /// How many GPUs it has: their IDs are `0..gpus`.
    pub gpus: u32,
    /// How many CPU cores it has.
    pub cpus: u32,
    /// Nothing new is granted here; what runs stays.
    pub drain: bool,
    /// The machine it is, by its own name; any, if none.
    pub host: Option<String>,
    /// The properties of its GPUs, as far as they are described.
    pub cards: Cards,
}

/// A cluster's servers in first-fit order, within bounds and with unique names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSpec {
    servers: Vec<ServerSpec>,
}

/// Why servers cannot make a cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSpec {
    /// No server, or more than [`MAX_SERVERS`].
    #[error("{count} servers, but a cluster has 1 to {MAX_SERVERS}")]
    Servers {
        /// How many were described.
        count: usize,
    },
    /// More GPUs than [`MAX_GPUS`].
    #[error("server {server} has {gpus} GPUs, more than {MAX_GPUS}")]
    Gpus {
        /// Which server.
        server: Name,
        /// How many GPUs were described.
        gpus: u32,
    },
    /// No CPU, or more than [`MAX_CPUS`].
    #[error("server {server} has {cpus} CPUs, but a server has 1 to {MAX_CPUS}")]
    Cpus {
        /// Which server.
        server: Name,
        /// How many CPUs were described.
        cpus: u32,
    },
    /// Two servers of one name.
    #[error("two servers are named {server}")]
    SameName {
        /// The name they share.
        server: Name,
    },
}

impl ClusterSpec {
    /// A cluster of these servers.
    ///
    /// # Errors
    /// What is out of bounds, or named twice.
    pub fn new(servers: Vec<ServerSpec>) -> Result<Self, BadSpec> {
        if servers.is_empty() || servers.len() > MAX_SERVERS {
            return Err(BadSpec::Servers {
                count: servers.len(),
            });
        }
        let mut names = HashSet::with_capacity(servers.len());
        for ServerSpec {
            name, gpus, cpus, ..
        } in &servers
        {
            if *gpus > MAX_GPUS {
                return Err(BadSpec::Gpus {
                    server: name.clone(),
                    gpus: *gpus,
                });
            }
            if !(1..=MAX_CPUS).contains(cpus) {
                return Err(BadSpec::Cpus {
                    server: name.clone(),
                    cpus: *cpus,
                });
            }
            if !names.insert(name) {
                return Err(BadSpec::SameName {
                    server: name.clone(),
                });
            }
        }
        Ok(Self { servers })
    }

    /// `servers` equal servers, named `gpu-server-0`, `gpu-server-1`, … as v0.1 did.
    ///
    /// # Errors
    /// As [`ClusterSpec::new`].
    pub fn equal(servers: usize, gpus: u32, cpus: u32) -> Result<Self, BadSpec> {
        if servers > MAX_SERVERS {
            return Err(BadSpec::Servers { count: servers });
        }
        let server = |position| ServerSpec {
            name: Name::of_equal_server(position),
            gpus,
            cpus,
            drain: false,
            host: None,
            cards: Cards::default(),
        };
        Self::new((0..servers).map(server).collect())
    }

    /// The servers, in first-fit order.
    pub fn servers(&self) -> &[ServerSpec] {
        &self.servers
    }
}
