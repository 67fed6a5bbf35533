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

fn main() -> Result<()> {
    let floor = lab::build_example("floor")?;
    println!("| what | measured | goal |\n|---|---|---|");
    pairs::default_size(&floor)?;
    load::contended(&floor)?;
    pairs::ten_megabytes(&floor)?;
    v01::beside_python()?;
    pairs::status_while_locked()?;
    first_fit::in_memory()?;
    runs::nothing(&floor)?;
    runs::after_a_kill()?;
    runs::hand_over(&floor)?;
    #[cfg(target_os = "linux")]
    runs::idle_waiters()?;
    #[cfg(target_os = "linux")]
    crowds::of_one_user()?;
    #[cfg(target_os = "linux")]
    crowds::shown()?;
    #[cfg(target_os = "linux")]
    gpus::measured()?;
    Ok(())
}

/// A row of the table.
fn row(what: &str, measured: &str, goal: &str) {
    println!("| {what} | {measured} | {goal} |");
}
