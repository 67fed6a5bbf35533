//! Which free GPUs must not be granted, by what was measured of them.

use crate::allocator::model::cards::Cards;
use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::{Demand, Gpus};
use crate::allocator::model::facts::Facts;
use crate::allocator::model::gpu::{GpuId, gpu_ids};
use crate::allocator::model::host::same_host;
use crate::allocator::model::outlook::{Unavailable, UnavailableReason};
use crate::allocator::model::sample::{Device, Reading, Sample, Unreadable};
use crate::allocator::model::server::Server;
use crate::allocator::model::spec::ClusterSpec;
use std::collections::BTreeMap;

/// Why nobody measures a server's GPUs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMeasured {
    /// No server is this machine, as far as that is written down.
    NoServer,
    /// Several are, so that nobody knows whose GPUs these are.
    Several,
}

/// The position of the server that is this machine: the one with its name as host; or the only one
/// there is, if that has none.
///
/// # Errors
/// None is, or several are.
pub fn measured_server(servers: &[Server], host: &str) -> Result<usize, NotMeasured> {
    measured(servers.iter().map(|server| server.host.as_deref()), host)
}

/// The same of servers that have these hosts.
fn measured<'h>(
    hosts: impl ExactSizeIterator<Item = Option<&'h str>> + Clone,
    host: &str,
) -> Result<usize, NotMeasured> {
    if hosts.len() == 1 && hosts.clone().all(|own| own.is_none()) {
        return Ok(0);
    }
    let is_here = |own: Option<&str>| own.is_some_and(|own| same_host(own, host));
    let mut here = hosts.enumerate().filter(|(_, own)| is_here(*own));
    match (here.next(), here.next()) {
        (Some((index, _)), None) => Ok(index),
        (Some(_), Some(_)) => Err(NotMeasured::Several),
        (None, _) => Err(NotMeasured::NoServer),
    }
}

/// Whether one of them is. This machine's name is asked for only where that can matter: v0.1's servers
/// are nobody's.
fn is_measured<'h>(
    hosts: impl ExactSizeIterator<Item = Option<&'h str>> + Clone,
    host: impl FnOnce() -> String,
) -> bool {
    let may_be = hosts.len() == 1 || hosts.clone().any(|own| own.is_some());
    may_be && measured(hosts, &host()).is_ok()
}

impl Facts {
    /// What is measured, and which of these servers has it.
    pub fn measured(&self, servers: &[Server]) -> Option<(usize, &Sample)> {
        let server = measured_server(servers, self.host.as_deref()?).ok()?;
        Some((server, self.sample.as_ref()?))
    }
}

impl Cluster {
    /// Whether one of its servers is the machine of that name, and only one.
    pub fn is_measured_on(&self, host: impl FnOnce() -> String) -> bool {
        let hosts = self.servers().iter().map(|server| server.host.as_deref());
        is_measured(hosts, host)
    }
}

impl ClusterSpec {
    /// Whether one of the servers described is the machine of that name, and only one.
    pub fn is_measured_on(&self, host: impl FnOnce() -> String) -> bool {
        let hosts = self.servers().iter().map(|server| server.host.as_deref());
        is_measured(hosts, host)
    }
}

pub(in crate::allocator) fn withheld(
    server: &Server,
    sample: &Sample,
) -> BTreeMap<GpuId, UnavailableReason> {
    let judge = |gpu| Some((gpu, judge(gpu, &server.cards, sample)?));
    gpu_ids(server.total_gpus).filter_map(judge).collect()
}

/// Why that GPU is not to be granted.
fn judge(gpu: GpuId, cards: &Cards, sample: &Sample) -> Option<UnavailableReason> {
    let unknown = |why: &Unreadable| {
        let withheld = UnavailableReason::Unknown(why.clone());
        (!sample.trust_bookkeeping).then_some(withheld)
    };
    let devices = match &sample.devices {
        Ok(devices) => devices,
        Err(why) => return unknown(why),
    };
    match devices.get(usize::from(gpu)) {
        None => Some(UnavailableReason::Missing {
            lost: cards.uuid(gpu).and_then(|uuid| lost(uuid, devices)),
        }),
        Some(Err(why)) => unknown(why),
        Some(Ok(device)) => match card(gpu, cards, device, devices) {
            Ok(None) => usage(device, sample).unwrap_or_else(|why| unknown(&why)),
            Ok(swapped) => swapped,
            Err(why) => unknown(why),
        },
    }
}

