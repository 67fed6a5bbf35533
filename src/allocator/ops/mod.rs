//! The operations: each changes a cluster, or refuses and leaves it as it is.

pub(in crate::allocator) mod adopt;
pub(in crate::allocator) mod advance;
pub(in crate::allocator) mod allocate;
pub(in crate::allocator) mod auto_programs;
pub(in crate::allocator) mod expire;
pub(in crate::allocator) mod observe;
pub(in crate::allocator) mod programs;
pub(in crate::allocator) mod queue;
pub(in crate::allocator) mod reconcile;
pub(in crate::allocator) mod release;
pub(in crate::allocator) mod renew;
pub(in crate::allocator) mod reset;
pub(in crate::allocator) mod scaling;
pub(in crate::allocator) mod schedule;
pub(in crate::allocator) mod steps;
