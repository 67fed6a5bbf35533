//! A killed gpumgr leaves the old file or the new one, and nobody has to clean up after it.

use crate::crowd::assert_agrees;
use crate::processes;
use crate::support::{Lab, Ran, amount};
use serde_json::Value;
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

/// One after the other, as a save reaches them.
#[cfg(debug_assertions)]
const STEPS: [&str; 7] = [
    "Locked",
    "Loaded",
    "TempCreated",
    "TempWritten",
    "TempFlushed",
    "Renamed",
    "FolderFlushed",
];

// Only a debug build stops itself at a step; a release build does not even look for the name.
#[cfg(debug_assertions)]
mod at_every_step {
    use super::{STEPS, after_crash, lab_with_a_task, timeless};
    use crate::stopped::Stopped;
    use crate::support::Lab;

    /// Kills the command at each step, in a new lab each time.
    fn kill_at_every_step(arguments: &[&str], lab: impl Fn() -> Lab) {
        for (position, step) in STEPS.iter().enumerate() {
            let lab = lab();
            let old = lab.state_if_any();
            drop(Stopped::at(step, &lab, arguments));
            let renamed = position >= 5;
            let left = lab.state_if_any();
            if renamed {
                assert_eq!(
                    left.as_deref().map(timeless),
                    Some(new_state(arguments, &lab, old))
                );
            } else {
                assert_eq!(left, old, "{arguments:?} at {step}");
                // Else this test would show nothing about litter.
                assert_eq!(lab.has_litter(), position >= 2, "{arguments:?} at {step}");
            }
            after_crash(&lab);
        }
    }

    /// What the command makes of the old file when nothing stops it.
    fn new_state(arguments: &[&str], crashed: &Lab, old: Option<String>) -> String {
        let twin = Lab::new();
        for (name, text) in [
            ("config.toml", crashed.text_if_any("config.toml")),
            ("resource_status.json", old),
        ] {
            if let Some(text) = text {
                twin.write(name, text);
            }
        }
        twin.ok(arguments);
        timeless(&twin.state_text())
    }

    #[test]
    fn an_allocate_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
        kill_at_every_step(&["--allocate", "another", "3", "20"], lab_with_a_task);
    }

    #[test]
    fn a_first_allocate_killed_at_any_step_leaves_no_file_or_a_whole_one() {
        kill_at_every_step(&["--allocate", "first", "3", "20"], Lab::new);
    }

    #[test]
    fn a_release_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
        kill_at_every_step(&["--release", "kept"], lab_with_a_task);
    }

    #[test]
    fn a_first_init_killed_at_any_step_leaves_no_file_or_a_whole_one() {
        kill_at_every_step(&["--init"], Lab::new);
    }

    #[test]
    fn an_init_with_a_changed_config_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
        kill_at_every_step(&["--init"], || {
            let lab = lab_with_a_task();
            lab.write("config.toml", "[cluster]\nservers = 6\n");
            lab
        });
    }

    #[test]
    fn a_reset_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
        kill_at_every_step(&["--reset", "--yes"], lab_with_a_task);
    }

    #[test]
    fn a_reset_killed_once_it_has_kept_the_old_file_has_not_reset() {
        let lab = lab_with_a_task();
        let old = lab.state_text();
        drop(Stopped::at("OldKept", &lab, &["--reset", "--yes"]));
        assert_eq!(lab.state_text(), old);
        let kept = kept(&lab);
        assert_eq!(kept.len(), 1, "{kept:?}");
        after_crash(&lab);
        assert_eq!(lab.read(&kept[0]), old, "the kept file is not the live one");
        lab.ok(&["--reset", "--yes"]);
    }

    #[test]
    fn a_reset_killed_after_the_rename_has_kept_the_old_file() {
        let lab = lab_with_a_task();
        let old = lab.state_text();
        drop(Stopped::at("Renamed", &lab, &["--reset", "--yes"]));
        assert_eq!(lab.read(&kept(&lab)[0]), old);
    }

    fn kept(lab: &Lab) -> Vec<String> {
        let mut names = lab.files();
        names.retain(|name| name.starts_with("resource_status.2"));
        names
    }
}

