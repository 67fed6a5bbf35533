//! Those who live throughout, and what of theirs could grow.

use super::files;
use crate::support::{Lab, happens};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

/// A monitor, a run, and one who waits for what that holds.
const LONG: [(&str, &[&str]); 3] = [
    ("monitor", &["--monitor"]),
    (
        "run",
        &[
            "--run",
            "keeper",
            "2",
            "2",
            "--gpu-model",
            "kept",
            "--",
            "sleep",
            "100000",
        ],
    ),
    (
        "waiter",
        &[
            "--allocate",
            "waiter",
            "2",
            "2",
            "--gpu-model",
            "kept",
            "--wait",
        ],
    ),
];
/// Those that stay, and a lease and a temporary file for each who works.
const MOST_FILES: usize = 12 + 2 * 16;
/// What an allocator may keep for itself.
const SLACK_KIB: usize = 2048;

pub(super) struct Watched {
    lab: std::path::PathBuf,
    long: Vec<(&'static str, Child)>,
    /// The least seen in the second quarter of the time, and in the last.
    early: Option<Seen>,
    late: Option<Seen>,
    most_files: [usize; 2],
}

/// Descriptors and memory of each, the least that was seen.
#[derive(Clone, Debug)]
struct Seen(Vec<(usize, usize)>);

impl Watched {
    pub(super) fn start(lab: &Lab) -> Self {
        let mut long: Vec<(&str, Child)> = Vec::new();
        for (what, arguments) in LONG {
            let mut command = lab.command(arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.process_group(0);
            long.push((what, command.spawn().unwrap()));
            let is_there = || match what {
                "monitor" => lab.join(".resource_status.json.monitor").exists(),
                "run" => lab.state_text().contains("keeper"),
                _ => lab.state_text().contains("queue"),
            };
            assert!(happens(is_there), "{what}");
        }
        Self {
            lab: lab.path().to_owned(),
            long,
            early: None,
            late: None,
            most_files: [0, 0],
        }
    }

    /// What they have now, at that part of the time.
    pub(super) fn sample(&mut self, part: f64) {
        let half = usize::from(part >= 0.5);
        self.most_files[half] = self.most_files[half].max(files(&self.lab));
        let now = Seen(self.long.iter().map(|(_, child)| has(child.id())).collect());
        let seen = match part {
            _ if (0.25..0.5).contains(&part) => &mut self.early,
            _ if part >= 0.75 => &mut self.late,
            _ => return,
        };
        let least = match seen.take() {
            None => now,
            Some(before) => Seen(before.0.iter().zip(&now.0).map(least).collect()),
        };
        *seen = Some(least);
    }

    pub(super) fn end(&mut self) {
        for (what, child) in &mut self.long {
            assert!(child.try_wait().unwrap().is_none(), "the {what} has ended");
            end(child);
        }
    }

    pub(super) fn told(&self) -> String {
        let (early, late) = (self.early.as_ref().unwrap(), self.late.as_ref().unwrap());
        let each = LONG.iter().zip(early.0.iter().zip(&late.0));
        let each = each.map(|((what, _), (early, late))| {
            format!(
                "{what}: {} then {} descriptors, {} then {} KiB",
                early.0, late.0, early.1, late.1
            )
        });
        let [first, second] = self.most_files;
        let each: Vec<_> = each.collect();
        format!("at most {first} then {second} files; {}", each.join("; "))
    }

    pub(super) fn assert_nothing_grew(&self) {
        assert!(self.most_files.iter().all(|most| *most <= MOST_FILES));
        let (early, late) = (self.early.as_ref().unwrap(), self.late.as_ref().unwrap());
        for (early, late) in early.0.iter().zip(&late.0) {
            assert!(late.0 <= early.0, "descriptors: {}", self.told());
            assert!(late.1 <= early.1 + SLACK_KIB, "memory: {}", self.told());
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for (_, child) in &mut self.long {
            end(child);
        }
    }
}

/// With its command, if it still runs.
fn end(child: &mut Child) {
    if child.try_wait().is_ok_and(|ended| ended.is_none()) {
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(0));
        let _ = killpg(group, Signal::SIGKILL);
        let _ = child.wait();
    }
}

fn least((one, other): (&(usize, usize), &(usize, usize))) -> (usize, usize) {
    (one.0.min(other.0), one.1.min(other.1))
}

/// How many descriptors a process has open, and how many KiB of memory it uses.
fn has(pid: u32) -> (usize, usize) {
    let descriptors = files(format!("/proc/{pid}/fd").as_ref());
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.unwrap().trim().trim_end_matches(" kB");
    (descriptors, memory.parse().unwrap())
}
