//! `--check-config`: what a config means.

use crate::allocator::{Cluster, Device, Reading};
use crate::config::Config;
use crate::error::Error;
use crate::manager::Manager;
use crate::outcome::{Checked, Outcome, StateFile, Totals};
use std::path::Path;

/// What a JSON config of the manager guide's is in TOML.
pub(crate) fn translate(file: &Path) -> Result<Outcome, Error> {
    Ok(Outcome::Translated(Config::translate(file)?))
}

impl Manager {
    /// The settings in use, and how the state compares with them. A state that cannot be read is
    /// not the config's fault, and for other actions to tell.
    pub fn check_config(&self) -> Checked {
        let present = self.store.load().ok().flatten();
        // Without a config the state goes its own way.
        let own = present.as_ref().filter(|_| self.config.path.is_none());
        let described = own
            .cloned()
            .unwrap_or_else(|| Cluster::fresh(&self.described_or_default()));
        let servers = present.as_ref().unwrap_or(&described).servers();
        let found = self.devices();
        let measured = found.and_then(|_| self.measure(servers));
        let measured = measured.map(|(server, sample)| {
            let server = &servers[server];
            let readable = |devices: Vec<Reading<Device>>| {
                let own = devices.into_iter().take(server.total_gpus as usize);
                own.filter(Result::is_ok).count()
            };
            (server.name.clone(), sample.devices.map(readable))
        });
        let state = StateFile {
            detected: self.is_detected(&described),
            open_to_others: self.paths.open_to_others(),
            ..self.state(self.config_differs())
        };
        Checked {
            config: self.config.path.clone(),
            state,
            initialized: self.state_file().exists(),
            local_locks: self.paths.local_locks(),
            allow_local_locks: self.config.allow_local_locks,
            lock_timeout: self.config.lock_timeout,
            servers: described.servers().to_vec(),
            totals: Totals::of(described.servers()),
            limits: self.config.limits,
            task_prefix: self.config.task_prefix.clone(),
            program: self.config.program.clone(),
            monitoring: self.config.monitoring.clone(),
            notification: self.config.notification.clone(),
            log: self.config.log,
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
