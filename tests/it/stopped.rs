//! A gpumgr stopped at a named step. Debug builds alone stop themselves there.

use crate::processes;
use crate::support::{Lab, happens};
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
        processes::is_stopped(self.pid())
    }

    /// Lets it go on; true if it then succeeds.
    pub(crate) fn finishes(mut self) -> bool {
        processes::go_on(self.pid());
        self.0.wait().unwrap().success()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It ends a stopped process, too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
