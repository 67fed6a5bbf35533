//! `--export`: lines that a shell evaluates, quoted so that a value can never become code.

use crate::cli::Shell;
pub(super) use crate::system::at_prompt as word;

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
        Shell::Sh => format!("export {name}={}\n", sh_quoted(value)),
        Shell::Fish => format!("set -gx {name} {};\n", fish_quoted(value)),
        Shell::Powershell => {
            format!(
                "$env:{name} = {}\n",
                powershell_quoted(not_empty(name, value))
            )
        }
        Shell::Cmd => format!("set \"{name}={}\"\n", cmd_text(not_empty(name, value))),
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

/// cmd has no quotes that hold everything, so what it would act on is left out: its signs, and what
/// ends a line and so begins another command.
fn cmd_text(value: &str) -> String {
    value.replace(|c: char| "\"%!^&|<>".contains(c) || c.is_control(), "_")
}

fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b",._-/:".contains(&byte))
}

fn sh_quoted(value: &str) -> String {
    if is_plain(value) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

fn fish_quoted(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Typographic quotes end a quoted text there as plain ones do.
pub(crate) fn powershell_quoted(value: &str) -> String {
    let mut quoted = String::from("'");
    for c in value.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted + "'"
}
