//! The manager: v0.1's API in Rust. Each of its actions is a file in [`crate::commands`].

use crate::allocator::{Actor, Cluster, Name, Timestamp};
use crate::config::Config;
use crate::error::Error;
use crate::gpus::Probe;
use crate::journal::{Event, Journal};
use crate::leases::Leases;
use crate::progress::{Observer, Progress};
use crate::store::{FileStore, StatePaths, StateStore, WaitNotice};
use crate::system;
use chrono::{DateTime, Local, Utc};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// The first day of the year 1001, in microseconds.
const FIRST_MOMENT: i64 = -30_578_688_000_000_000;
/// The first day of the year 9001.
const LAST_MOMENT: i64 = 221_876_928_000_000_000;

/// One cluster, opened on a config: allocates for whom a request names, releases for the current
/// user.
///
/// It goes by the books alone: only the command line asks the driver which GPUs are free in fact.
///
/// Nothing is cached: each call reads the state file, so any number of managers, processes and
/// v0.1 scripts may work on it at once. A call that timed out waiting for the lock leaves a thread
/// behind that still waits, and gives the lock back as soon as it has it.
#[derive(Clone)]
pub struct Manager {
    pub(crate) config: Config,
    pub(crate) paths: StatePaths,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) leases: Leases,
    force: bool,
    observer: Option<Observer>,
    pub(crate) probe: Option<Probe>,
    pub(crate) journal: Journal,
    /// Looked up once: the system's database of users may be far away.
    user: Arc<OnceLock<Option<String>>>,
}

impl Manager {
    /// A manager on this config file, or on the one that [`Config::find`] finds.
    ///
    /// # Errors
    /// The config is missing or wrong.
    pub fn open(config: Option<&Path>) -> Result<Self, Error> {
        Self::new(Config::find(config)?)
    }

    /// A manager with these settings, acting for the current user.
    ///
    /// # Errors
    /// The state path leads nowhere.
    pub fn new(config: Config) -> Result<Self, Error> {
        let paths = StatePaths::of(&config.state_file)?;
        let leases = Leases::beside(&paths, config.allow_local_locks);
        let journal = Journal::beside(&paths, config.log);
        let store = FileStore::at(paths.clone(), config.lock_timeout);
        let store = store.allow_local_locks(config.allow_local_locks);
        Ok(Self {
            config,
            paths,
            store: Arc::new(store),
            leases,
            journal,
            user: Arc::default(),
            force: false,
            observer: None,
            probe: None,
        })
    }

    /// Acts on other users' tasks, too.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Calls this once in each action that waits for the lock for more than a second.
    #[must_use]
    pub fn on_wait(mut self, notice: WaitNotice) -> Self {
        let store = FileStore::at(self.paths.clone(), self.config.lock_timeout);
        let store = store.allow_local_locks(self.config.allow_local_locks);
        self.store = Arc::new(store.on_wait(notice));
        self
    }

    /// Calls this with what happens while an action takes its time.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Tells nobody.
    #[must_use]
    pub(crate) fn unobserved(self) -> Self {
        Self {
            observer: None,
            ..self
        }
    }

