//! A running v0.1: `v01.py`, told what to do line by line.

use crate::crowd::Grant;
use crate::support::{Lab, skipped};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// One v0.1 process in a lab.
pub(crate) struct V01 {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl V01 {
    /// None, said on stderr, on a machine without Python.
    pub(crate) fn start(lab: &Lab) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/v01.py");
        let started = lab
            .isolate(Command::new("python3").arg(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = match started {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skipped("there is no python3");
                return None;
            }
            started => started.unwrap(),
        };
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Some(Self {
            process,
            commands,
            answers,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// None if there is no room.
    pub(crate) fn allocate(&mut self, task: &str, gpus: u32, cpus: u32) -> Option<Grant> {
        let answer = self.ask(&format!("allocate {task} {gpus} {cpus}"));
        if answer == "full" {
            return None;
        }
        let words: Vec<_> = answer.split(' ').collect();
        let ["granted", server, granted] = words[..] else {
            panic!("v0.1 on {task}: {answer:?}");
        };
        Some(Grant {
            server: server.to_owned(),
            gpus: granted.split(',').map(|id| id.parse().unwrap()).collect(),
        })
    }

    pub(crate) fn release(&mut self, task: &str) {
        assert_eq!(self.ask(&format!("release {task}")), "released", "{task}");
    }

    pub(crate) fn hold_lock(&mut self) {
        assert_eq!(self.ask("hold"), "held");
    }

    pub(crate) fn drop_lock(&mut self) {
        assert_eq!(self.ask("drop"), "dropped");
    }

    /// The longest wait for the lock so far, in seconds.
    pub(crate) fn longest_wait(&mut self) -> f64 {
        self.ask("longest-wait").parse().unwrap()
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

impl Drop for V01 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
