//! What is known of this machine's GPUs before something is decided.

use crate::allocator::{
    Cluster, Devices, Facts, NotMeasured, Sample, Server, Timestamp, measured_server,
};
use crate::facts::Judged;
use crate::gpus::Unmeasured;
use crate::manager::Manager;
use crate::system;

impl Manager {
    /// Whether there may be a driver.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn find_driver(&self) -> Result<(), Unmeasured> {
        let probe = self.probe.as_ref().ok_or(Unmeasured::Off)?;
        Ok(probe.library()?)
    }

    /// Whether one of these servers is this machine, and somebody may measure it.
    pub(crate) fn is_measured(&self, cluster: &Cluster) -> bool {
        self.probe.is_some() && cluster.is_measured_on(|| system::here().host)
    }

    /// What this machine's GPUs do now, and which of these servers has them.
    pub(crate) fn measure(&self, servers: &[Server]) -> Result<(usize, Sample), Unmeasured> {
        let probe = self.probe.as_ref().ok_or(Unmeasured::Off)?;
        let host = system::here().host;
        let server = measured_server(servers, &host).map_err(|why| match why {
            NotMeasured::NoServer => Unmeasured::NoServer { host },
            NotMeasured::Several => Unmeasured::Several { host },
        })?;
        let measuring = &self.config.measuring;
        let sample = Sample {
            devices: probe.measure()?,
            trust_bookkeeping: measuring.trust_bookkeeping,
            idle_memory: measuring.idle_memory,
        };
        Ok((server, sample))
    }

    /// What this machine's GPUs do now, whatever server has them.
    pub(crate) fn devices(&self) -> Result<Devices, Unmeasured> {
        let probe = self.probe.as_ref().ok_or(Unmeasured::Off)?;
        Ok(probe.measure()?)
    }

    /// All that is known from outside: about leases, and GPUs.
    pub(crate) fn all_facts(&self, cluster: &Cluster, now: Timestamp) -> Facts {
        self.all_facts_of(cluster, Judged::All, now)
    }

    /// The same, but about some of those who wait.
    pub(crate) fn all_facts_of(&self, cluster: &Cluster, judged: Judged, now: Timestamp) -> Facts {
        let facts = self.facts_of(cluster, judged, now);
        match self.measure(cluster.servers()) {
            Ok((_, sample)) => Facts {
                host: Some(system::here().host),
                sample: Some(sample),
                ..facts
            },
            Err(_) => facts,
        }
    }

    /// Somebody will measure again soon, or, if not, no longer.
    pub(crate) fn keep_measuring(&self, keep: bool) {
        if let Some(probe) = &self.probe {
            probe.stay(keep);
        }
    }
}
