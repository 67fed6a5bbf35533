//! The monitor, with the stand-in for the driver moving use up and down.

mod acquire;
mod guide;
mod looks_after;
mod notices;
mod robust;
mod scaling;

use crate::programs::{COMMAND, Workshop, send};
use crate::support::happens;
use nix::sys::signal::Signal;
use std::fs::File;
use std::process::Child;

/// A monitor that runs; dropping this kills it.
struct Monitor(Child);

impl Monitor {
    /// Starts one, and waits until it has begun.
    fn of(shop: &Workshop) -> Self {
        Self::with(shop, &[])
    }

    fn with(shop: &Workshop, arguments: &[&str]) -> Self {
        Self::start(shop, ".resource_status.json.monitor", arguments)
    }

    /// One of a state whose monitor is known by that file.
    fn of_state(shop: &Workshop, file: &str) -> Self {
        Self::start(shop, file, &[])
    }

    fn start(shop: &Workshop, file: &str, arguments: &[&str]) -> Self {
        let begun = || shop.machine.lab().text_if_any("said");
        let before = begun().map_or(0, |said| said.len());
        let said = File::options()
            .create(true)
            .append(true)
            .open(shop.machine.lab().join("said"));
        let said = said.unwrap();
        let mut command = shop.machine.command(&[&["--monitor"], arguments].concat());
        let command = command.stdout(said.try_clone().unwrap()).stderr(said);
        let monitor = Self(command.spawn().unwrap());
        let holds = || shop.machine.lab().text_if_any(file);
        let own = format!("PID {} ", monitor.0.id());
        assert!(happens(|| holds().is_some_and(|by| by.starts_with(&own))));
        // Its signals are heard once it speaks.
        assert!(happens(|| begun().is_some_and(|said| said.len() > before)));
        monitor
    }

    fn send(&self, signal: Signal) {
        send(self.0.id(), signal);
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Its exit code.
    fn ends(mut self) -> Option<i32> {
        assert!(happens(|| self.0.try_wait().unwrap().is_some()));
        self.0.wait().unwrap().code()
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Scaling that follows at once.
const SCALING: &str = "[scaling]\nmin_gpus = 1\ncooldown = 0\n";

fn scaling(rest: &str) -> Workshop {
    Workshop::with("auto_scale = true", COMMAND, &format!("{SCALING}{rest}"))
}

/// What the driver says: so much use of each of four GPUs.
fn uses(shop: &Workshop, percent: [u32; 4]) {
    let lines = percent.iter().enumerate();
    let lines: String = lines
        .map(|(gpu, percent)| format!("gpu {gpu} use {percent}\n"))
        .collect();
    shop.machine.becomes(&format!("count 4\n{lines}"));
}
