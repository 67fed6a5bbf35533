//! What shells act on in a word, and the quotes that keep them from it.

/// Whether this character means nothing to sh, bash and what is like them.
pub(crate) fn is_plain_for_sh(c: char) -> bool {
    c.is_alphanumeric() || "._-/:@%+=,".contains(c)
}

/// In single quotes for sh.
pub(crate) fn sh(text: &str) -> String {
    format!("'{}'", in_sh_quotes(text))
}

/// What stands between two single quotes of sh.
pub(crate) fn in_sh_quotes(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// In single quotes for fish, which knows a backslash there.
pub(crate) fn fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// In single quotes for PowerShell, where typographic quotes end a text as plain ones do.
pub(crate) fn powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted + "'"
}

/// For cmd, which has no quotes that hold everything, so what it would act on is left out: its signs,
/// and what ends a line and so begins another command.
pub(crate) fn cmd(text: &str) -> String {
    text.replace(|c: char| "\"%!^&|<>".contains(c) || c.is_control(), "_")
}

#[cfg(test)]
mod tests {
    use super::{fish, powershell, sh};

    #[test]
    fn quotes_within_do_not_end_a_quoted_text() {
        assert_eq!(sh(r"it's \ $x"), r"'it'\''s \ $x'");
        assert_eq!(fish(r"it's \ $x"), r"'it\'s \\ $x'");
        assert_eq!(powershell(r"it's \ $x"), r"'it''s \ $x'");
        assert_eq!(powershell("\u{2019}; calc"), "'\u{2019}\u{2019}; calc'");
    }
}
