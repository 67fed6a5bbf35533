//! The rules: what follows from a cluster, a request and facts. Nothing here changes a cluster.

pub(in crate::allocator) mod admission;
pub(in crate::allocator) mod availability;
pub(in crate::allocator) mod backfill;
pub(in crate::allocator) mod choice;
pub(in crate::allocator) mod expiry;
pub(in crate::allocator) mod explain;
pub(in crate::allocator) mod first_fit;
pub(in crate::allocator) mod fit;
pub(in crate::allocator) mod idle;
pub(in crate::allocator) mod names;
pub(in crate::allocator) mod ownership;
pub(in crate::allocator) mod pass;
pub(in crate::allocator) mod preemption;
pub(in crate::allocator) mod processes;
pub(in crate::allocator) mod quotas;
pub(in crate::allocator) mod reservation;
pub(in crate::allocator) mod room;
pub(in crate::allocator) mod scaling;
pub(in crate::allocator) mod shortage;
pub(in crate::allocator) mod steps;
pub(in crate::allocator) mod stock;
pub(in crate::allocator) mod utilisation;
