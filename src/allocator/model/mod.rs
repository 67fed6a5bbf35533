//! The nouns: what a cluster is made of. Nothing here decides.

pub(in crate::allocator) mod cards;
pub(in crate::allocator) mod check;
pub(in crate::allocator) mod cluster;
pub(in crate::allocator) mod demand;
pub(in crate::allocator) mod facts;
pub(in crate::allocator) mod gpu;
pub(in crate::allocator) mod grant;
pub(in crate::allocator) mod host;
pub(in crate::allocator) mod lease;
pub(in crate::allocator) mod limits;
pub(in crate::allocator) mod name;
pub(in crate::allocator) mod outlook;
pub(in crate::allocator) mod program;
pub(in crate::allocator) mod refusal;
pub(in crate::allocator) mod request;
pub(in crate::allocator) mod sample;
pub(in crate::allocator) mod server;
pub(in crate::allocator) mod spec;
pub(in crate::allocator) mod step;
pub(in crate::allocator) mod task;
pub(in crate::allocator) mod time;
pub(in crate::allocator) mod waiter;
