//! What must hold whatever the input is.

pub mod arguments;
pub mod config;
pub mod export;
mod fields;
pub mod hardware;
pub mod state;

use std::path::PathBuf;
use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().unwrap();
}

/// A file in a folder of this thread's own.
fn file(name: &str) -> PathBuf {
    FOLDER.with(|folder| folder.path().join(name))
}

/// Nothing in it that a terminal would obey.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n')
}
