//! v0.1's public JSON layout. What this version does not know is kept, byte for byte.

mod auto_program;
mod cards;
mod decode;
mod demand;
mod encode;
mod lease;
mod object;
mod places;
mod program;
mod splice;
mod step;
mod waiter;

pub(super) use decode::{decode, not_text};
pub(super) use encode::encode;
pub(super) use places::Places;
pub(super) use splice::Pieces;

/// The one version of the layout that this gpumgr reads and writes.
const VERSION: &str = "0.1";

#[cfg(test)]
mod lease_tests;
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod tests;
