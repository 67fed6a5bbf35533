//! Steps: runs that share what the run around them has.

mod ends;
mod other_machine;
mod shares;
mod waits;

use super::{Running, names};
use crate::support::{Lab, Ran, happens};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_gpumgr");

/// A run named `outer` that stays, with all of the only server.
struct Outer {
    lab: Lab,
    lease: String,
    run: Running,
}

impl Outer {
    fn with(gpus: u32, cpus: u32) -> Self {
        let lab = Lab::with_config(&format!(
            "[limits]\nmin_gpus_per_task = 0\n[cluster]\nservers = 1\ngpus_per_server = {gpus}\ncpus_per_server = {cpus}\n"
        ));
        let counts = [gpus, cpus].map(|count| count.to_string());
        let run = Running::start(
            &lab,
            &[
                "--run", "outer", &counts[0], &counts[1], "--", "sleep", "60",
            ],
        );
        assert!(happens(|| lab
            .state_if_any()
            .is_some_and(|text| text.contains("\"outer\""))));
        let lease = task(&lab)["lease"]["id"].as_str().unwrap().to_owned();
        Self { lab, lease, run }
    }

    /// A call as the command of the run would make it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(arguments);
        command
            .env("GPUMGR_RUN", &self.lease)
            .env("GPUMGR_GPUS", "0,1")
            .env("GPUMGR_CPUS", "8");
        command
    }

    fn start(&self, arguments: &[&str]) -> Running {
        Running::of(&mut self.command(arguments))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Starts a step of one GPU that notes its process ID in this file and stays.
    fn stays(&self, file: &str, arguments: &[&str]) -> Running {
        let script = format!("echo $$ > new-{file}; mv new-{file} {file}; exec sleep 60");
        self.start(&[&["--run"], arguments, &["--", "sh", "-c", &script]].concat())
    }

    fn steps(&self) -> Vec<Value> {
        let steps = task(&self.lab)["steps"].as_array().cloned();
        steps.unwrap_or_default()
    }

    /// Whether it hears signals by now instead of being ended by them.
    fn hears(run: &Running) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", run.pid())).unwrap();
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:\t"));
        let caught = u64::from_str_radix(caught.unwrap(), 16).unwrap();
        caught & (1 << (Signal::SIGTERM as i32 - 1)) != 0
    }

    /// Polls until that many steps wait.
    fn waiting(&self, count: usize) -> bool {
        let waits = |step: &&Value| step.get("waits_for").is_some();
        happens(|| self.steps().iter().filter(waits).count() == count)
    }
}

fn task(lab: &Lab) -> Value {
    let state = lab.state();
    assert_eq!(names(&state), ["outer"], "{state}");
    state["servers"][0]["running_tasks"][0].clone()
}

/// A lab of one server, and how a run of all its GPUs ends whose shell runs this script; there `$0`
/// is gpumgr.
fn script_inside(gpus: u32, script: &str) -> (Lab, Ran) {
    let lab = Lab::with_config(&format!(
        "[cluster]\nservers = 1\ngpus_per_server = {gpus}\ncpus_per_server = 8\n"
    ));
    let gpus = gpus.to_string();
    let ran = lab.run(&["--run", "outer", &gpus, "--", "sh", "-c", script, BINARY]);
    (lab, ran)
}
