//! The messages in all languages, and text made fit for a terminal.
//!
//! The build script compiles the message files into tables. `text!` and `key!` look a message up when gpumgr
//! is compiled: a wrong name, or a value that the message needs and does not get, does not build.

use crate::allocator::{Quota, is_printable};
use crate::cli::Language;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// Begins a value in a text.
const VALUE: char = '\u{1}';
/// Ends a value, or its last variant.
const END: char = '\u{2}';
/// Ends the name of a value that selects a variant.
const ONE: char = '\u{3}';
/// Ends the variant for one.
const OTHER: char = '\u{4}';

/// The texts of one language.
struct Catalog {
    texts: &'static str,
    /// Where each text ends, in bytes.
    ends: &'static [usize],
}

impl Catalog {
    fn text(&self, key: Key) -> &'static str {
        let start = key.0.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start..self.ends[key.0]]
    }
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key(usize);

impl Key {
    /// The message of that name, which is `name` or `name.attribute`. It takes no other values than `given`
    /// and `options`.
    ///
    /// # Panics
    /// There is no such message, or it takes another value. The macros call this while gpumgr is compiled.
    #[allow(clippy::panic, reason = "it ends the compiler, and is in no program")]
    pub(crate) const fn named(name: &str, given: &[&str]) -> Self {
        let (mut low, mut high) = (0, NAMES.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let (found, values) = NAMES[middle];
            match order(name.as_bytes(), found.as_bytes()) {
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
                Ordering::Equal => {
                    check(values, given);
                    return Self(middle);
                }
            }
        }
        panic!("there is no message of that name");
    }
}

const fn check(values: &[&str], given: &[&str]) {
    let mut value = 0;
    while value < values.len() {
        let name = values[value].as_bytes();
        let mut found = matches!(order(name, b"options"), Ordering::Equal);
        let mut other = 0;
        while other < given.len() {
            found |= matches!(order(name, given[other].as_bytes()), Ordering::Equal);
            other += 1;
        }
        assert!(found, "the message takes a value that it does not get");
        value += 1;
    }
}

const fn order(one: &[u8], other: &[u8]) -> Ordering {
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] < other[at] {
            return Ordering::Less;
        }
        if one[at] > other[at] {
            return Ordering::Greater;
        }
        at += 1;
    }
    if one.len() < other.len() {
        Ordering::Less
    } else if one.len() > other.len() {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// The key of the message of that name, which takes no values but these: `key!("name", value, …)`.
macro_rules! key {
    ($name:literal $(, $value:ident)* $(,)?) => {
        const { $crate::render::messages::Key::named($name, &[$(stringify!($value)),*]) }
    };
}

/// The keys of an error's headline and of its hint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) headline: Key,
    pub(crate) hint: Key,
}

/// The keys of the error of that name and of its hint, which take no values but these.
macro_rules! keys {
    ($name:literal $(, $value:ident)* $(,)?) => {{
        use $crate::render::messages::{Key, Keys};
        const GIVEN: &[&str] = &[$(stringify!($value)),*];
        Keys {
            headline: const { Key::named($name, GIVEN) },
            hint: const { Key::named(concat!($name, ".hint"), GIVEN) },
        }
    }};
}

/// The text of one message: `text!(messages, "name", value = …)`.
macro_rules! text {
    ($messages:expr, $name:literal $(, $value:ident = $from:expr)* $(,)?) => {
        $messages.format(
            $crate::render::messages::key!($name $(, $value)*),
            &[$((stringify!($value), $crate::render::messages::Value::from($from))),*],
        )
    };
}

pub(crate) use {key, keys, text};

/// A value in a message.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! number {
    ($($number:ty),*) => {
        $(impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        })*
    };
}

number!(u8, u32, u64, usize, i32, i64);

/// All messages in one language.
#[derive(Clone, Debug)]
pub(crate) struct Messages {
    language: Language,
    /// The options that an advised command must repeat: ` --state PATH`.
    options: String,
}

