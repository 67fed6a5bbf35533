//! What users rely on, by running the real binary.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and lays out its own files"
)]

mod cli;
mod locales;
mod readme;
mod smoke;
mod support;
