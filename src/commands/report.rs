//! `--report`: sums over the log.

use crate::allocator::Cluster;
use crate::error::Error;
use crate::journal::{Span, report};
use crate::manager::{Manager, now};
use crate::outcome::Summed;
use chrono::TimeDelta;

impl Manager {
    /// Who held and used how much, and waited how long, in that time until now, as far as the log
    /// goes back. Waits for nobody, changes nothing.
    ///
    /// # Errors
    /// The log or the state cannot be read.
    pub(crate) fn report(&self, since: Option<TimeDelta>) -> Result<Summed, Error> {
        // Before the state is read: what is logged later was still held then.
        let now = now();
        let since = since.and_then(|since| now.checked_sub_signed(since));
        let span = Span { since, now };
        let loaded = self.store.load()?;
        let cluster = loaded.unwrap_or_else(|| Cluster::fresh(&self.config.cluster));
        let events = self.journal.read(|_| true);
        let events = events.map_err(|source| self.unreadable_log(source))?;
        let events = events.unwrap_or_default();
        Ok(Summed {
            span,
            first: events.first().map(|event| event.time),
            report: report(&events, &cluster, span),
        })
    }
}
