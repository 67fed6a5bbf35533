//! What users rely on, by running the real binary.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and lays out its own files"
)]

mod actor;
mod bad_input;
#[cfg(target_os = "linux")]
mod beside_v01;
mod cli;
#[cfg(target_os = "linux")]
mod completions;
mod concurrency;
#[cfg(any(target_os = "linux", windows))]
mod crash;
mod crowd;
#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod gpus;
#[cfg(any(target_os = "linux", windows))]
mod history;
mod locales;
#[cfg(any(target_os = "linux", windows))]
mod lock;
#[cfg(target_os = "linux")]
mod monitor;
#[cfg(target_os = "linux")]
mod neighbours;
mod notify;
#[cfg(unix)]
mod people;
#[cfg(any(target_os = "linux", windows))]
mod processes;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(any(target_os = "linux", windows))]
mod queue;
mod readme;
#[cfg(target_os = "linux")]
mod run;
#[cfg(unix)]
mod sharing;
mod smoke;
#[cfg(all(any(target_os = "linux", windows), debug_assertions))]
mod stopped;
mod support;
#[cfg(target_os = "linux")]
mod v01;
#[cfg(windows)]
mod windows;
