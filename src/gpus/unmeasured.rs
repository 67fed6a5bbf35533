//! Why the GPUs of this machine are not measured.

use super::NoDriver;

/// Why nothing is measured here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unmeasured {
    /// There is no driver; what the system said.
    NoDriver(String),
    /// No server is this machine.
    NoServer {
        /// Its name.
        host: String,
    },
    /// Several servers are this machine.
    Several {
        /// Its name.
        host: String,
    },
    /// The caller did not ask for it: the command line does, the library does not.
    Off,
}

impl From<NoDriver> for Unmeasured {
    fn from(NoDriver(why): NoDriver) -> Self {
        Self::NoDriver(why)
    }
}
