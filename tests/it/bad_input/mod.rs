//! Damaged, inconsistent, hostile and enormous input: the right exit code and kind, the place
//! named, the state file untouched, no panic, nothing that a terminal would obey.

mod configs;
mod hostile;
mod json_configs;
mod names;
mod state_files;

use crate::support::{Lab, Ran};
use std::thread;

/// How many cases run at once: many only wait, for a reader reads a broken file again.
const AT_ONCE: usize = 16;

/// Checks every case, several at once.
fn for_all<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    let share = cases.len().div_ceil(AT_ONCE).max(1);
    thread::scope(|scope| {
        for cases in cases.chunks(share) {
            scope.spawn(|| cases.iter().for_each(&check));
        }
    });
}

/// Runs with `--json` what must fail so, and checks what it says.
fn assert_refused(lab: &Lab, arguments: &[&str], code: i32, kind: &str, place: &str, name: &str) {
    let what = format!("{name}: {arguments:?}");
    let ran = lab.run(&[arguments, &["--json"]].concat());
    ran.assert_sound(&what);
    assert_error(&ran, code, kind, place, &what);
}

fn assert_error(ran: &Ran, code: i32, kind: &str, place: &str, what: &str) {
    let error = &ran.document()["error"];
    assert_eq!(error["kind"], kind, "{what}: {error}");
    assert_eq!(ran.code, code, "{what}: {error}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains(place),
        "{what}: {message:?} does not name {place:?}"
    );
}
