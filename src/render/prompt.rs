//! What a hint names, as one would type it at a prompt.
//!
//! Where no one form means that very name to every shell there, two words stand for it: names have no
//! blank without quotes, so that gpumgr refuses them if somebody types them all the same.

use crate::system;
use std::path::Path;

pub(super) fn task(name: &str) -> String {
    system::at_prompt(name).unwrap_or_else(|| "THE TASK".to_owned())
}

pub(super) fn path(path: &Path) -> String {
    let typed = path.to_str().and_then(system::at_prompt);
    typed.unwrap_or_else(|| "THE PATH".to_owned())
}
