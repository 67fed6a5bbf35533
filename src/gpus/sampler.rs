//! The process that runs the driver's library, from outside.

use super::answers::{Answers, Line, Trouble, crashed, gather, lines};
use super::{NoDriver, SERVE};
use crate::allocator::{Reading, Unreadable};
use crate::own_child;
use std::io::{self, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// With so many on their way out, their device hangs, and another one's would as well.
const MOST_LEAVING: usize = 8;
/// How long one that was killed may take to be gone.
const DYING: Duration = Duration::from_millis(100);

/// A sampler, while there is one.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    running: Option<Running>,
    /// Those that were told to end, and have not yet: they wake cards up, or hang.
    leaving: Vec<Child>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<Line>,
}

impl Sampler {
    /// What the devices answer within that time.
    pub(super) fn measure(&mut self, timeout: Duration) -> Result<Reading<Answers>, NoDriver> {
        let deadline = Instant::now() + timeout;
        self.bury();
        if self.leaving.len() >= MOST_LEAVING {
            return Ok(Err(Unreadable::Late));
        }
        let mut running = match self.running.take().map_or_else(Running::start, Ok) {
            Ok(running) => running,
            Err(error) => return Ok(Err(Unreadable::Failed(error.to_string()))),
        };
        match running.ask(deadline) {
            Ok(answers) => {
                self.running = Some(running);
                Ok(Ok(answers))
            }
            Err(Trouble::NoDriver(why)) => {
                self.kill(running.child);
                Err(NoDriver(why))
            }
            Err(Trouble::Nothing(why)) => {
                self.leave(running);
                Ok(Err(why))
            }
            Err(Trouble::Partly(answers)) => {
                self.leave(running);
                Ok(Ok(answers))
            }
        }
    }

    /// Nobody will ask again.
    pub(super) fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.kill(running.child);
        }
    }

    /// What is late ends by itself, once nobody can ask it any longer.
    fn leave(&mut self, running: Running) {
        self.leaving.push(running.child);
    }

    fn kill(&mut self, mut child: Child) {
        // It has nothing to lose.
        let _ = child.kill();
        let given_up = Instant::now() + DYING;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= given_up {
                self.leaving.push(child);
                return;
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    fn bury(&mut self) {
        let lives = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        self.leaving.retain_mut(lives);
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let (mut child, questions, output) = own_child::start(SERVE)?;
        match listen(output) {
            Ok(answers) => Ok(Self {
                child,
                questions,
                answers,
            }),
            Err(error) => {
                // Killed, it is gone at once.
                let _ = child.kill().and_then(|()| child.wait());
                Err(error)
            }
        }
    }

    fn ask(&mut self, deadline: Instant) -> Result<Answers, Trouble> {
        let asked = self.questions.write_all(b"\n");
        asked.map_err(|error| {
            Trouble::Nothing(match error.kind() {
                io::ErrorKind::BrokenPipe => crashed(),
                _ => Unreadable::Failed(error.to_string()),
            })
        })?;
        gather(|| self.next(deadline))
    }

    fn next(&self, deadline: Instant) -> Result<Line, RecvTimeoutError> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.answers.recv_timeout(left)
    }
}

/// What it says, line by line.
fn listen(output: ChildStdout) -> io::Result<Receiver<Line>> {
    let (sender, answers) = channel();
    thread::Builder::new().spawn(move || {
        for line in lines(BufReader::new(output)) {
            if sender.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(answers)
}
