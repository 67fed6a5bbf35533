//! The changes that are made to fail, each with what was there before.

use crate::strace::{self, Call, Fault};
use crate::support::{Lab, Ran, happens};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Whatever is refused, nothing takes that long.
const DEADLINE: Duration = Duration::from_secs(120);

/// Whoever waits for three has no room beside `kept` and `asked`; after that, one is left.
pub(crate) const GPUS: u32 = 5;

/// A change. What it is about is the task `asked`; `kept` must stay as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// The first allocation makes the state file, the lock file and the log.
    First,
    Allocate,
    Release,
    /// A command is run, from the start of gpumgr to its end.
    Run,
    /// The same from the grant on, with all threads and the process that becomes the command: each of
    /// them counts for itself.
    Command,
    /// What is released goes to one who waits.
    Grant,
    /// The same; the one who waits is made to fail, with all its threads.
    Wait,
}

pub(crate) const ALL: [Scene; 7] = [
    Scene::First,
    Scene::Allocate,
    Scene::Release,
    Scene::Run,
    Scene::Command,
    Scene::Grant,
    Scene::Wait,
];

/// A scene set, and perhaps somebody who waits in it.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) before: Option<Value>,
    pub(crate) waiter: Option<Running>,
    log: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) ran: Ran,
    pub(crate) hung: bool,
    pub(crate) injected: bool,
}

impl Scene {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::First | Self::Allocate => &["--allocate", "asked", "2", "16"],
            Self::Release | Self::Grant => &["--release", "asked"],
            // It can be made but once.
            Self::Run | Self::Command => &["--run", "asked", "2", "16", "--", "mkdir", "ran"],
            Self::Wait => &["--allocate", "waiting", "3", "8", "--wait"],
        }
    }

    fn set(self) -> Stage {
        let lab = Lab::with_config(&format!(
            "[cluster]\nservers = 1\ngpus_per_server = {GPUS}\ncpus_per_server = 40\n"
        ));
        if self != Self::First {
            lab.ok(&["--allocate", "kept", "1", "8"]);
        }
        if matches!(self, Self::Release | Self::Grant | Self::Wait) {
            lab.ok(&["--allocate", "asked", "2", "16"]);
        }
        let mut stage = Stage {
            log: lab.join("strace.log"),
            lab,
            before: None,
            waiter: None,
        };
        if matches!(self, Self::Grant | Self::Wait) {
            stage.waiter = Some(stage.waits());
        }
        stage.before = stage.state();
        stage
    }

    /// Plays it once, with that fault.
    pub(crate) fn play(self, fault: Option<&Fault>) -> (Stage, Played) {
        let mut stage = self.set();
        let log = stage.log.clone();
        let mut run = stage.command(self.arguments());
        let (ran, hung) = match self {
            Self::Command => {
                run.env("GPUMGR_STOP_AT", "Granted");
                let running = Running::start(&mut run);
                let stopped = happens(|| state_of(running.pid()) == Some('T'));
                assert!(stopped, "it was never granted");
                let strace = running.attach(&log, fault, &["-f", "-b", "execve"]);
                running.signal(Signal::SIGCONT);
                let ended = running.ends();
                strace.ends();
                ended
            }
            Self::Wait => {
                let waiter = stage.waiter.take().unwrap();
                // What it starts later would count anew, and fail each time.
                let strace = waiter.attach(&log, fault, &[]);
                stage.lab.ok(&["--release", "asked"]);
                let ended = waiter.ends();
                strace.ends();
                ended
            }
            _ => {
                let mut traced = strace::from_the_start(&stage.lab, &log, fault, &run);
                Running::start(&mut traced).ends()
            }
        };
        let injected = strace::was_injected(&log);
        (
            stage,
            Played {
                ran,
                hung,
                injected,
            },
        )
    }

    /// The system calls of it when all goes well.
    pub(crate) fn calls(self) -> Vec<Call> {
        let (stage, played) = self.play(None);
        assert_eq!(played.ran.code, 0, "{self:?}: {played:?}");
        match self {
            Self::Command | Self::Wait => strace::calls_of_threads(&stage.log),
            _ => strace::calls(&stage.log),
        }
    }
}

impl Stage {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(arguments);
        command.env("PATH", "/usr/bin:/bin");
        command
    }

    pub(crate) fn state(&self) -> Option<Value> {
        let text = self.lab.state_if_any()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    fn waits(&self) -> Running {
        let running = Running::start(&mut self.command(Scene::Wait.arguments()));
        let joined = happens(|| !self.state().unwrap()["queue"].is_null());
        assert!(joined, "nobody joins the queue");
        // It listens to signals and looks at its file by now.
        assert!(happens(|| running.threads().len() >= 3), "it does not wait");
        running
    }

    /// The names of the folder that no change leaves there for good.
    pub(crate) fn litter(&self) -> Vec<String> {
        let mut files = self.lab.files();
        let stays = [
            ".resource.lock",
            "config.toml",
            "gpu_manager.log",
            "gpu_manager.refused.log",
            "ran",
            "resource_status.json",
            "strace.log",
        ];
        files.retain(|name| !stays.contains(&name.as_str()) && !name.contains(".waiters-"));
        files
    }
}

/// A process in a group of its own, all of which ends with this.
pub(crate) struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.process_group(0).spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    fn threads(&self) -> Vec<PathBuf> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid()));
        threads.map_or_else(
            |_| Vec::new(),
            |threads| threads.flatten().map(|thread| thread.path()).collect(),
        )
    }

    /// strace on all of its threads.
    fn attach(&self, log: &Path, fault: Option<&Fault>, options: &[&str]) -> Self {
        let mut strace = strace::strace(log, fault);
        strace.args(options);
        let threads = self.threads();
        for thread in &threads {
            strace.arg("-p").arg(thread.file_name().unwrap());
        }
        let mut strace = Self::start(&mut strace);
        let is_on = || threads.iter().all(|thread| is_traced(thread));
        let attached = happens(|| is_on() || strace.0.try_wait().unwrap().is_some());
        assert!(attached && is_on(), "strace could not attach");
        strace
    }

    /// How it ended, and whether it had to be killed.
    pub(crate) fn ends(mut self) -> (Ran, bool) {
        let give_up = Instant::now() + DEADLINE;
        while self.0.try_wait().unwrap().is_none() && Instant::now() < give_up {
            thread::sleep(Duration::from_millis(1));
        }
        let hung = self.0.try_wait().unwrap().is_none();
        self.kill();
        let text = |pipe: &mut dyn Read| {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let ran = Ran {
            code: self.0.wait().unwrap().code().unwrap_or(-1),
            stdout: text(self.0.stdout.as_mut().unwrap()),
            stderr: text(self.0.stderr.as_mut().unwrap()),
        };
        (ran, hung)
    }

    fn kill(&self) {
        // All of it may be gone.
        let _ = killpg(Pid::from_raw(self.pid().cast_signed()), Signal::SIGKILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

/// True of one that is gone, too.
fn is_traced(thread: &Path) -> bool {
    let status = fs::read_to_string(thread.join("status"));
    status.map_or(true, |status| !status.contains("TracerPid:\t0\n"))
}

/// The letter of its state.
fn state_of(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
