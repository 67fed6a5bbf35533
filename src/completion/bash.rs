//! A line that is being typed in bash, which hands it over raw, and puts in what it is given raw.

use crate::quoting::{in_sh_quotes, is_plain_for_sh};

/// The words up to the cursor, without their quotes.
pub(super) struct Typed {
    /// Those after the program's own.
    before: Vec<String>,
    current: String,
    /// How many bytes of the current word bash keeps: it completes behind `:` or `=`, and in an
    /// open quote.
    kept: usize,
    quote: Option<char>,
}

impl Typed {
    /// The line up to the cursor; bash ends words at these characters, too, when it completes.
    pub(super) fn new(line: &str, breaks: &str) -> Self {
        let mut typed = Self {
            before: Vec::new(),
            current: String::new(),
            kept: 0,
            quote: None,
        };
        let mut is_word = false;
        let mut characters = line.chars();
        while let Some(c) = characters.next() {
            let is_blank = c.is_ascii_whitespace();
            if typed.quote.is_none() && is_blank {
                if is_word {
                    typed.before.push(std::mem::take(&mut typed.current));
                }
                (is_word, typed.kept) = (false, 0);
                continue;
            }
            is_word = true;
            typed.read(c, &mut characters, breaks);
        }
        if !typed.before.is_empty() {
            typed.before.remove(0);
        }
        typed
    }

    fn read(&mut self, c: char, rest: &mut impl Iterator<Item = char>, breaks: &str) {
        match (self.quote, c) {
            (Some(quote), c) if c == quote => {
                self.quote = None;
                self.kept = self.current.len();
            }
            (Some('"'), '\\') => match rest.next() {
                Some(escaped @ ('"' | '$' | '`' | '\\')) => self.current.push(escaped),
                other => self.current.extend(std::iter::once('\\').chain(other)),
            },
            (None, '\\') => self.current.extend(rest.next()),
            (None, '\'' | '"') => {
                self.quote = Some(c);
                self.kept = self.current.len();
            }
            // Hosts are completed with their @.
            (None, '@') if breaks.contains('@') => {
                self.kept = self.current.len();
                self.current.push(c);
            }
            (quote, c) => {
                self.current.push(c);
                if quote.is_none() && breaks.contains(c) {
                    self.kept = self.current.len();
                }
            }
        }
    }

    pub(super) fn words(&self) -> (&[String], &str) {
        (&self.before, &self.current)
    }

    /// What bash is to put in for this word, if it begins as the current one.
    pub(super) fn insert(&self, word: &str) -> Option<String> {
        if !word.starts_with(&self.current) {
            return None;
        }
        let rest = word.get(self.kept..)?;
        match self.quote {
            Some('\'') => Some(in_sh_quotes(rest)),
            // Not even a backslash keeps it from being history there.
            Some(_) if rest.contains('!') => None,
            Some(_) => Some(escaped(rest, |c| "\"$`\\".contains(c))),
            None => Some(escaped(rest, |c| !is_plain_for_sh(c))),
        }
    }
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'><=;|&(:";

    fn put_in(line: &str, word: &str) -> Option<String> {
        Typed::new(line, BREAKS).insert(word)
    }

    #[test]
    fn words_are_read_as_bash_reads_them() {
        let typed = Typed::new(r#"gpumgr --state 'a b' --config "c \"d"\ e --rel"#, BREAKS);
        let before = ["--state", "a b", "--config", "c \"d e"].map(str::to_owned);
        assert_eq!(typed.words(), (&before[..], "--rel"));
    }

    #[test]
    fn what_is_put_in_is_one_word_and_nothing_else() {
        assert_eq!(
            put_in("gpumgr x ", "$(reboot) a").as_deref(),
            Some(r"\$\(reboot\)\ a")
        );
        assert_eq!(
            put_in("gpumgr x '", "it's; b").as_deref(),
            Some(r"it'\''s; b")
        );
        assert_eq!(
            put_in("gpumgr x \"", "`a` $b").as_deref(),
            Some(r"\`a\` \$b")
        );
        assert_eq!(put_in("gpumgr x a:b", "a:b c").as_deref(), Some(r"b\ c"));
        assert_eq!(put_in("gpumgr x \"", "!reboot"), None);
        assert_eq!(put_in("gpumgr x b", "a"), None);
    }
}
