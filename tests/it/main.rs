//! What users rely on, by running the real binary.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and lays out its own files"
)]

mod bad_input;
#[cfg(target_os = "linux")]
mod beside_v01;
mod cli;
#[cfg(target_os = "linux")]
mod completions;
#[cfg(target_os = "linux")]
mod concurrency;
#[cfg(target_os = "linux")]
mod crash;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod gpus;
#[cfg(target_os = "linux")]
mod history;
mod locales;
#[cfg(target_os = "linux")]
mod lock;
#[cfg(target_os = "linux")]
mod monitor;
#[cfg(target_os = "linux")]
mod neighbours;
mod notify;
#[cfg(unix)]
mod people;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod queue;
mod readme;
#[cfg(target_os = "linux")]
mod run;
#[cfg(unix)]
mod sharing;
mod smoke;
#[cfg(all(target_os = "linux", debug_assertions))]
mod stopped;
mod support;
#[cfg(target_os = "linux")]
mod v01;
