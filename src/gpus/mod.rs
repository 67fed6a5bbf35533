//! What the hardware says, by NVML.
//!
//! The driver's library runs in a process of its own, a *sampler*: gpumgr started anew with
//! [`SERVE`]. A device that hangs in the kernel, or a library that crashes, takes only that along;
//! gpumgr waits for it no longer than it was told to.

mod answers;
mod nvml;
mod occupants;
mod sampler;
mod serve;
mod unmeasured;

pub(crate) use serve::serve;
pub use unmeasured::Unmeasured;

use crate::allocator::{Device, Devices, Reading};
use crate::config::Measuring;
use crate::system;
use answers::Process;
use sampler::Sampler;
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The only word of a sampler's command line.
pub(crate) const SERVE: &str = "--serve-gpu-samples";

/// Measures this machine's GPUs.
#[derive(Clone, Debug)]
pub(crate) struct Probe(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    measuring: Measuring,
    /// Where the system's linker looks first.
    library_path: Option<OsString>,
    /// Whether somebody will ask again soon.
    stays: AtomicBool,
    sampler: Mutex<Sampler>,
    last: Mutex<Option<(Instant, Devices)>>,
}

/// For how long an answer is as good as another.
const STILL_TRUE: Duration = Duration::from_millis(50);

/// Why there is nothing to measure: no driver, in the system's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoDriver(pub(crate) String);

impl Probe {
    pub(crate) fn new(measuring: &Measuring, library_path: Option<OsString>) -> Self {
        Self(Arc::new(Inner {
            measuring: measuring.clone(),
            library_path,
            stays: AtomicBool::new(false),
            sampler: Mutex::new(Sampler::default()),
            last: Mutex::new(None),
        }))
    }

    /// Whether the driver's library may be there at all. Costs next to nothing.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn library(&self) -> Result<(), NoDriver> {
        match system::may_have_driver(self.0.library_path.as_deref()) {
            true => Ok(()),
            false => Err(NoDriver(format!("{} was not found", system::NVML))),
        }
    }

    /// What the GPUs do at this moment.
    ///
    /// # Errors
    /// There is no driver.
    pub(crate) fn measure(&self) -> Result<Devices, NoDriver> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, devices)) = last.as_ref()
            && when.elapsed() < STILL_TRUE
        {
            return Ok(devices.clone());
        }
        let devices = self.measure_anew()?;
        *last = Some((Instant::now(), devices.clone()));
        Ok(devices)
    }

    fn measure_anew(&self) -> Result<Devices, NoDriver> {
        self.library()?;
        let mut sampler = self.sampler();
        let devices = sampler.measure(self.0.measuring.timeout)?;
        if !self.0.stays.load(Ordering::Relaxed) {
            sampler.end();
        }
        Ok(devices.map(|devices| {
            let devices = devices.into_iter();
            let device = |device: Reading<Box<Device<Process>>>| {
                device.map(|device| occupants::named(*device, &self.0.measuring))
            };
            devices.map(device).collect()
        }))
    }

    /// Somebody will ask again soon, or, if not, no longer.
    pub(crate) fn stay(&self, stays: bool) {
        self.0.stays.store(stays, Ordering::Relaxed);
        if !stays {
            self.sampler().end();
        }
    }

    fn sampler(&self) -> MutexGuard<'_, Sampler> {
        let sampler = self.0.sampler.lock();
        sampler.unwrap_or_else(PoisonError::into_inner)
    }
}
