//! `--check-config`: what a config means.

use crate::allocator::Cluster;
use crate::manager::Manager;
use crate::outcome::{Checked, Totals};

impl Manager {
    /// The settings in use, and how the state compares with them. A state that cannot be read is
    /// not the config's fault, and for other actions to tell.
    pub fn check_config(&self) -> Checked {
        let described = Cluster::fresh(&self.config.cluster);
        let found = self.devices();
        let measured = found.and_then(|_| self.measure(described.servers()));
        let measured = measured.map(|(server, sample)| {
            let name = described.servers()[server].name.clone();
            (name, sample.devices.map(|devices| devices.len()))
        });
        let state = self.state(self.config_differs());
        Checked {
            config: self.config.path.clone(),
            state,
            initialized: self.state_file().exists(),
            lock_timeout: self.config.lock_timeout,
            servers: described.servers().to_vec(),
            totals: Totals::of(described.servers()),
            limits: self.config.limits,
            measured,
            variables: self
                .config
                .environment
                .variables
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }
}
