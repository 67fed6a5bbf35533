//! What GPUs are and what they do: kinds that can be asked for, and what was measured, so that what
//! is granted is free in fact.

mod adopt;
mod cards;
mod idle;
mod outlook;
mod sample;
mod strangers;
mod tree;
mod used;

pub use adopt::adopt;
pub use cards::{Cards, Each, GpuKind, Stock};
pub use outlook::{NotMeasured, Outlook, Withheld, Withholding, measured_server, observe};
pub use sample::{Device, Devices, Kin, MemoryUse, Occupant, Reading, Run, Sample, Unreadable};
pub use strangers::strangers;
pub use used::used;
