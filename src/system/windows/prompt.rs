//! What is to be typed at a prompt, of which there are two here: PowerShell's and cmd's.

/// What one of them acts on within double quotes: first cmd's, then PowerShell's.
const ACTED_ON: [char; 8] = ['%', '!', '$', '`', '"', '\u{201c}', '\u{201d}', '\u{201e}'];

/// A name or path as one would type it at a prompt: in double quotes, which mean the same to both as
/// long as neither acts on what is in them. None where one does: any other quotes would be a part of
/// the name to the other shell, or let it do what the name says.
pub(crate) fn at_prompt(text: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "._-/:+=\\".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    // What becomes of a backslash before the closing quote is another thing in each PowerShell.
    let is_for_both = !text.contains(ACTED_ON) && !text.ends_with('\\');
    is_for_both.then(|| format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::at_prompt;

    #[test]
    fn a_word_is_quoted_so_that_neither_shell_acts_on_it() {
        for (text, typed) in [
            ("train-1", "train-1"),
            (r"C:\lab\", r"C:\lab\"),
            ("学習", "学習"),
            ("", "\"\""),
            ("my state's.json", "\"my state's.json\""),
            ("a & calc | b > c", "\"a & calc | b > c\""),
            ("\u{2019}; calc", "\"\u{2019}; calc\""),
        ] {
            assert_eq!(at_prompt(text).as_deref(), Some(typed), "{text}");
        }
    }

    #[test]
    fn a_word_that_one_of_them_would_take_for_another_is_not_typed() {
        for text in [
            "a%b",
            "%PATH%",
            "go!",
            "a\"b",
            "it's $(calc)",
            "`calc`",
            "a\u{201d}; calc",
            r"a b\",
        ] {
            assert_eq!(at_prompt(text), None, "{text}");
        }
    }
}
