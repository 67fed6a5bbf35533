//! Notifications: who is told of what happens, by mail and by a command.
//!
//! Whoever has something to tell never waits: a [`Notifier`] queues it, and each way to tell has a
//! thread and a queue of its own, so that a dead mail server holds nobody up, not even the command.
//! What could not be sent is tried again, and in the end written to the log of all changes.

mod child;
mod command;
mod mail;
mod message;
mod notice;
mod outbox;
mod tested;

pub use command::CommandTrouble;
pub use mail::MailTrouble;
pub(crate) use mail::{SEND, serve};
pub(crate) use message::{Context, Words};
pub(crate) use notice::Notice;
pub use tested::Tested;

use crate::config::{Mail, Notification};
use message::Message;
use outbox::Outbox;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long after each failure it is tried again.
const DELAYS: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];
/// What is left for a last try to whoever forgets to [`Notifier::finish`].
const PARTING: Duration = Duration::from_secs(2);

/// One way to tell somebody.
trait Channel: Send + Sync + 'static {
    /// For the log.
    fn name(&self) -> String;

    /// Tells it, or says why not.
    fn send(&self, message: &Message) -> Result<(), String>;

    /// Breaks off what is being sent. False if that ends by itself with this process.
    fn break_off(&self) -> bool {
        false
    }
}

/// Tells, without ever keeping anybody waiting.
pub(crate) struct Notifier {
    context: Context,
    outboxes: Vec<Outbox>,
}

impl Notifier {
    /// One that tells by all ways that are set up.
    pub(crate) fn start(notification: &Notification, context: Context) -> Self {
        let timeout = notification.timeout;
        let mail = notification
            .mail
            .clone()
            .map(|mail| ByMail { mail, timeout });
        let words = &notification.command;
        let command = (!words.is_empty()).then(|| ByCommand {
            words: words.clone(),
            timeout,
            stop: AtomicBool::new(false),
        });
        let mail = mail.map(|mail| Box::new(mail) as Box<dyn Channel>);
        let command = command.map(|command| Box::new(command) as Box<dyn Channel>);
        let channels = mail.into_iter().chain(command).collect();
        Self::with(channels, &DELAYS, context)
    }

    fn with(channels: Vec<Box<dyn Channel>>, delays: &[Duration], context: Context) -> Self {
        let open = |channel| Outbox::open(channel, delays, context.manager.clone());
        Self {
            outboxes: channels.into_iter().map(open).collect(),
            context,
        }
    }

    /// Tells this as soon as may be. Returns at once.
    pub(crate) fn tell(&self, notice: &Notice) {
        let message = Arc::new(self.context.message(notice));
        for outbox in &self.outboxes {
            outbox.put(Arc::clone(&message));
        }
    }

    /// Tries once more, within that time, what is not sent yet; the rest is written to the log. For
    /// whoever ends.
    pub(crate) fn finish(mut self, within: Duration) {
        self.end(within, "gpumgr ended before");
    }

    /// The same for whoever goes on by other settings: returns at once, and it goes on behind. If
    /// gpumgr is to end meanwhile, that is to be waited for, so that nothing is lost unlogged.
    pub(crate) fn finish_behind(mut self, within: Duration) -> Finishing {
        let finish = move || self.end(within, "the settings changed before");
        // Where there is no room for a thread, it is done here when the closure is dropped.
        Finishing(thread::Builder::new().spawn(finish).ok())
    }

    fn end(&mut self, within: Duration, why: &str) {
        let deadline = Instant::now() + within;
        let outboxes = std::mem::take(&mut self.outboxes);
        for outbox in &outboxes {
            outbox.close(deadline);
        }
        for outbox in &outboxes {
            outbox.await_end(deadline, why);
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.end(PARTING, "nobody waited for it any longer");
    }
}

/// A notifier that is on its way out, as [`Notifier::finish_behind`] says.
pub(crate) struct Finishing(Option<JoinHandle<()>>);

impl Finishing {
    /// Waits for the end of it, which is no later than it was to be.
    pub(crate) fn wait(self) {
        if let Some(finishing) = self.0 {
            // It never panics.
            let _ = finishing.join();
        }
    }

    /// Whether there is nothing left to wait for.
    pub(crate) fn is_done(&self) -> bool {
        self.0.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// Tells this now, once, by all ways that are set up, and says what came of each.
pub(crate) fn send_now(notification: &Notification, notice: &Notice, context: &Context) -> Tested {
    let message = context.message(notice);
    let timeout = notification.timeout;
    let words = &notification.command;
    thread::scope(|scope| {
        let mailing = notification.mail.as_ref().map(|mail| {
            let sending = scope.spawn(|| mail::send(mail, &message, timeout));
            (mail.to.clone(), sending)
        });
        let command = (!words.is_empty()).then(|| {
            let stop = AtomicBool::new(false);
            let ran = command::run(words, &message.line, timeout, &stop);
            (program(words).to_owned(), ran)
        });
        let mail = mailing.map(|(to, sending)| {
            let sent = sending.join();
            (to, sent.unwrap_or_else(|panic| resume_unwind(panic)))
        });
        Tested { mail, command }
    })
}

struct ByMail {
    mail: Mail,
    timeout: Duration,
}

impl Channel for ByMail {
    fn name(&self) -> String {
        format!("mail to {}", self.mail.to)
    }

    fn send(&self, message: &Message) -> Result<(), String> {
        mail::send(&self.mail, message, self.timeout).map_err(|trouble| trouble.to_string())
    }
}

struct ByCommand {
    words: Vec<String>,
    timeout: Duration,
    /// The command that runs is to be killed.
    stop: AtomicBool,
}

impl Channel for ByCommand {
    fn name(&self) -> String {
        format!("command {}", program(&self.words))
    }

    fn send(&self, message: &Message) -> Result<(), String> {
        let ran = command::run(&self.words, &message.line, self.timeout, &self.stop);
        ran.map_err(|trouble| trouble.to_string())
    }

    fn break_off(&self) -> bool {
        self.stop.store(true, Ordering::Relaxed);
        true
    }
}

/// Only that is ever shown: what follows may hold the key of a webhook.
fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

#[cfg(test)]
mod tests;
