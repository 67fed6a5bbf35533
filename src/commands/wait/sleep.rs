//! When a waiter looks by itself, and what it keeps while it sleeps.
//!
//! Among the first of its machine it looks at each change, and keeps what it saw. Further behind it is
//! woken when that matters. It looks by itself the less often the more a look costs all of them, and
//! watches whether there is a housekeeper.

use super::Line;
use crate::leases::HeldLease;
use crate::manager::now;
use crate::system;
use std::time::{Duration, Instant};

/// How often the housekeeper looks after all who wait on its machine.
pub(super) const ROUND: Duration = Duration::from_millis(450);
/// How often the next ones look whether it still does.
const STAND_BY: Duration = Duration::from_millis(900);
/// How many those are, with the housekeeper.
pub(super) const STANDING_BY: usize = 3;
/// How often the first waiter behind them looks for a housekeeper. Each waiter further behind looks
/// `WATCH_LATER` less often than the one before it.
const WATCH: Duration = Duration::from_secs(4);
const WATCH_LATER: Duration = Duration::from_millis(20);
/// How often they look at the state by themselves, at most and at least.
const LEAST_REST: Duration = Duration::from_secs(2);
const MOST_REST: Duration = Duration::from_secs(120);
/// The looks of all waiters together take at most one fiftieth of one core.
const SHARE: u32 = 50;

/// The rhythm of one waiter.
pub(super) struct Sleep {
    /// Whether others can wake it.
    pub(super) is_woken: bool,
    /// How many wait on this machine before it.
    rank: usize,
    /// Whether it was the last to keep house.
    pub(super) keeps_house: bool,
    /// How long it rests between two looks.
    rest: Duration,
    /// Whether it is to look at once.
    is_due: bool,
    looked: Instant,
    ticked: Instant,
    unreadable: Option<Instant>,
    /// Whether its lease file says that it sleeps.
    is_noted: bool,
}

impl Sleep {
    pub(super) fn new() -> Self {
        Self {
            is_woken: true,
            rank: 0,
            keeps_house: false,
            rest: LEAST_REST,
            is_due: true,
            looked: Instant::now(),
            ticked: Instant::now(),
            unreadable: None,
            is_noted: false,
        }
    }

    /// Whether it is among the first of its machine, or keeps house, or nobody wakes it.
    pub(super) fn is_near(&self) -> bool {
        self.keeps_house || self.rank < STANDING_BY || !self.is_woken
    }

    /// Whether it is to look at the state now, if that changed.
    pub(super) fn is_due(&self) -> bool {
        self.is_due || self.is_near() || self.looked.elapsed() >= self.rest
    }

    pub(super) fn wake(&mut self) {
        self.is_due = true;
    }

    pub(super) fn looked_at_nothing(&mut self) {
        self.is_due = false;
        self.looked = Instant::now();
    }

    /// From now on it acts on what it sees, so that its grant is not withdrawn if it is stopped.
    pub(super) fn begin_look(&mut self, held: &HeldLease) {
        self.note(held, false);
        self.looked_at_nothing();
    }

    pub(super) fn end_look(&mut self, rank: usize, waiting: usize) {
        self.unreadable = None;
        self.rank = rank;
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let all = self.looked.elapsed().saturating_mul(waiting);
        self.rest = all.saturating_mul(SHARE).clamp(LEAST_REST, MOST_REST);
    }

    /// Whether the state could not be read for that long. It is soon looked at again.
    pub(super) fn is_unreadable_for(&mut self, long: Duration) -> bool {
        self.rest = LEAST_REST;
        let since = *self.unreadable.get_or_insert_with(Instant::now);
        let is_long = since.elapsed() >= long;
        if is_long {
            self.unreadable = None;
        }
        is_long
    }

    /// Whether it is time to look after others, or whether there is a housekeeper.
    pub(super) fn ticks(&mut self) -> bool {
        let ticks = self.ticked.elapsed() >= self.tick();
        if ticks {
            self.ticked = Instant::now();
        }
        ticks
    }

    fn tick(&self) -> Duration {
        if self.keeps_house || self.rank == 0 || !self.is_woken {
            ROUND
        } else if self.rank < STANDING_BY {
            STAND_BY
        } else {
            let behind = u32::try_from(self.rank).unwrap_or(u32::MAX);
            (WATCH_LATER.saturating_mul(behind) + WATCH).min(MOST_REST)
        }
    }

    fn left(&self) -> Duration {
        let tick = self.tick().saturating_sub(self.ticked.elapsed());
        if self.is_near() {
            tick
        } else {
            tick.min(self.rest.saturating_sub(self.looked.elapsed()))
        }
    }

    fn note(&mut self, held: &HeldLease, sleeps: bool) {
        if self.is_noted != sleeps {
            // What cannot be noted is not withdrawn.
            self.is_noted = held.note_sleep(sleeps).is_ok() && sleeps;
        }
    }
}

impl Line<'_> {
    /// Keeps of the state only what is needed before the next look.
    pub(super) fn fall_asleep(&mut self) {
        self.sleep.note(self.held, true);
        if !self.sleep.is_near() && self.seen.is_some() {
            self.seen = None;
            self.measured = None;
            system::give_memory_back();
        }
    }

    pub(super) fn next_event(&self) -> Duration {
        let left = self.sleep.left();
        let end = self
            .until
            .map(|until| (until - now()).to_std().unwrap_or_default());
        end.map_or(left, |end| end.min(left))
    }
}
