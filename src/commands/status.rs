//! `--status` and `--detail`: what is there, read without a lock.

use crate::allocator::{Cluster, Refusal, Server, apply_sample, expire};
use crate::error::Error;
use crate::manager::{Manager, now};
use crate::outcome::{Status, Totals};

impl Manager {
    /// All servers and their tasks: v0.1's detailed status.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        self.look(|cluster| Ok(cluster.into_servers().into_iter().enumerate().collect()))
    }

    /// One server and its tasks, by name, else by ID.
    ///
    /// # Errors
    /// There is no such server, or the state cannot be read.
    pub fn status_of(&self, server: &str) -> Result<Status, Error> {
        self.look(|cluster| {
            let id = cluster
                .find_server(server)
                .ok_or_else(|| Refusal::unknown_server(server, &cluster))?;
            Ok(vec![(id, cluster.into_servers().swap_remove(id))])
        })
    }

    /// The counts: v0.1's resource summary.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn summary(&self) -> Result<Totals, Error> {
        Ok(self.status()?.totals)
    }

    fn look(
        &self,
        choose: impl FnOnce(Cluster) -> Result<Vec<(usize, Server)>, Refusal>,
    ) -> Result<Status, Error> {
        let loaded = self.store.load()?;
        let initialized = loaded.is_some();
        let mut cluster = loaded.unwrap_or_else(|| Cluster::fresh(&self.described_or_default()));
        let now = now();
        let facts = self.all_facts(&cluster, now);
        let ended = expire(&mut cluster, &facts);
        apply_sample(&mut cluster, &facts);
        let measured = facts.measured(cluster.servers());
        let measured = measured.map(|(server, sample)| (server, sample.clone()));
        let state = self.state(self.differs(&cluster));
        let waiting = cluster.queue().iter().filter(|waiter| !waiter.cancelled);
        let waiting = waiting.count();
        let unattended = self.unattended(&cluster);
        let servers = choose(cluster)?;
        Ok(Status {
            config: self.config.path.clone(),
            state,
            initialized,
            totals: Totals::of(servers.iter().map(|(_, server)| server)),
            waiting,
            servers,
            ended,
            unattended,
            measured,
            idle_warning: self.config.limits.idle_warning,
            now,
        })
    }
}
