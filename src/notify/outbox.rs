//! What is to be sent by one channel, and the thread that sends it.

use super::Channel;
use super::message::Message;
use crate::exit_code::Kind;
use crate::journal::{Deed, Event};
use crate::manager::{Manager, now};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a channel may take to break off what it is sending.
const BREAKING_OFF: Duration = Duration::from_secs(1);
/// How many may wait. So much never happens while a mail server is only slow.
const ROOM: usize = 1000;

/// A queue, and whoever empties it.
pub(super) struct Outbox(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    channel: Box<dyn Channel>,
    delays: Vec<Duration>,
    /// Who writes the log.
    manager: Manager,
}

#[derive(Default)]
struct State {
    waiting: Vec<Letter>,
    /// What is being sent just now.
    underway: Option<Letter>,
    /// How many there was no room for since that was last told.
    lost: u64,
    /// From then on nothing more is tried.
    deadline: Option<Instant>,
    /// The thread is gone, or nobody asks for it any longer.
    ended: bool,
    /// The thread is gone.
    is_idle: bool,
}

#[derive(Clone)]
struct Letter {
    message: Arc<Message>,
    /// How often it failed.
    failures: usize,
    due: Instant,
    /// It is not tried again.
    last: bool,
}

/// What the thread does next.
enum Next {
    Send(Arc<Message>),
    TellOfLost(u64),
    End,
}

impl Outbox {
    pub(super) fn open(channel: Box<dyn Channel>, delays: &[Duration], manager: Manager) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            channel,
            delays: delays.to_vec(),
            manager,
        });
        let own = Arc::clone(&shared);
        let started = thread::Builder::new().spawn(move || own.work());
        // Then nothing is sent, and in the end that is logged.
        let mut state = shared.lock();
        (state.ended, state.is_idle) = (started.is_err(), started.is_err());
        drop(state);
        Self(shared)
    }

    /// Never waits for the channel.
    pub(super) fn put(&self, message: Arc<Message>) {
        let mut state = self.0.lock();
        if state.waiting.len() < ROOM {
            state.waiting.push(Letter {
                message,
                failures: 0,
                due: Instant::now(),
                last: false,
            });
        } else {
            state.lost += 1;
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// What waits is tried once more, until then.
    pub(super) fn close(&self, deadline: Instant) {
        self.0.lock().deadline = Some(deadline);
        self.0.changed.notify_all();
    }

    /// Waits for that, and writes to the log what was not sent, and why nobody waits any longer.
    pub(super) fn await_end(&self, deadline: Instant, why: &str) {
        let mut state = self.0.lock();
        while !state.ended && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            state = self.0.wait(state, left);
        }
        // Whatever becomes of what is underway, nobody hears of it any longer.
        state.ended = true;
        let left = state.underway.take().into_iter();
        let left: Vec<_> = left.chain(std::mem::take(&mut state.waiting)).collect();
        let lost = std::mem::take(&mut state.lost);
        if self.0.channel.break_off() {
            let give_up = Instant::now() + BREAKING_OFF;
            while !state.is_idle && Instant::now() < give_up {
                let left = give_up.saturating_duration_since(Instant::now());
                state = self.0.wait(state, left);
            }
        }
        drop(state);
        let lost = (lost > 0).then(|| self.0.lost(lost));
        let unsent = left.iter();
        let unsent = unsent.map(|letter| self.0.unsent(&letter.message, why));
        self.0.manager.note(unsent.chain(lost).collect());
    }
}

impl Shared {
    fn work(&self) {
        loop {
            match self.next() {
                Next::End => {
                    self.lock().is_idle = true;
                    self.changed.notify_all();
                    return;
                }
                Next::TellOfLost(count) => {
                    self.manager.note(vec![self.lost(count)]);
                }
                Next::Send(message) => {
                    let sent = self.channel.send(&message);
                    self.came_back(sent);
                }
            }
        }
    }

    /// Waits for something to do.
    fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.ended || state.deadline.is_some_and(|deadline| deadline <= now) {
                return self.end(state);
            }
            if state.lost > 0 {
                return Next::TellOfLost(std::mem::take(&mut state.lost));
            }
            let first = (0..state.waiting.len()).min_by_key(|place| state.waiting[*place].due);
            let Some(first) = first else {
                if state.deadline.is_some() {
                    return self.end(state);
                }
                state = self.wait_for_news(state);
                continue;
            };
            let due = state.waiting[first].due;
            if due <= now || state.deadline.is_some() {
                let letter = Letter {
                    last: state.deadline.is_some(),
                    ..state.waiting.remove(first)
                };
                state.underway = Some(letter.clone());
                return Next::Send(letter.message);
            }
            state = self.wait(state, due - now);
        }
    }

    fn end(&self, mut state: MutexGuard<'_, State>) -> Next {
        state.ended = true;
        drop(state);
        self.changed.notify_all();
        Next::End
    }

    /// Tries again later, or gives up.
    fn came_back(&self, sent: Result<(), String>) {
        let mut state = self.lock();
        // None if nobody waits for it any longer.
        let (Some(letter), Err(why)) = (state.underway.take(), sent) else {
            return;
        };
        match self.delays.get(letter.failures) {
            Some(delay) if !letter.last => state.waiting.push(Letter {
                failures: letter.failures + 1,
                due: Instant::now() + *delay,
                ..letter
            }),
            _ => {
                drop(state);
                let unsent = self.unsent(&letter.message, &why);
                self.manager.note(vec![unsent]);
            }
        }
    }

    fn unsent(&self, message: &Message, why: &str) -> Event {
        let what = message.kind;
        Event {
            task: message.task.clone(),
            ..failure(format!(
                "{what} was not sent ({}): {why}",
                self.channel.name()
            ))
        }
    }

    fn lost(&self, count: u64) -> Event {
        let name = self.channel.name();
        failure(format!(
            "{count} notices were not sent: too many wait ({name})"
        ))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, at_most: Duration) -> MutexGuard<'s, State> {
        let waited = self.changed.wait_timeout(state, at_most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn wait_for_news<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure(why: String) -> Event {
    Event {
        error: Some(Kind::Io.name().to_owned()),
        ..Event::new(Deed::Notify, now()).because(why)
    }
}
