//! A child that is waited for no longer than it may take.

use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How it ended, if it did until then. Where somebody else has waited for it, which gpumgr does for
/// what its programs leave behind, only that it ended is known.
pub(super) fn wait(child: &mut Child, deadline: Instant) -> Option<Option<ExitStatus>> {
    wait_unless(child, deadline, &AtomicBool::new(false))
}

/// The same, until `stop` is set at most.
pub(super) fn wait_unless(
    child: &mut Child,
    deadline: Instant,
    stop: &AtomicBool,
) -> Option<Option<ExitStatus>> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(Some(status)),
            Err(_) => return Some(None),
            Ok(None) if stop.load(Ordering::Relaxed) || Instant::now() >= deadline => return None,
            Ok(None) => thread::sleep(LOOK_AGAIN),
        }
    }
}
