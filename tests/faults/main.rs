//! How gpumgr fails: every system call of a change refused once, the power cut at any moment, and
//! many at work and killed for long.
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

#[allow(dead_code, reason = "the other tests use all of it")]
#[path = "../it/crowd.rs"]
mod crowd;
mod disk;
mod life;
mod power_cuts;
mod scene;
mod soak;
mod strace;
#[allow(dead_code, reason = "the other tests use all of it")]
#[path = "../it/support.rs"]
mod support;
mod syscalls;
#[allow(dead_code, reason = "the other tests use all of it")]
#[path = "../it/v01.rs"]
mod v01;
mod verdict;
