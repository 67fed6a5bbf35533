//! `--wait`, `--queue` and `--cancel`: who waits, who is next, and leaving, by real processes.

mod caps;
mod granted;
#[cfg(debug_assertions)]
mod killed;
mod leaving;
#[cfg(target_os = "linux")]
mod many;
mod mixed;
mod order;
mod shown;
mod state_file;

use crate::support::{Lab, Ran, happens};
use crate::{actor, processes};
use serde_json::Value;
use std::fs;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use tempfile::NamedTempFile;

/// Says its process ID and what it was given, and lives until its input ends.
fn command() -> Vec<&'static str> {
    static COMMAND: LazyLock<Vec<String>> = LazyLock::new(|| actor::acts(&["tell", "read"]));
    let words = COMMAND.iter().map(String::as_str);
    std::iter::once("--").chain(words).collect()
}

fn servers(count: u32) -> Lab {
    Lab::with_config(&format!(
        "[cluster]\nservers = {count}\ngpus_per_server = 8\ncpus_per_server = 64\n"
    ))
}

/// A process whose words can be read while it runs. Dropping it kills it, and its input ends,
/// which ends the command of a run, too.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    said: NamedTempFile,
    complained: NamedTempFile,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let (said, complained) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        command
            .stdin(Stdio::piped())
            .stdout(said.reopen().unwrap())
            .stderr(complained.reopen().unwrap());
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take(),
            child,
            said,
            complained,
        }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn said(&self) -> String {
        fs::read_to_string(self.said.path()).unwrap()
    }

    fn complained(&self) -> String {
        fs::read_to_string(self.complained.path()).unwrap()
    }

    #[cfg(target_os = "linux")]
    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.pid()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    fn stop(&self) {
        processes::stop(self.pid());
    }

    fn go_on(&self) {
        processes::go_on(self.pid());
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What the command of a run was given, once it runs.
    fn command(&self) -> (u32, String) {
        let mut told = None;
        let runs = happens(|| {
            let said = self.said();
            let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
            told = whole.lines().find_map(told_by);
            told.is_some()
        });
        assert!(runs, "it never runs: {}", self.complained());
        told.unwrap()
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How it ends by itself.
    fn ends(&mut self) -> Ran {
        assert!(happens(|| self.has_ended()), "{}", self.complained());
        self.ended()
    }

    /// How it ends once its input has.
    fn finishes(mut self) -> Ran {
        self.input = None;
        self.ends()
    }

    fn ended(&mut self) -> Ran {
        let status: ExitStatus = self.child.wait().unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: self.said(),
            stderr: self.complained(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the command says of itself, if this line is that.
fn told_by(line: &str) -> Option<(u32, String)> {
    let (pid, given) = line.split_once(' ')?;
    Some((pid.parse().ok()?, given.to_owned()))
}

/// Ends gpumgr and its command at once, leaving neither a chance to say so.
fn kill_both(mut run: Process) {
    let (command, _) = run.command();
    run.kill();
    processes::end(command);
}

/// Either way to ask for GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Allocate,
    Run,
}

impl How {
    const BOTH: [Self; 2] = [Self::Allocate, Self::Run];

    fn arguments<'a>(self, task: &'a str, gpus: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let (flag, command) = match self {
            Self::Allocate => ("--allocate", Vec::new()),
            Self::Run => ("--run", command()),
        };
        [&[flag, task, gpus, "1"], more, &command].concat()
    }

    fn start(self, lab: &Lab, task: &str, gpus: u32, more: &[&str]) -> Process {
        let gpus = gpus.to_string();
        Process::start(&mut lab.command(&self.arguments(task, &gpus, more)))
    }

    /// Asks with `--wait`, and waits until it does.
    fn joins(self, lab: &Lab, task: &str, gpus: u32, more: &[&str]) -> Process {
        let wait: &[_] = if more.contains(&"--wait") {
            &[]
        } else {
            &["--wait"]
        };
        let process = self.start(lab, task, gpus, &[wait, more].concat());
        assert!(
            happens(|| queued(lab).iter().any(|name| name == task)),
            "{self:?} {task} never waits: {}",
            process.complained()
        );
        // Its change is done then: one that is stopped now has no lock.
        let told = || process.complained().contains("place");
        assert!(more.contains(&"--quiet") || happens(told));
        process
    }

    /// It got what it waited for: the allocation is confirmed, the command runs.
    fn is_granted(self, lab: &Lab, task: &str, process: &mut Process) {
        match self {
            Self::Allocate => assert_eq!(process.ends().code, 0, "{}", process.complained()),
            Self::Run => drop(process.command()),
        }
        assert!(holders(lab).iter().any(|name| name == task), "{task}");
        assert!(!queued(lab).iter().any(|name| name == task), "{task}");
    }

    fn exit_when_refused(self) -> i32 {
        match self {
            Self::Allocate => 3,
            Self::Run => 125,
        }
    }
}

/// The state as it is; v0.1 may be in the middle of writing it.
fn state(lab: &Lab) -> Value {
    let mut state = None;
    let path = lab.join("resource_status.json");
    let readable = happens(|| {
        let text = fs::read(&path).unwrap_or_default();
        state = serde_json::from_slice(&text).ok();
        state.is_some() || !path.exists()
    });
    assert!(readable);
    state.unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names<'v>(items: impl Iterator<Item = &'v Value>) -> Vec<String> {
    let name = |item: &Value| item["task_id"].as_str().unwrap().to_owned();
    items.map(name).collect()
}

/// Who waits, as the file says.
fn queued(lab: &Lab) -> Vec<String> {
    names(list(&state(lab)["queue"]).iter())
}

/// Who holds something, as the file says.
fn holders(lab: &Lab) -> Vec<String> {
    let state = state(lab);
    let servers = list(&state["servers"]).iter();
    names(servers.flat_map(|server| list(&server["running_tasks"])))
}

/// The place of a task, and why it waits.
fn place_and_reason(lab: &Lab, task: &str) -> Option<(u64, Value)> {
    let (code, shown) = lab.json(&["--queue"]);
    assert_eq!(code, 0, "{shown}");
    let entry = list(&shown["queue"])
        .iter()
        .find(|entry| entry["task_id"] == task)?;
    Some((entry["place"].as_u64().unwrap(), entry["why"].clone()))
}

fn reason(lab: &Lab, task: &str) -> Value {
    place_and_reason(lab, task).unwrap().1["reason"].clone()
}

/// Releases what is held, after which everything is as if nobody had ever come.
fn assert_nothing_is_left(lab: &Lab) {
    for task in holders(lab) {
        lab.ok(&["--release", &task]);
    }
    // A change sweeps what the killed left.
    lab.ok(&["--allocate", "sweeps", "1", "1"]);
    lab.ok(&["--release", "sweeps"]);
    let totals = lab.json(&["--status"]).1["totals"].clone();
    assert_eq!(totals["available_gpus"], totals["total_gpus"], "{totals}");
    let state = state(lab);
    assert_eq!(state.get("queue"), None, "{state:#}");
    let is_litter = |name: &String| {
        let kinds = [".gpumgr-", ".lease-", ".wake-"];
        kinds.iter().any(|kind| name.contains(kind))
    };
    let litter: Vec<_> = lab.files().into_iter().filter(is_litter).collect();
    assert_eq!(litter, Vec::<String>::new());
}
