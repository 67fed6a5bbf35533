//! `--run`: an allocation that lives exactly as long as the work.

mod ending;
mod environment;
mod exits;
pub(crate) mod foreign;
mod grammar;
mod inside;
mod kills;
mod neighbours;
mod nested;
mod owner;
mod signals;
#[cfg(debug_assertions)]
mod steps;
mod terminal;
mod terms;
mod time_spaces;
mod traps;

use crate::support::{Lab, Ran, happens};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

/// One server of two GPUs, and little time to end in.
const SMALL: &str =
    "grace = \"1s\"\n[cluster]\nservers = 1\ngpus_per_server = 2\ncpus_per_server = 8\n";

/// Notes its process ID and stays.
const STAYS: &str = "echo $$ > pid; exec sleep 600";

/// The same, but first closes all that it was given, as `sudo` and Python's `subprocess` do.
const CLOSES_ALL: &str = "import os, time
os.closerange(3, 256)
open('new', 'w').write(str(os.getpid()))
os.rename('new', 'pid')
time.sleep(600)";

fn small() -> Lab {
    Lab::with_config(SMALL)
}

/// A gpumgr that runs; dropping this kills it, though not its command.
struct Running(Child);

impl Running {
    fn start(lab: &Lab, arguments: &[&str]) -> Self {
        Self::of(&mut lab.command(arguments))
    }

    /// The task `t` with all that the small server has.
    fn all_of(lab: &Lab, command: &[&str]) -> Self {
        Self::start(lab, &[&["--run", "t", "2", "8", "--"], command].concat())
    }

    fn of(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn send(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// SIGKILL for gpumgr alone.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for its end, and takes what it said.
    fn ends(mut self) -> Ran {
        let over = happens(|| self.0.try_wait().unwrap().is_some());
        assert!(over, "it does not end");
        let mut said = Ran {
            code: self.0.wait().unwrap().code().unwrap_or(-1),
            stdout: String::new(),
            stderr: String::new(),
        };
        // What survives it may hold the other ends open, so this does not wait for their end.
        said.stdout = available(self.0.stdout.take().unwrap());
        said.stderr = available(self.0.stderr.take().unwrap());
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What can be read now.
fn available(pipe: impl std::io::Read + std::os::fd::AsFd) -> String {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let (mut pipe, mut bytes, mut piece) = (pipe, Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = pipe.read(&mut piece) {
        bytes.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(bytes).unwrap()
}

/// A process that is killed at the end of the test at the latest.
struct Victim(u32);

impl Victim {
    /// The one that notes its ID in that file.
    fn noted(lab: &Lab, file: &str) -> Self {
        let mut pid = None;
        let noted = || {
            let text = lab.text_if_any(file).unwrap_or_default();
            pid = text.strip_suffix('\n').unwrap_or(&text).parse().ok();
            pid.is_some()
        };
        assert!(happens(noted), "nobody notes an ID in {file}");
        Self(pid.unwrap())
    }

    fn kill(self) {
        send(self.0, Signal::SIGKILL);
        assert!(happens(|| is_gone(self.0)));
    }

    fn is_gone(&self) -> bool {
        is_gone(self.0)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        if !is_gone(self.0) {
            send(self.0, Signal::SIGKILL);
        }
    }
}

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
}

fn is_gone(pid: u32) -> bool {
    stat(pid).is_none_or(|(state, _)| state == 'Z')
}

/// Its state and when it started.
fn stat(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    Some((fields[0].chars().next()?, fields[19].parse().ok()?))
}

/// The names of the tasks that `--status` counts.
fn shown(lab: &Lab) -> Vec<String> {
    let (code, status) = lab.json(&["--status"]);
    assert_eq!(code, 0, "{status}");
    names(&status)
}

/// The names of the tasks in the state file.
fn written(lab: &Lab) -> Vec<String> {
    names(&lab.state())
}

fn names(state: &Value) -> Vec<String> {
    let servers = state["servers"].as_array().unwrap().iter();
    let tasks = servers.flat_map(|server| server["running_tasks"].as_array().unwrap());
    tasks
        .map(|task| task["task_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The task counts for who looks and for who asks.
fn assert_held(lab: &Lab) {
    assert_eq!(shown(lab), ["t"]);
    let refused = lab.run(&["--allocate", "other", "2", "8"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(written(lab), ["t"]);
}

/// The next to ask gets all of it, is told whose it was and why, and leaves nothing lying about.
fn assert_freed_by_the_next(lab: &Lab) -> Ran {
    assert!(happens(|| shown(lab).is_empty()), "{:?}", lab.state());
    assert_eq!(written(lab), ["t"], "looking changes nothing");
    let next = lab.ok(&["--allocate", "next", "2", "8"]);
    assert!(next.stderr.contains("Freed t ("), "{next:?}");
    assert_tidy(lab);
    next
}

/// Nothing is left that a gpumgr made for itself.
fn assert_tidy(lab: &Lab) {
    let files = lab.files();
    let is_litter = |name: &&String| {
        name.starts_with(".gpumgr-") || name.starts_with(".resource_status.json.lease-")
    };
    assert_eq!(files.iter().find(is_litter), None, "{files:?}");
}

/// The name of the only lease file.
fn lease_file(lab: &Lab) -> String {
    let mut files = lab.files();
    files.retain(|name| name.starts_with(".resource_status.json.lease-"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Whether nobody holds the lock of the only lease.
fn is_unlocked(lab: &Lab) -> bool {
    use nix::fcntl::{Flock, FlockArg};
    let file = File::open(lab.join(&lease_file(lab))).unwrap();
    Flock::lock(file, FlockArg::LockSharedNonblock).is_ok()
}

/// Rewrites the state file.
fn edit(lab: &Lab, change: impl FnOnce(&mut Value)) {
    let mut state = lab.state();
    change(&mut state);
    lab.write("resource_status.json", state.to_string());
}

fn lease_of(state: &mut Value) -> &mut Value {
    &mut state["servers"][0]["running_tasks"][0]["lease"]
}
