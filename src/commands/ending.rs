//! The end of a run: all that belongs to it is asked to end, killed after its grace, and looked at until
//! nothing of it lives.

use crate::system;
use std::io;
use std::time::{Duration, Instant};

/// How soon after a step the processes are looked at first.
const SOON: Duration = Duration::from_millis(10);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a killed process may take to be gone.
const DYING: Duration = Duration::from_secs(5);

/// How far an end has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not begun.
    Running,
    /// All were asked to end then.
    Told(Instant),
    /// They were first killed then.
    Killed(Instant),
    /// Some live on although they were killed, or must not be.
    Stuck,
}

/// A step that is worth a message, with the processes it is about.
#[derive(Debug)]
pub(super) enum Step {
    /// These did not end in time, and were killed.
    Killed(Vec<u32>),
    /// These cannot be ended.
    Stuck(Vec<u32>),
}

/// The end of one run.
pub(super) struct Ending {
    grace: Duration,
    stage: Stage,
    /// When all were last asked to end.
    told: Option<Instant>,
    has_killed: bool,
    pause: Duration,
    advanced: Instant,
}

impl Ending {
    /// One that has not begun, with that much time between TERM and KILL.
    pub(super) fn after(grace: Duration) -> Self {
        Self {
            grace,
            stage: Stage::Running,
            told: None,
            has_killed: false,
            pause: SOON,
            advanced: Instant::now(),
        }
    }

    /// The time between TERM and KILL, in seconds.
    pub(super) fn grace(&self) -> i64 {
        i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.stage != Stage::Running
    }

    /// Whether it waits for processes that cannot be ended.
    pub(super) fn is_stuck(&self) -> bool {
        self.stage == Stage::Stuck
    }

    /// The run goes on after all. False if something of it was killed: then the end goes on.
    pub(super) fn call_off(&mut self) -> bool {
        if !self.has_killed {
            self.enter(Stage::Running);
        }
        !self.has_killed
    }

    /// Whether a process that ends now may do so because it was asked to.
    pub(super) fn may_be_obeyed(&self) -> bool {
        self.told.is_some_and(|told| told.elapsed() < self.grace)
    }

    /// How long it is until the next step; `None` if it has not begun.
    pub(super) fn next_step(&self) -> Option<Duration> {
        let since_last = self.advanced.elapsed();
        match self.stage {
            Stage::Running => None,
            Stage::Told(since) => Some(self.grace.saturating_sub(since.elapsed())),
            Stage::Killed(_) | Stage::Stuck => Some(self.pause().saturating_sub(since_last)),
        }
    }

    /// Whether it has begun, and the next step is due.
    pub(super) fn is_due(&self) -> bool {
        self.next_step().is_some_and(|left| left.is_zero())
    }

    /// How long to wait before the next look at what lives: longer after each.
    pub(super) fn pause(&self) -> Duration {
        match self.stage {
            Stage::Running | Stage::Killed(_) => self.pause,
            Stage::Told(since) => {
                let left = self.grace.saturating_sub(since.elapsed());
                self.pause.min(left.max(SOON))
            }
            Stage::Stuck => LONGEST_PAUSE,
        }
    }

    /// Begins the end if it has not begun, and otherwise does what is due for the processes that live.
    pub(super) fn advance(&mut self, living: &[u32]) -> Option<Step> {
        self.advanced = Instant::now();
        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        match self.stage {
            Stage::Running => {
                self.told = Some(Instant::now());
                self.enter(Stage::Told(Instant::now()));
                match end(living, false) {
                    Ended::Refused => self.stuck(living),
                    Ended::Signalled(_) => None,
                }
            }
            Stage::Told(since) if since.elapsed() < self.grace => None,
            Stage::Told(_) => match end(living, true) {
                Ended::Refused => self.stuck(living),
                Ended::Signalled(killed) => {
                    self.has_killed = true;
                    self.enter(Stage::Killed(Instant::now()));
                    Some(Step::Killed(killed))
                }
            },
            Stage::Killed(since) => match end(living, true) {
                Ended::Signalled(_) if since.elapsed() < DYING => None,
                Ended::Signalled(_) | Ended::Refused => self.stuck(living),
            },
            Stage::Stuck => {
                // What it started since then may be ended.
                self.has_killed |= matches!(end(living, true), Ended::Signalled(_));
                None
            }
        }
    }

    fn stuck(&mut self, living: &[u32]) -> Option<Step> {
        self.enter(Stage::Stuck);
        Some(Step::Stuck(living.to_vec()))
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.pause = SOON;
    }
}

/// What came of asking or making processes end.
enum Ended {
    /// The system lets this user signal none of them.
    Refused,
    /// These were signalled.
    Signalled(Vec<u32>),
}

fn end(living: &[u32], at_once: bool) -> Ended {
    let mut is_refused = !living.is_empty();
    let mut signalled = Vec::new();
    for pid in living {
        match system::end(*pid, at_once) {
            Ok(()) => signalled.push(*pid),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
            // It has ended meanwhile.
            Err(_) => {}
        }
        is_refused = false;
    }
    if is_refused {
        Ended::Refused
    } else {
        Ended::Signalled(signalled)
    }
}