fn lab_with_a_task() -> Lab {
    let lab = Lab::new();
    lab.ok(&["--allocate", "kept", "2", "16"]);
    lab
}

/// The next command works at once and sweeps what the crash left.
fn after_crash(lab: &Lab) {
    lab.ok(&["--allocate", "next", "1", "4"]);
    assert_agrees(&lab.state());
    assert!(!lab.has_litter(), "{:?}", lab.files());
}

/// The text with its times blanked: they alone differ between two runs.
#[cfg(debug_assertions)]
fn timeless(state: &str) -> String {
    let is_time =
        |line: &&str| line.contains("\"start_time\":") || line.contains("\"last_updated\":");
    let lines = state.split_inclusive('\n');
    lines
        .map(|line| {
            if is_time(&line) {
                line.split(':').next().unwrap()
            } else {
                line
            }
        })
        .collect()
}

/// How many kill at once.
const KILLERS: usize = 4;

#[test]
fn whatever_moment_a_command_is_killed_at_nothing_acknowledged_is_missing() {
    let lab = lab_with_a_task();
    let kills = amount("GPUMGR_TEST_KILLS", 120);
    let usual = how_long(|| lab.ok(&["--status"])) * 2;
    thread::scope(|scope| {
        for killer in 0..KILLERS {
            let lab = &lab;
            scope.spawn(move || Killer::new(lab, killer, usual).kill_often(kills / KILLERS));
        }
    });
    assert_agrees(&lab.state());
    assert!(tasks(&lab).contains("kept"));
    after_crash(&lab);
}

fn how_long<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Starts commands and kills them after a random part of the time that they usually take.
struct Killer<'a> {
    lab: &'a Lab,
    name: usize,
    usual: Duration,
    random: u64,
    killed: usize,
}

impl<'a> Killer<'a> {
    fn new(lab: &'a Lab, name: usize, usual: Duration) -> Self {
        // Each its own seed, the same in each run.
        let random = 0x9E37_79B9_7F4A_7C15 ^ (name as u64 + 1);
        Self {
            lab,
            name,
            usual,
            random,
            killed: 0,
        }
    }

    fn kill_often(mut self, kills: usize) {
        // Some commands are quicker than their death; no luck is needed for this many rounds.
        for round in 0..kills * 20 {
            if self.killed >= kills {
                return;
            }
            let task = format!("killer-{}-{round}", self.name);
            let allocated = self.run_or_kill(&["--allocate", &task, "1", "1"]);
            self.assert_whole();
            let is_there = tasks(self.lab).contains(&task);
            assert!(
                is_there || !allocated,
                "{task} was acknowledged, and is missing"
            );
            if !is_there {
                continue;
            }
            let released = self.run_or_kill(&["--release", &task]);
            let is_there = tasks(self.lab).contains(&task);
            assert!(
                !is_there || !released,
                "{task} was given back, and is there"
            );
            if is_there {
                self.lab.ok(&["--release", &task]);
            }
        }
        panic!("only {} of {kills} were killed", self.killed);
    }

    /// True if it ended well before it was killed.
    fn run_or_kill(&mut self, arguments: &[&str]) -> bool {
        let mut command = self.lab.command(arguments);
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        thread::sleep(self.some_time());
        processes::end(child.id());
        let output = child.wait_with_output().unwrap();
        if processes::was_ended(output.status) {
            self.killed += 1;
            return false;
        }
        let ran = Ran::of(output);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        true
    }

    fn some_time(&mut self) -> Duration {
        // Xorshift: any spread of moments does.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.usual * u32::try_from(self.random % 100).unwrap() / 50
    }

    fn assert_whole(&self) {
        assert_agrees(&self.lab.state());
    }
}

fn tasks(lab: &Lab) -> BTreeSet<String> {
    let state = lab.state();
    let servers = state["servers"].as_array().unwrap().iter();
    servers
        .flat_map(|server| server["running_tasks"].as_array().unwrap())
        .map(|task: &Value| task["task_id"].as_str().unwrap().to_owned())
        .collect()
}
