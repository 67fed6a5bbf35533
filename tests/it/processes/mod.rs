//! What tests do to processes, by platform: a process is stopped in its tracks, goes on, is ended
//! without a word.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::{end, go_on, is_gone, is_stopped, stop, was_ended};
#[cfg(windows)]
pub(crate) use windows::{end, go_on, is_gone, is_stopped, stop, was_ended};
