//! How gpumgr fails: every system call of a change refused once, and the power cut at any moment.
//!
//! Linux alone has what this takes: strace, loop devices and file systems to mount on them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and lays out its own files"
)]

mod disk;
mod life;
mod power_cuts;
mod scene;
mod strace;
#[allow(dead_code, reason = "the other tests use all of it")]
#[path = "../it/support.rs"]
mod support;
mod syscalls;
mod verdict;
