//! One who works, in one of the ways that there are.

use super::Counts;
use super::uses::{TWICE, Uses};
use crate::power_cuts::Random;
use crate::support::{Lab, Ran};
use crate::v01::V01;
use chrono::{DateTime, Local, TimeDelta};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::thread;

/// How one works.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// v0.1 itself, which nobody kills: it would leave half a file.
    V01,
    /// As v0.1's users do, by gpumgr.
    Plain,
    Run,
    Wait,
    /// It forgets to give back.
    Ttl,
}

impl Kind {
    pub(super) fn all() -> [Self; 16] {
        use Kind::{Plain, Run, Ttl, V01, Wait};
        [
            V01, V01, V01, Plain, Plain, Plain, Plain, Run, Run, Run, Run, Run, Wait, Wait, Ttl,
            Ttl,
        ]
    }
}

pub(super) struct Worker<'a> {
    lab: &'a Lab,
    uses: &'a Uses,
    counts: &'a Counts,
    number: usize,
    random: Random,
}

/// How a command ended; none if it was killed.
type Ended = Option<Ran>;

impl<'a> Worker<'a> {
    pub(super) fn new(lab: &'a Lab, uses: &'a Uses, counts: &'a Counts, number: usize) -> Self {
        Self {
            lab,
            uses,
            counts,
            number,
            random: Random(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1)),
        }
    }

    /// Until it is over.
    pub(super) fn work(mut self, kind: Kind) {
        let mut v01 = match kind {
            Kind::V01 => V01::start(self.lab),
            _ => None,
        };
        for round in 0.. {
            if self.counts.over.load(Ordering::SeqCst) {
                return;
            }
            let task = format!("{kind:?}-{}-{round}", self.number);
            match (kind, &mut v01) {
                (Kind::V01, None) => return,
                (Kind::V01, Some(v01)) => self.by_v01(v01, &task),
                (Kind::Run, _) => self.run(&task),
                (Kind::Plain | Kind::Wait | Kind::Ttl, _) => self.allocate(kind, &task),
            }
        }
    }

    fn changed(&self) {
        self.counts.changes.fetch_add(1, Ordering::SeqCst);
    }

    fn by_v01(&self, v01: &mut V01, task: &str) {
        if let Some(grant) = v01.allocate(task, 1, 2) {
            self.changed();
            drop(self.uses.of(task, &grant.gpus));
            v01.release(task);
            self.changed();
        }
    }

    fn run(&mut self, task: &str) {
        let command = self.uses.command();
        let run = [
            "--run", task, "2", "4", "--wait", "20s", "--", "sh", "-c", &command,
        ];
        if let Some(ran) = self.ends_or_is_killed(&run, 400) {
            assert_ne!(
                ran.code, TWICE,
                "{task}: somebody else used its GPU: {ran:?}"
            );
            // 125: it waited in vain.
            assert!(matches!(ran.code, 0 | 125), "{task}: {ran:?}");
            if ran.code == 0 {
                self.changed();
                self.changed();
            }
        }
    }

    fn allocate(&mut self, kind: Kind, task: &str) {
        let mut arguments = vec!["--allocate", task, "1", "2", "--json"];
        match kind {
            Kind::Wait => arguments.extend(["--wait", "20s"]),
            Kind::Ttl => arguments.extend(["--ttl", "2s"]),
            _ => {}
        }
        let told = self.ends_or_is_killed(&arguments, 200);
        let granted = told.as_ref().is_some_and(|ran| ran.code == 0);
        if let Some(ran) = &told {
            assert!(matches!(ran.code, 0 | 3), "{task}: {ran:?}");
        }
        if granted {
            self.changed();
            let told = told.unwrap().document();
            self.hold(task, &told);
            if matches!(kind, Kind::Ttl) {
                return;
            }
        }
        // Whoever was killed may have been granted it.
        let released = self.ends_or_is_killed(&["--release", task], 200);
        let again = released.as_ref().is_none();
        let ran = released.unwrap_or_else(|| self.lab.run(&["--release", task]));
        match ran.code {
            0 => self.changed(),
            5 => assert!(!granted || again, "{task} was acknowledged, and is missing"),
            _ => panic!("{task}: {ran:?}"),
        }
    }

    /// Uses what it got for a moment, if it surely has it that long.
    fn hold(&self, task: &str, told: &Value) {
        let end = told["end_time"].as_str();
        let end = end.map(|end| DateTime::parse_from_rfc3339(end).unwrap());
        if end.is_some_and(|end| end - Local::now().fixed_offset() < TimeDelta::seconds(1)) {
            return;
        }
        let gpus = told["gpu_ids"].as_array().unwrap().iter();
        let gpus: Vec<_> = gpus.map(|gpu| gpu.as_u64().unwrap()).collect();
        drop(self.uses.of(task, &gpus));
    }

    /// One of eight is killed at some moment.
    fn ends_or_is_killed(&mut self, arguments: &[&str], within: u64) -> Ended {
        let dies = self.random.below(8).as_millis() == 0;
        let mut command = self.lab.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        if dies {
            thread::sleep(self.random.below(within));
            let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
            // Not reaped yet, so it is nobody else's ID.
            kill(pid, Signal::SIGKILL).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        if output.status.code().is_none() {
            self.counts.killed.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        Some(Ran::of(output))
    }
}
