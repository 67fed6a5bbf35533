//! What users rely on, by running the real binary.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking, lays out its own files, and says what it skips"
)]

mod bad_input;
mod cli;
#[cfg(unix)]
mod files;
mod locales;
#[cfg(unix)]
mod people;
mod readme;
#[cfg(unix)]
mod sharing;
mod smoke;
mod support;
