//! One measurement of a machine's GPUs.

use crate::allocator::model::lease::LeaseId;
use bytesize::ByteSize;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unreadable {
    /// This card or driver never tells.
    NotTold,
    /// It did not answer in time.
    Late,
    /// It answered with this.
    Failed(String),
}

/// The value that was read, or the reason why there is none.
pub type Reading<T> = Result<T, Unreadable>;

/// All devices, in the order that `CUDA_DEVICE_ORDER=PCI_BUS_ID` counts them; none if not even
/// their number could be read.
pub type Devices = Reading<Vec<Reading<Device>>>;

/// A measurement of the GPUs of the deciding machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The devices.
    pub devices: Devices,
    /// Grant what is unknown.
    pub trust_bookkeeping: bool,
    /// A GPU with no more memory in use than this counts as unused.
    pub idle_memory: ByteSize,
}

/// How much memory a device has, and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// In bytes, without what the driver keeps for itself.
    pub used: u64,
    /// In bytes.
    pub total: u64,
}

/// One GPU. Each of it may be unreadable by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device<P = Occupant> {
    /// The UUID of the card.
    pub uuid: Reading<String>,
    /// The name of its model.
    pub model: Reading<String>,
    /// Its memory.
    pub memory: Reading<MemoryUse>,
    /// The part of the time that something ran on it, in percent.
    pub utilization: Reading<u32>,
    /// In degrees Celsius.
    pub temperature: Reading<u32>,
    /// In milliwatts.
    pub power: Reading<u32>,
    /// The processes that compute on it.
    pub processes: Reading<Vec<P>>,
    /// The memory of what only draws on it, in bytes.
    pub drawing: u64,
}

/// A process that computes on a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// Its ID, as the driver tells it.
    pub pid: u32,
    /// Its memory on that GPU, in bytes, where that is told.
    pub memory: Option<u64>,
    /// The user it runs as.
    pub user: Option<String>,
    /// Its program's name.
    pub command: Option<String>,
    /// For how long it has run.
    pub age: Option<TimeDelta>,
    /// Itself, its parent and so on; empty if it cannot be seen from here.
    pub lineage: Vec<Ancestor>,
    /// The run that it was started in, by its environment.
    pub run: Run,
    /// The space of process IDs it is in, where that can be told.
    pub namespace: Option<u64>,
    /// The config says that it does not count.
    pub ignored: bool,
}

/// One process of a lineage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Its ID here.
    pub pid: u32,
    /// Its ID in the innermost container that it is in; the same where it is in none.
    pub inner: u32,
    /// When it started, in the system's own units.
    pub started: u64,
}

/// The run that a process belongs to, by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// Only its own user may know.
    Hidden,
    /// None.
    Outside,
    /// This one.
    Inside(LeaseId),
}
