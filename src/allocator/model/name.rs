//! Names of tasks and servers.

use std::fmt;
use std::str::FromStr;

/// The name of a task or a server: 1 to [`Name::MAX_CHARS`] printable characters, not
/// beginning with `-` (it would read as a flag).
///
/// ```
/// use gpumgr::allocator::{BadName, Name};
///
/// assert_eq!("学習 1".parse::<Name>()?.as_str(), "学習 1");
/// assert_eq!("-x".parse::<Name>(), Err(BadName::LeadingDash));
/// assert_eq!("a\u{1b}[31m".parse::<Name>(), Err(BadName::Unprintable { position: 2 }));
/// # Ok::<(), BadName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text cannot be a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It begins like a flag.
    #[error("it begins with '-'")]
    LeadingDash,
    /// It is longer than [`Name::MAX_CHARS`].
    #[error("it has {chars} characters, more than {}", Name::MAX_CHARS)]
    TooLong {
        /// How many characters it has.
        chars: usize,
    },
    /// A character in it cannot be printed, or would change how others are.
    #[error("its character {position} is not printable")]
    Unprintable {
        /// Which character, counted from 1.
        position: usize,
    },
}

impl Name {
    /// The most characters (Unicode scalar values) a name may have.
    pub const MAX_CHARS: usize = 128;

    /// The name v0.1 gave the server at this position.
    pub(in crate::allocator) fn of_equal_server(position: usize) -> Self {
        Self(format!("gpu-server-{position}"))
    }

    /// The name of a run whose command has none.
    pub(crate) fn of_run() -> Self {
        Self("run".to_owned())
    }

    /// This name with a number behind it, shortened where both together would be too long.
    pub(in crate::allocator) fn numbered(&self, number: u64) -> Self {
        let room = Self::MAX_CHARS - 12;
        let short: String = self.0.chars().take(room).collect();
        Self(format!("{short}-{number}"))
    }

    /// The name with this before it, unless it begins with that already.
    ///
    /// # Errors
    /// It would be too long.
    pub fn prefixed(&self, prefix: &str) -> Result<Self, BadName> {
        match self.0.starts_with(prefix) {
            true => Ok(self.clone()),
            false => format!("{prefix}{self}").try_into(),
        }
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        if text.is_empty() {
            return Err(BadName::Empty);
        }
        if text.starts_with('-') {
            return Err(BadName::LeadingDash);
        }
        let plain = text.len() <= Self::MAX_CHARS && text.bytes().all(|b| matches!(b, b' '..=b'~'));
        if plain {
            return Ok(Self(text));
        }
        let chars = text.chars().count();
        if chars > Self::MAX_CHARS {
            return Err(BadName::TooLong { chars });
        }
        match text.chars().position(|c| !is_printable(c)) {
            Some(index) => Err(BadName::Unprintable {
                position: index + 1,
            }),
            None => Ok(Self(text)),
        }
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a terminal shows this character as itself: no control, format (which could reorder
/// what stands around it), private or unassigned character, and no odd space but the
/// ideographic one that Japanese and Chinese keyboards type.
pub fn is_printable(c: char) -> bool {
    if matches!(c, '\'' | '"' | '\\' | '\u{3000}') {
        return true;
    }
    if is_blank(c) {
        return false;
    }
    // The standard library's table of what is printable is reachable through its escaping. It
    // also escapes combining marks that stand alone; after a base character they are shown.
    c.escape_debug().len() == 1 || is_combining(c)
}

/// Fillers, joiners and variation selectors: no control, but nothing to see either, so that two
/// names would look alike.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{ffa0}'
    ) || matches!(c, '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_combining(c: char) -> bool {
    let mut with_base = String::from("a");
    with_base.push(c);
    with_base.escape_debug().eq(with_base.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_a_name() {
        for text in [
            "t",
            "my task",
            "a/b:c=d",
            "it's \"x\" \\",
            "学習　1",
            "e\u{301}tude",
            "ガ",
            "🚀",
        ] {
            assert!(text.parse::<Name>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_could_fool_a_terminal_is_not() {
        for text in [
            "a\nb",
            "a\tb",
            "\u{7f}",
            "a\u{9b}31m",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{a0}b",
            "\u{e000}",
            "a\u{3164}",
            "a\u{fe0f}",
            "a\u{2028}",
        ] {
            assert!(
                matches!(text.parse::<Name>(), Err(BadName::Unprintable { .. })),
                "{text:?}"
            );
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!("語".repeat(128).parse::<Name>().is_ok());
        assert_eq!(
            "語".repeat(129).parse::<Name>(),
            Err(BadName::TooLong { chars: 129 })
        );
        assert_eq!("".parse::<Name>(), Err(BadName::Empty));
    }
}
