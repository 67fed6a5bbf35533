//! `--export`: lines that a shell evaluates, quoted so that a value can never become code.

use crate::cli::Shell;
use crate::quoting;

/// The lines that set these variables, as [`outcome::Allocated`](crate::outcome::Allocated) has them,
/// in that shell: for it to evaluate, and to do nothing else.
pub fn export(shell: Shell, environment: &[(String, String)]) -> String {
    environment
        .iter()
        .map(|(name, value)| line(shell, name, value))
        .collect()
}

fn line(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Sh => format!("export {name}={}\n", sh_word(value)),
        Shell::Fish => format!("set -gx {name} {};\n", fish_word(value)),
        Shell::Powershell => {
            format!(
                "$env:{name} = {}\n",
                quoting::powershell(not_empty(name, value))
            )
        }
        Shell::Cmd => format!("set \"{name}={}\"\n", quoting::cmd(not_empty(name, value))),
    }
}

/// PowerShell and cmd cannot hold an empty variable: setting one to nothing removes it, and all
/// GPUs would be visible. No device has the ID -1, so it means the same as an empty list.
fn not_empty<'v>(name: &str, value: &'v str) -> &'v str {
    if value.is_empty() && name == "CUDA_VISIBLE_DEVICES" {
        "-1"
    } else {
        value
    }
}

fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b",._-/:".contains(&byte))
}

fn sh_word(value: &str) -> String {
    if is_plain(value) {
        value.to_owned()
    } else {
        quoting::sh(value)
    }
}

fn fish_word(value: &str) -> String {
    if is_plain(value) {
        value.to_owned()
    } else {
        quoting::fish(value)
    }
}
