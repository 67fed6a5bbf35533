//! What the terminal and the environment say.

use crate::cli::Language;
use crate::system;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// The rows of the terminal that standard output is.
pub(super) fn rows() -> Option<usize> {
    let size = io::stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)?;
    size.map(|(_width, height)| usize::from(height.0))
}

/// The columns of the terminal that this is.
pub(super) fn columns(stream: &impl IsTerminal) -> Option<u16> {
    let size = stream.is_terminal().then(terminal_size::terminal_size)?;
    size.map(|(width, _height)| width.0)
}

#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
pub(super) fn shows_colours(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    stream.is_terminal() && !refused && !dumb
}

/// Where the system's linker looks for libraries first.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
pub(super) fn library_path() -> Option<OsString> {
    std::env::var_os(system::LIBRARY_PATH)
}

/// Whether a line can be written over.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
pub(super) fn redraws(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// The first of the locale variables that is set decides.
#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
pub(super) fn language_of_environment() -> Language {
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let locale = variables
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale.as_deref().and_then(|locale| locale.get(..2)) {
        Some("zh") => Language::Zh,
        Some("ja") => Language::Ja,
        _ => Language::En,
    }
}
