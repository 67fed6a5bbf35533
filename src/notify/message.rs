//! A notice as it is sent: the sentence for people, and one line of JSON for programs.

use super::Notice;
use crate::allocator::Timestamp;
use crate::manager::{Manager, now};
use crate::system;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts a notice into a sentence: only rendering knows words.
pub(crate) type Words = Arc<dyn Fn(&Notice) -> String + Send + Sync>;

/// On whose behalf is told, and in which words.
pub(crate) struct Context {
    pub(super) manager: Manager,
    words: Words,
    host: String,
}

/// What is sent. It stays the same however often that is tried.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) kind: &'static str,
    pub(super) task: Option<String>,
    pub(super) time: Timestamp,
    pub(super) host: String,
    /// Where the state file is.
    pub(super) state: String,
    /// One sentence, in one line.
    pub(super) text: String,
    /// The event as JSON, with the end of the line.
    pub(super) line: String,
    /// Tells it from every other one of this host.
    pub(super) id: String,
}

/// The event for programs. What has a meaning keeps it; fields are only ever added.
#[derive(Serialize)]
struct Event<'m> {
    event: &'static str,
    time: Timestamp,
    host: &'m str,
    state: &'m str,
    #[serde(flatten)]
    notice: &'m Notice,
    text: &'m str,
}

impl Context {
    /// Tells of that manager's cluster.
    pub(crate) fn new(manager: Manager, words: Words) -> Self {
        Self {
            host: system::here().host,
            manager,
            words,
        }
    }

    pub(super) fn message(&self, notice: &Notice) -> Message {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let time = now();
        let state = self.manager.state_file().to_string_lossy().into_owned();
        let text = (self.words)(notice);
        let event = Event {
            event: notice.kind(),
            time,
            host: &self.host,
            state: &state,
            notice,
            text: &text,
        };
        // Numbers and texts always are JSON.
        let line = serde_json::to_string(&event).unwrap_or_default() + "\n";
        Message {
            kind: notice.kind(),
            task: notice.task().map(str::to_owned),
            time,
            host: self.host.clone(),
            line,
            id: format!("{}.{}.{count}", time.timestamp_micros(), std::process::id()),
            state,
            text,
        }
    }
}
