//! Random numbers for names that must not meet.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A random number. The standard library seeds its hash maps with it, from the system's own source.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
