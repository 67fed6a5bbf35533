//! Speed, as ratios measured side by side in one run: `cargo bench`.
//!
//! The floor (`benches/floor.rs`) is the least that any safe change costs; it is built with the
//! same profile. Two programs that are compared run in turn, pair by pair, so that whatever else
//! the machine does hits both.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench talks to its terminal, and looks for programs"
)]

#[cfg(target_os = "linux")]
mod crowds;
mod first_fit;
#[cfg(target_os = "linux")]
mod gpus;
mod lab;
mod load;
mod pairs;
mod runs;
mod v01;

use lab::{Lab, Result};
use std::path::Path;

/// A part of the table: its name, and the function that measures it beside the floor.
type Part = (&'static str, fn(&Path) -> Result<()>);

const PARTS: &[Part] = &[
    ("default_size", pairs::default_size),
    ("contended", load::contended),
    ("ten_megabytes", pairs::ten_megabytes),
    ("status_json", |_| pairs::status_json()),
    ("version", |_| pairs::version()),
    ("v01", |_| v01::beside_python()),
    ("status_while_locked", |_| pairs::status_while_locked()),
    ("first_fit", |_| first_fit::in_memory()),
    ("nothing", runs::nothing),
    ("after_a_kill", |_| runs::after_a_kill()),
    ("hand_over", runs::hand_over),
    #[cfg(target_os = "linux")]
    ("idle_waiters", |_| runs::idle_waiters()),
    #[cfg(target_os = "linux")]
    ("crowds", |_| crowds::of_one_user()),
    #[cfg(target_os = "linux")]
    ("queue", |_| crowds::shown()),
    #[cfg(target_os = "linux")]
    ("gpus", |_| gpus::measured()),
];

/// Measures all parts, or those that the arguments name: `cargo bench --bench speed -- crowds`.
fn main() -> Result<()> {
    let named: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let floor = lab::build_example("floor")?;
    println!("| what | measured | goal |\n|---|---|---|");
    for (name, measure) in PARTS {
        if named.is_empty() || named.iter().any(|named| named == name) {
            measure(&floor)?;
        }
    }
    Ok(())
}

/// A row of the table.
fn row(what: &str, measured: &str, goal: &str) {
    println!("| {what} | {measured} | {goal} |");
}