    /// Measures GPUs, in another process of this program, which must be gpumgr itself.
    #[must_use]
    pub(crate) fn measuring(mut self, library_path: Option<OsString>) -> Self {
        self.probe = Some(Probe::new(&self.config.measuring, library_path));
        self
    }

    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        if let Some(observer) = &self.observer {
            observer(progress);
        }
    }

    /// Writes to the log what was done, or was refused, by this user here. Whatever keeps it from being
    /// written, what was done is done.
    pub(crate) fn note(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let _ = self.journal.write(&self.scribe().signed(events));
        }
    }

    /// Counts what was refused or failed, if there is a state that it could have changed: who has none
    /// makes no file.
    pub(crate) fn note_failed(&self, event: Event) {
        let state = std::fs::metadata(self.state_file());
        if state.is_ok_and(|state| state.is_file()) {
            let signed = self.scribe().signed(vec![event]);
            // The answer was given; a count may be missing.
            let _ = signed
                .iter()
                .try_for_each(|event| self.journal.count_refusal(event));
        }
    }

    /// Who writes to the log, known before a lock is taken.
    pub(crate) fn scribe(&self) -> Scribe {
        Scribe {
            journal: self.journal.clone(),
            user: self.user().ok().flatten(),
            host: system::host(),
        }
    }

    /// The user that the system says this is: give it to
    /// [`Request::owned_by`](crate::allocator::Request::owned_by) for a task that is to have an owner.
    ///
    /// # Errors
    /// The system does not say at this moment.
    pub fn user(&self) -> Result<Option<String>, Error> {
        if let Some(known) = self.user.get() {
            return Ok(known.clone());
        }
        let user = system::user().map_err(Error::UnknownUser)?;
        Ok(self.user.get_or_init(|| user).clone())
    }

    pub(crate) fn actor(&self) -> Result<Actor, Error> {
        Ok(Actor {
            user: self.user()?,
            force: self.force,
            is_root: system::is_root(),
        })
    }

    /// What a new task of this name is called: with `task_prefix` before it, unless it begins so
    /// already. Those that are there are found by both, as [`find_by_name`](crate::allocator::find_by_name)
    /// says.
    ///
    /// # Errors
    /// That would be too long.
    pub fn full_name(&self, task: &Name) -> Result<Name, Error> {
        let Some(prefix) = &self.config.task_prefix else {
            return Ok(task.clone());
        };
        task.prefixed(prefix).map_err(|_| Error::LongName {
            task: task.clone(),
            prefix: prefix.clone(),
        })
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The state file: absolute, links resolved.
    pub fn state_file(&self) -> &Path {
        &self.paths.state
    }

    /// Whether the config describes another cluster than the state holds, as far as that can be
    /// read: then [`Manager::init`] would change something.
    pub fn config_differs(&self) -> bool {
        let present = self.store.load().ok().flatten();
        present.is_some_and(|cluster| self.differs(&cluster))
    }

    /// Whether this cluster was made of what was detected.
    pub(crate) fn is_detected(&self, cluster: &Cluster) -> bool {
        let mut servers = cluster.servers().iter();
        self.config.path.is_none() && servers.any(|server| !server.cards.uuids.is_empty())
    }

    /// Whether a config says something else than this cluster is.
    pub(crate) fn differs(&self, cluster: &Cluster) -> bool {
        self.config.path.is_some() && !cluster.is_as_described(&self.config.cluster)
    }
}

/// Writes events to the log in the name of one user on one machine.
pub(crate) struct Scribe {
    journal: Journal,
    user: Option<String>,
    host: String,
}

impl Scribe {
    /// Writes them while the state is locked. A failure of that fails nothing.
    pub(crate) fn note_under_lock(&self, events: Vec<Event>) {
        let _ = self.journal.write_under_lock(&self.signed(events));
    }

    fn signed(&self, events: Vec<Event>) -> Vec<Event> {
        let state = self.journal.state();
        let signed = events.into_iter().map(|event| Event {
            user: self.user.clone(),
            host: self.host.clone(),
            state: state.map(str::to_owned),
            ..event
        });
        signed.collect()
    }
}

/// The one place that asks for the time.
#[allow(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn now() -> Timestamp {
    moment(SystemTime::now())
        .with_timezone(&Local)
        .fixed_offset()
}

/// The moment that the clock shows, as exact as it is written down. A clock that is off by millennia
/// counts as at the first or last moment to which every span that gpumgr knows can be added.
fn moment(clock: SystemTime) -> DateTime<Utc> {
    let micros = match clock.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |until| -until)
        }
    };
    let micros = micros.clamp(FIRST_MOMENT, LAST_MOMENT);
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shown(clock: SystemTime) -> String {
        moment(clock).to_rfc3339()
    }

    #[test]
    fn clock_before_1970_is_read() {
        let before = |span| UNIX_EPOCH.checked_sub(span).unwrap();
        assert_eq!(
            shown(before(Duration::from_micros(1))),
            "1969-12-31T23:59:59.999999+00:00"
        );
        assert_eq!(
            shown(before(Duration::from_secs(1 << 31))),
            "1901-12-13T20:45:52+00:00"
        );
        // Windows counts from 1601 on.
        if let Some(clock) = UNIX_EPOCH.checked_sub(Duration::from_secs(1 << 40)) {
            assert_eq!(shown(clock), "1001-01-01T00:00:00+00:00");
        }
    }

    #[test]
    fn clock_is_read_as_exactly_as_it_is_written() {
        let after = |nanos| UNIX_EPOCH.checked_add(Duration::from_nanos(nanos)).unwrap();
        assert_eq!(shown(after(1_999)), "1970-01-01T00:00:00.000001+00:00");
    }

    #[test]
    fn far_future_leaves_room_for_the_longest_ttl() {
        let far = UNIX_EPOCH
            .checked_add(Duration::from_secs(1 << 38))
            .unwrap();
        assert_eq!(shown(far), "9001-01-01T00:00:00+00:00");
    }
}
