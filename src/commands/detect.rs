//! `--detect`, and a state of what it finds.

use crate::allocator::{
    Cards, Cluster, ClusterSpec, Device, PerGpu, Server, ServerSpec, same_host,
};
use crate::error::Error;
use crate::gpus::Unmeasured;
use crate::manager::Manager;
use crate::outcome::Detected;
use crate::system;
use bytesize::ByteSize;
use std::thread;

impl Manager {
    /// This machine, as a config would describe it.
    ///
    /// # Errors
    /// Its GPUs cannot be counted.
    pub fn detect(&self) -> Result<Detected, Error> {
        let devices = self.devices().map_err(Error::NotMeasured)?;
        let devices = devices.map_err(Error::NotCounted)?;
        let host = system::here().host;
        let name = host.parse().map_err(|_| Error::NoHostName)?;
        let gpus = u32::try_from(devices.len()).unwrap_or(u32::MAX);
        let unreadable = devices.iter().enumerate().filter_map(|(gpu, device)| {
            let why = device.as_ref().err()?;
            Some((gpu, why.clone()))
        });
        let unreadable = unreadable.collect();
        let known: Vec<_> = devices.iter().map(|device| device.as_ref().ok()).collect();
        let server = ServerSpec {
            name,
            gpus,
            // Each GPU's share is one CPU at least, or not all of them could be used at once.
            cpus: cpus().max(gpus),
            drain: false,
            host: Some(host),
            cards: cards(&known),
        };
        Ok(Detected { server, unreadable })
    }

    /// What a state file that is made now begins with: the config, or without one what was
    /// detected, or v0.1's cluster.
    ///
    /// # Errors
    /// There are GPUs, but nobody can tell how many.
    pub(super) fn described(&self) -> Result<ClusterSpec, Error> {
        let by_default = || self.config.cluster.clone();
        if self.config.path.is_some() {
            return Ok(by_default());
        }
        let detected = match self.detect() {
            Err(Error::NotMeasured(_)) => return Ok(by_default()),
            detected => detected?.server,
        };
        let detected = Some(detected).filter(|server| server.gpus > 0);
        let spec = detected.and_then(|server| ClusterSpec::new(vec![server]).ok());
        Ok(spec.unwrap_or_else(by_default))
    }

    /// The same for whoever only looks.
    pub(super) fn described_or_default(&self) -> ClusterSpec {
        let described = self.described();
        described.unwrap_or_else(|_| self.config.cluster.clone())
    }

    /// A state that was made of what was detected, as it is detected now; none if it was not.
    pub(super) fn detected_anew(&self, cluster: &Cluster) -> Result<Option<ClusterSpec>, Error> {
        let host = system::here().host;
        let is_detected = |server: &Server| {
            let own = server.host.as_deref();
            !server.cards.uuids.is_empty() && own.is_some_and(|own| same_host(own, &host))
        };
        if self.config.path.is_some() || !cluster.servers().iter().any(is_detected) {
            return Ok(None);
        }
        let detected = match self.detect() {
            Err(Error::NotMeasured(Unmeasured::Off | Unmeasured::NoDriver(_))) => return Ok(None),
            detected => detected?.server,
        };
        let spec = |server: &Server| match is_detected(server) {
            false => ServerSpec::of(server),
            true => ServerSpec {
                gpus: detected.gpus,
                cards: detected.cards.or(&server.cards, detected.gpus),
                ..ServerSpec::of(server)
            },
        };
        let servers = cluster.servers().iter().map(spec).collect();
        Ok(ClusterSpec::new(servers).ok())
    }
}

fn cpus() -> u32 {
    let cpus = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cpus).unwrap_or(u32::MAX)
}

fn cards(devices: &[Option<&Device>]) -> Cards {
    let models = devices
        .iter()
        .map(|device| text(device, |device| &device.model));
    let memory = devices.iter().map(|device| {
        let memory = device.and_then(|device| device.memory.as_ref().ok());
        ByteSize(memory.map_or(0, |memory| memory.total))
    });
    let uuids = devices
        .iter()
        .map(|device| text(device, |device| &device.uuid));
    Cards {
        models: PerGpu::shortest(models.collect()),
        memory: PerGpu::shortest(memory.collect()),
        uuids: uuids.collect(),
    }
}

/// Nothing where it could not be read.
fn text<'d>(
    device: &Option<&'d Device>,
    field: impl Fn(&'d Device) -> &'d crate::allocator::Reading<String>,
) -> String {
    let text = device.and_then(|device| field(device).as_ref().ok());
    text.cloned().unwrap_or_default()
}
