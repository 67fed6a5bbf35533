//! A gpumgr stopped at a named step. Debug builds alone stop themselves there.

use crate::support::{Lab, happens};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::{Child, Stdio};

/// A process stopped in the middle of its transaction; dropping this kills it.
pub(crate) struct Stopped(Child);

impl Stopped {
    /// Runs this until it stops itself at that step.
    pub(crate) fn at(step: &str, lab: &Lab, arguments: &[&str]) -> Self {
        let mut command = lab.command(arguments);
        command.env("GPUMGR_STOP_AT", step);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut stopped = Self(child.unwrap());
        let stops = happens(|| {
            assert_eq!(stopped.0.try_wait().unwrap(), None, "ended before {step}");
            stopped.is_still_stopped()
        });
        assert!(stops, "{arguments:?} never comes to {step}");
        stopped
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn is_still_stopped(&self) -> bool {
        state_of(self.pid()) == Some('T')
    }

    /// Lets it go on; true if it then succeeds.
    pub(crate) fn finishes(mut self) -> bool {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap());
        kill(pid, Signal::SIGCONT).unwrap();
        self.0.wait().unwrap().success()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // SIGKILL; it ends a stopped process, too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The letter after the name, which may itself hold brackets and spaces.
fn state_of(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
