//! The process that sends a mail, from outside.

use super::{MailTrouble, Order, SEND, server};
use crate::config::Mail;
use crate::notify::child::wait;
use crate::notify::message::Message;
use crate::own_child;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A mail server answers several times, each time within the timeout; all of it may take that many
/// of them.
const ANSWERS: u32 = 3;
/// No result is longer.
const LONGEST: u64 = 1 << 16;

/// Sends it, each answer of the server within that time.
pub(in crate::notify) fn send(
    mail: &Mail,
    message: &Message,
    timeout: Duration,
) -> Result<(), MailTrouble> {
    let within = timeout * ANSWERS;
    let deadline = Instant::now() + within;
    let broke_off = |why: String| MailTrouble::BrokeOff {
        server: server(mail),
        why,
    };
    let order = Order::of(mail, message, timeout);
    let mut mailer = Mailer::start(&order).map_err(|error| broke_off(error.to_string()))?;
    match mailer.result.recv_timeout(within) {
        Ok(result) => {
            // It takes its leave of the server.
            let _ = mailer.end(deadline);
            result
        }
        Err(RecvTimeoutError::Timeout) => {
            let _ = mailer.end(deadline);
            Err(MailTrouble::Late {
                server: server(mail),
                within,
            })
        }
        Err(RecvTimeoutError::Disconnected) => {
            let ended = mailer.end(deadline);
            Err(broke_off(ended.unwrap_or_else(|| "it ended".to_owned())))
        }
    }
}

/// A process that sends one mail.
struct Mailer {
    child: Child,
    result: Receiver<Result<(), MailTrouble>>,
    /// Holds its standard input open: once that is closed, it ends.
    _order: JoinHandle<ChildStdin>,
}

impl Mailer {
    fn start(order: &Order) -> io::Result<Self> {
        let line = serde_json::to_string(order)? + "\n";
        let (child, mut input, output) = own_child::start(SEND)?;
        let order = thread::spawn(move || {
            // Whether it takes it shows in what it answers.
            let _ = input.write_all(line.as_bytes());
            input
        });
        Ok(Self {
            child,
            result: listen(output),
            _order: order,
        })
    }

    /// Waits for its end until then, which is the latest. How that was, if it is known.
    fn end(&mut self, deadline: Instant) -> Option<String> {
        if let Some(ended) = wait(&mut self.child, deadline) {
            return ended.map(|status| status.to_string());
        }
        let _ = self.child.kill();
        let status = self.child.wait();
        status.ok().map(|status| status.to_string())
    }
}

fn listen(output: ChildStdout) -> Receiver<Result<(), MailTrouble>> {
    let (sender, result) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(output.take(LONGEST)).read_line(&mut line);
        if read.is_ok()
            && let Ok(result) = serde_json::from_str(&line)
        {
            // Nobody listens to one that is late.
            let _ = sender.send(result);
        }
    });
    result
}
