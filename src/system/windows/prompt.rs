//! What is to be typed at a prompt, of which there are two here: PowerShell's and cmd's.

/// What cmd acts on, within double quotes, too, or outside.
const FOR_CMD: [char; 8] = ['"', '%', '!', '^', '&', '|', '<', '>'];
/// What PowerShell acts on within double quotes.
const FOR_POWERSHELL: [char; 6] = ['$', '`', '"', '\u{201c}', '\u{201d}', '\u{201e}'];

/// A name or path as one would type it at a prompt. Double quotes mean the same to both as long as
/// there is nothing in them that either acts on. Where there is, it is PowerShell's single quotes,
/// without what cmd would make a command of.
pub(crate) fn at_prompt(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/:+=\\".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text.contains(['%', '!']) || text.contains(FOR_POWERSHELL) {
        // PowerShell takes these for its single quotes, too.
        let quotes = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
        let doubled = |c: char| {
            if quotes.contains(&c) {
                vec![c, c]
            } else {
                vec![c]
            }
        };
        let text = text.replace(FOR_CMD, "_");
        return format!("'{}'", text.chars().flat_map(doubled).collect::<String>());
    }
    // A backslash before the closing quote would take it for a part of the word.
    let bare = text.trim_end_matches('\\');
    format!("\"{text}{}\"", &text[bare.len()..])
}

#[cfg(test)]
mod tests {
    use super::at_prompt;

    #[test]
    fn a_word_is_quoted_so_that_neither_shell_acts_on_it() {
        for (text, typed) in [
            ("train-1", "train-1"),
            (r"C:\lab\state.json", r"C:\lab\state.json"),
            ("学習", "学習"),
            ("", "\"\""),
            ("my state's.json", "\"my state's.json\""),
            ("a & calc | b > c", "\"a & calc | b > c\""),
            (r"a b\", "\"a b\\\\\""),
            ("it's $(calc)", "'it''s $(calc)'"),
            ("`calc` & %PATH%", "'`calc` _ _PATH_'"),
            ("\u{2019}; $(calc)", "'\u{2019}\u{2019}; $(calc)'"),
            ("a\"b", "'a_b'"),
        ] {
            assert_eq!(at_prompt(text), typed, "{text}");
        }
    }
}