/// Whether it is another card.
fn card<'d>(
    gpu: GpuId,
    cards: &Cards,
    device: &'d Device,
    devices: &[Reading<Device>],
) -> Result<Option<UnavailableReason>, &'d Unreadable> {
    let Some(expected) = cards.uuid(gpu) else {
        return Ok(None);
    };
    let uuid = device.uuid.as_ref()?;
    if uuid == expected {
        return Ok(None);
    }
    let was = cards.uuids.iter().position(|other| other == uuid);
    Ok(Some(UnavailableReason::Swapped {
        uuid: uuid.clone(),
        was: was.and_then(|position| GpuId::try_from(position).ok()),
        lost: lost(expected, devices),
    }))
}

/// That card, if it is certain that no device is it.
fn lost(uuid: &str, devices: &[Reading<Device>]) -> Option<String> {
    let may_be = |device: &Reading<Device>| match device {
        Ok(device) => device.uuid.as_ref().is_ok_and(|other| other == uuid) || device.uuid.is_err(),
        Err(_) => true,
    };
    (!devices.iter().any(may_be)).then(|| uuid.to_owned())
}

/// Whether somebody uses it.
fn usage(device: &Device, sample: &Sample) -> Reading<Option<UnavailableReason>> {
    let processes = device.processes.as_ref().map_err(Clone::clone)?;
    let (ignored, busy): (Vec<_>, Vec<_>) = processes.iter().partition(|one| one.ignored);
    if !busy.is_empty() {
        return Ok(Some(UnavailableReason::Busy(
            busy.into_iter().cloned().collect(),
        )));
    }
    let used = match &device.memory {
        Ok(memory) => memory.used,
        Err(Unreadable::NotTold) => return Ok(None),
        Err(why) => return Err(why.clone()),
    };
    let Some(explained) = ignored
        .iter()
        .map(|process| process.memory)
        .try_fold(0, |sum: u64, memory| Some(sum.saturating_add(memory?)))
    else {
        return Ok(None);
    };
    let unexplained = used.saturating_sub(explained.saturating_add(device.drawing));
    let drains = unexplained > sample.idle_memory.as_u64();
    Ok(drains.then_some(UnavailableReason::Draining(unexplained)))
}

impl Unavailable {
    fn unless_empty(server: &Server, gpus: Vec<(GpuId, UnavailableReason)>) -> Option<Self> {
        (!gpus.is_empty()).then(|| Self {
            server: server.name.clone(),
            gpus,
        })
    }

    /// Those of these GPUs of a server that would not be granted now.
    pub fn of(server: &Server, sample: &Sample, gpus: &[GpuId]) -> Option<Self> {
        let judge = |gpu: &GpuId| Some((*gpu, judge(*gpu, &server.cards, sample)?));
        let gpus: Vec<_> = gpus.iter().filter_map(judge).collect();
        Self::unless_empty(server, gpus)
    }

    /// Those that keep this from being granted there, if nothing else does.
    pub(in crate::allocator) fn from(server: &Server, demand: &Demand) -> Option<Self> {
        let fits_on_paper = demand.lacking(server, &server.free_gpus, server.free_cpus) == (0, 0);
        let would_do = |gpu: GpuId| {
            demand.kind.is(&server.cards, gpu)
                && match &demand.gpus {
                    Gpus::Count(_) => true,
                    Gpus::These(ids) => ids.contains(&gpu),
                }
        };
        let mut gpus = Self::on(server).filter(|_| fits_on_paper)?.gpus;
        gpus.retain(|(gpu, _)| would_do(*gpu));
        Self::unless_empty(server, gpus)
    }

    /// Those of a server that tasks hold, but cannot use, if there are any.
    pub fn held(server: &Server) -> Option<Self> {
        let is_held = |gpu: &GpuId| server.free_gpus.binary_search(gpu).is_err();
        let held = server.outlook.withheld.iter();
        let held = held.filter(|(gpu, why)| is_held(gpu) && why.lasts());
        let gpus: Vec<_> = held.map(|(gpu, why)| (*gpu, why.clone())).collect();
        Self::unless_empty(server, gpus)
    }

    /// Those of a server that are free on paper alone, if there are any.
    pub fn on(server: &Server) -> Option<Self> {
        let free = server.free_gpus.iter();
        let withheld =
            free.filter_map(|gpu| Some((*gpu, server.outlook.withholding(*gpu)?.clone())));
        let gpus: Vec<_> = withheld.collect();
        Self::unless_empty(server, gpus)
    }
}
