//! Programs that gpumgr keeps running, by a real one that writes down what it was given.

mod crowd;
mod hostile;
mod killed;
mod logs;
mod start;
mod stop;
mod template;

use crate::gpus::{Machine, patient};
use crate::support::{Ran, happens};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Notes each begin with its arguments and devices, and at TERM that it saved its work.
const PROGRAM: &str = r#"
import os, signal, sys, time
task = os.environ["GPUMGR_TASK_ID"]
def note(what):
    with open("notes", "a") as notes:
        notes.write(f"{task} {what}\n")
def save(*_):
    note("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
note("began " + os.environ["CUDA_VISIBLE_DEVICES"] + " " + " ".join(sys.argv[1:]))
print("working", flush=True)
while True:
    time.sleep(600)
"#;

/// A machine with four GPUs, and a config whose program is this.
pub(crate) struct Workshop {
    pub(crate) machine: Machine,
}

impl Workshop {
    /// With these lines at the top of the config, and these in the template.
    pub(crate) fn with(top: &str, template: &str, rest: &str) -> Self {
        let machine = Machine::with("count 4\n");
        machine.lab().write("program.py", PROGRAM);
        let workshop = Self { machine };
        workshop.configure(top, template, rest);
        workshop
    }

    /// The program above, and a little time to end in.
    pub(crate) fn new() -> Self {
        Self::with("", &format!("{COMMAND}\n"), "")
    }

    /// One whose program is what this shell script says.
    pub(crate) fn of_script(script: &str, template: &str) -> Self {
        let workshop = Self::with("", &format!("command = \"sh script.sh\"\n{template}"), "");
        workshop.machine.lab().write("script.sh", script);
        workshop
    }

    pub(crate) fn configure(&self, top: &str, template: &str, rest: &str) {
        self.machine.configure(&patient(&format!(
            "grace = \"3s\"\nmonitor_interval = 0.2\n{top}\n\
             [[server]]\nname = \"s\"\ngpus = 4\ncpus = 16\n\
             [program_template]\n{template}\n{rest}\n"
        )));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.machine.run(arguments)
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        self.machine.ok(arguments)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.machine.json(arguments)
    }

    /// What the programs noted, without those of other tasks.
    pub(crate) fn notes(&self, task: &str) -> Vec<String> {
        let notes = self.machine.lab().text_if_any("notes").unwrap_or_default();
        let of_task = |line: &str| line.strip_prefix(&format!("{task} ")).map(str::to_owned);
        notes.lines().filter_map(of_task).collect()
    }

    /// Waits until the programs of the task have begun that often: then the last one hears a signal.
    pub(crate) fn has_begun(&self, task: &str, times: usize) {
        let begun = || {
            let notes = self.notes(task);
            notes
                .iter()
                .filter(|note| note.starts_with("began"))
                .count()
                == times
        };
        assert!(happens(begun), "{task}: {:?}", self.notes(task));
    }

    /// The task as the state file has it, if it does.
    pub(crate) fn task(&self, task: &str) -> Option<Value> {
        let state = self.machine.lab().state_if_any()?;
        let state: Value = serde_json::from_str(&state).ok()?;
        let servers = state["servers"].as_array()?.clone();
        let mut tasks = servers
            .iter()
            .flat_map(|server| server["running_tasks"].as_array());
        tasks.find_map(|tasks| {
            let found = tasks.iter().find(|held| held["task_id"] == task);
            found.cloned()
        })
    }

    /// Changes the task in the state file by hand.
    pub(crate) fn edit(&self, task: &str, change: impl FnOnce(&mut Value)) {
        let lab = self.machine.lab();
        let mut state: Value = serde_json::from_str(&lab.state_text()).unwrap();
        let servers = state["servers"].as_array_mut().unwrap().iter_mut();
        let mut tasks = servers.flat_map(|server| server["running_tasks"].as_array_mut().unwrap());
        change(tasks.find(|held| held["task_id"] == task).unwrap());
        lab.write("resource_status.json", state.to_string());
    }

    pub(crate) fn gpus(&self, task: &str) -> Option<Vec<u64>> {
        let task = self.task(task)?;
        let gpus = task["allocated_gpus"].as_array()?.iter();
        Some(gpus.map(|gpu| gpu.as_u64().unwrap()).collect())
    }

    /// The process IDs of a task's supervisor and program.
    pub(crate) fn pids(&self, task: &str) -> (u32, u32) {
        let mut pids = None;
        let known = || {
            let task = self.task(task);
            let pid = |value: &Value| u32::try_from(value.as_u64()?).ok();
            pids = task.and_then(|task| {
                Some((pid(&task["lease"]["pid"])?, pid(&task["program"]["pid"])?))
            });
            pids.is_some()
        };
        assert!(happens(known), "{task} has no program");
        pids.unwrap()
    }

    /// The lines of the log of all changes about that task, as action and why.
    pub(crate) fn told(&self, task: &str) -> Vec<(String, String)> {
        let log = self.machine.lab().text_if_any("gpu_manager.log");
        let log = log.unwrap_or_default();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        lines
            .filter(|line: &Value| line["task"] == task)
            .map(|line| (text(&line["action"]), text(&line["why"])))
            .collect()
    }

    /// The process IDs of the writers of a task's log.
    pub(crate) fn writers(&self, task: &str) -> Vec<u32> {
        let folder = self.machine.lab().path().canonicalize().unwrap();
        let folder = folder.to_str().unwrap().to_owned();
        let log = format!("{task}.log");
        let is_writer = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).into_owned();
            let words: Vec<_> = words.split('\0').collect();
            words.contains(&"--write-program-log")
                && words.contains(&log.as_str())
                && words.iter().any(|word| word.starts_with(&folder))
        };
        all().filter(is_writer).collect()
    }

    pub(crate) fn was_told(&self, task: &str, action: &str, why: &str) -> bool {
        let told = self.told(task);
        told.iter()
            .any(|(did, because)| did == action && because.contains(why))
    }
}

/// The program above as a template has it.
pub(crate) const COMMAND: &str = "command = \"python3 program.py\"\nargs = [\"--gpus\", \"{gpu_list}\"]\nenv_vars = { CUDA_VISIBLE_DEVICES = \"{gpu_list}\" }";

/// What works in the folder is ended with the test.
impl Drop for Workshop {
    fn drop(&mut self) {
        // Twice: a supervisor may just be starting something.
        for _ in 0..2 {
            all_in(self.machine.lab().path()).into_iter().for_each(end);
        }
    }
}

pub(crate) fn end(pid: u32) {
    send(pid, Signal::SIGKILL);
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal);
}

/// Whether it is there, and more than what is left of one. The first of its threads may be gone before the
/// others are.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let threads = || fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']) || threads() > 1)
}

fn all_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    let works_there = |pid: &u32| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|works_in| works_in == folder)
    };
    all().filter(works_there).collect()
}

fn all() -> impl Iterator<Item = u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
