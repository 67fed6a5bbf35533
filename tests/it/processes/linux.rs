//! By signals, and by what `/proc` says.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::ExitStatus;

pub(crate) fn stop(pid: u32) {
    send(pid, Signal::SIGSTOP);
}

pub(crate) fn go_on(pid: u32) {
    send(pid, Signal::SIGCONT);
}

/// Nothing is asked of it; it may be gone already.
pub(crate) fn end(pid: u32) {
    let _ = kill(id(pid), Signal::SIGKILL);
}

/// Whether that is the end of one that was ended.
pub(crate) fn was_ended(status: ExitStatus) -> bool {
    status.code().is_none()
}

pub(crate) fn is_stopped(pid: u32) -> bool {
    state(pid) == Some('T')
}

/// A zombie is gone.
pub(crate) fn is_gone(pid: u32) -> bool {
    state(pid).is_none_or(|state| state == 'Z')
}

fn send(pid: u32, signal: Signal) {
    kill(id(pid), signal).unwrap();
}

fn id(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap())
}

/// The letter after the name, which may itself hold brackets and spaces.
fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
