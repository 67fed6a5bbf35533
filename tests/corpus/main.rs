//! Input that nobody sane would write, and what must hold whatever it says.
//!
//! Each target is a function of bytes. `cargo fuzz run --fuzz-dir tests/fuzz` drives it with new ones;
//! the tests here run it over those that are kept, on any toolchain.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, and lays out its own files"
)]

// As the sources of gpumgr that a target includes call it.
use gpumgr::allocator;

pub mod targets;

#[cfg(test)]
fn over_what_is_kept(target: &str, check: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus/inputs")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let checked = std::panic::catch_unwind(|| check(&bytes));
        assert!(checked.is_ok(), "{file:?}");
    }
}

#[test]
fn a_state_file_is_refused_or_kept_whole() {
    over_what_is_kept("state", targets::state::check);
}

#[test]
fn a_config_is_settings_or_mistakes_with_their_places() {
    over_what_is_kept("config", targets::config::check);
}

#[test]
fn arguments_make_sense_or_are_refused_in_plain_words() {
    over_what_is_kept("arguments", targets::arguments::check);
}

#[test]
fn nothing_is_granted_that_the_hardware_does_not_call_free() {
    over_what_is_kept("hardware", targets::hardware::check);
}

#[test]
fn shells_set_the_values_and_do_nothing_else() {
    over_what_is_kept("export", targets::export::check);
}