impl Messages {
    pub(crate) fn new(language: Language, options: &str) -> Self {
        Self {
            language,
            options: printable(options),
        }
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The options that an advised command must repeat.
    pub(crate) fn options(&self) -> &str {
        &self.options
    }

    /// The message with its values. Text in them is made printable.
    pub(crate) fn format(&self, key: Key, values: &[(&str, Value<'_>)]) -> String {
        let catalog = match self.language {
            Language::En => &EN,
            Language::Zh => &ZH,
            Language::Ja => &JA,
        };
        let mut formatted = String::new();
        self.write(&mut formatted, catalog.text(key), values);
        formatted
    }

    /// The message without values.
    pub(crate) fn plain(&self, key: Key) -> String {
        self.format(key, &[])
    }

    /// Writes a text up to the end of its variant; what is behind that.
    fn write<'t>(
        &self,
        to: &mut String,
        mut text: &'t str,
        values: &[(&str, Value<'_>)],
    ) -> &'t str {
        while let Some(at) = text.find([VALUE, OTHER, END]) {
            to.push_str(&text[..at]);
            let is_end = !text[at..].starts_with(VALUE);
            text = &text[at + 1..];
            if is_end {
                return text;
            }
            text = self.write_value(to, text, values);
        }
        to.push_str(text);
        ""
    }

    /// Writes the value that the text begins with, or the variant that it selects; what is behind that.
    fn write_value<'t>(
        &self,
        to: &mut String,
        text: &'t str,
        values: &[(&str, Value<'_>)],
    ) -> &'t str {
        let at = text.find([ONE, END]).unwrap_or(text.len());
        let (name, rest) = text.split_at(at);
        let value = values.iter().find(|(given, _)| *given == name);
        let value = value.map(|(_, value)| value);
        if let Some(variants) = rest.strip_prefix(ONE) {
            let mut other = String::new();
            let is_one = matches!(value, Some(Value::Number(1)));
            let (one, other) = if is_one {
                (to, &mut other)
            } else {
                (&mut other, to)
            };
            let variants = self.write(one, variants, values);
            return self.write(other, variants, values);
        }
        match value {
            Some(Value::Text(text)) => to.push_str(&printable(text)),
            Some(Value::Number(number)) => to.push_str(&number.to_string()),
            None if name == "options" => to.push_str(&self.options),
            None => to.push_str(name),
        }
        rest.strip_prefix(END).unwrap_or(rest)
    }
}

/// The key of a cap in the config.
pub(crate) fn cap_name(cap: Quota) -> &'static str {
    match cap {
        Quota::Total => "max_total_gpus",
        Quota::Manual => "max_manual_gpus",
        Quota::Auto => "max_auto_gpus",
    }
}

/// The text with everything that a terminal would obey, or not show, written as an escape.
pub(crate) fn printable(text: &str) -> String {
    escape(text, is_printable)
}

/// The text in double quotes, as TOML reads it; nothing in it that a terminal would obey.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_printable(c) => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted + "\""
}

/// The same, line by line.
pub(crate) fn printable_lines(text: &str) -> String {
    escape(text, |c| c == '\n' || is_printable(c))
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if keep(c) {
            printable.push(c);
        } else {
            let _ = write!(printable, "{}", c.escape_default());
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::{Key, Messages, NAMES};
    use crate::cli::Language;

    #[test]
    fn number_selects_the_variant() {
        let messages = Messages::new(Language::En, "");
        let size = |gpus: u32| text!(messages, "cluster-size", servers = 1, gpus = gpus, cpus = 0);
        assert_eq!(size(1), "1 server, 1 GPU, 0 CPUs");
        assert_eq!(size(12), "1 server, 12 GPUs, 0 CPUs");
    }

    #[test]
    fn text_that_a_terminal_would_obey_is_escaped() {
        let messages = Messages::new(Language::En, " --state a\nb");
        let text = text!(messages, "error-no-state.hint");
        assert!(
            text.ends_with("gpumgr --check-config --state a\\nb"),
            "{text}"
        );
        let text = text!(
            messages,
            "status-left",
            task = "\u{1}x\u{2}",
            left = "",
            server = "",
            devices = ""
        );
        assert!(text.starts_with("\\u{1}x\\u{2}:"), "{text}");
    }

    #[test]
    fn each_message_is_whole_in_each_language() {
        for language in [Language::En, Language::Zh, Language::Ja] {
            let messages = Messages::new(language, "");
            for (at, (name, _)) in NAMES.iter().enumerate() {
                let text = messages.plain(Key(at));
                let mark = ['\u{1}', '\u{2}', '\u{3}', '\u{4}'];
                assert!(!text.is_empty() && !text.contains(mark), "{name}: {text}");
            }
        }
    }
}
