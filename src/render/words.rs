//! The message files, and text made fit for a terminal.

use crate::allocator::{Cap, is_printable};
use crate::cli::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt::Write;
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

/// Which messages: a command that succeeds never reads those of failures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Results,
    Failures,
}

macro_rules! messages {
    ($language:literal, $part:expr) => {
        match $part {
            Part::Results => include_str!(concat!("locales/", $language, "/results.ftl")),
            Part::Failures => include_str!(concat!("locales/", $language, "/failures.ftl")),
        }
    };
}

/// All messages of one part in one language.
pub(crate) struct Words {
    bundle: &'static FluentBundle<FluentResource>,
    language: Language,
    /// What commands that messages advise must repeat: ` --state PATH`.
    options: String,
}

impl Words {
    pub(crate) fn new(part: Part, language: Language, options: &str) -> Self {
        Self {
            bundle: bundle(part, language),
            language,
            options: options.to_owned(),
        }
    }

    /// The message; text in it that came from outside is made printable. `key` is a message's
    /// name, or `name.attribute`.
    pub(crate) fn say<'a>(
        &self,
        key: &str,
        values: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>,
    ) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("options", printable(&self.options));
        for (name, value) in values {
            let value = match value {
                FluentValue::String(text) => FluentValue::from(printable(&text)),
                other => other,
            };
            arguments.set(name, value);
        }
        let (name, attribute) = key
            .split_once('.')
            .map_or((key, None), |(name, attribute)| (name, Some(attribute)));
        let message = self.bundle.get_message(name);
        let pattern = message.and_then(|message| match attribute {
            None => message.value(),
            Some(attribute) => message
                .get_attribute(attribute)
                .map(|attribute| attribute.value()),
        });
        let Some(pattern) = pattern else {
            return key.to_owned();
        };
        self.bundle
            .format_pattern(pattern, Some(&arguments), &mut Vec::new())
            .into_owned()
    }

    /// The messages of results in the same language.
    pub(crate) fn of_results(&self) -> Self {
        Self::new(Part::Results, self.language, &self.options)
    }

    /// A message without values.
    pub(crate) fn text(&self, key: &str) -> String {
        self.say(key, [])
    }
}

/// The messages of one language, each part read when it is first needed. They stay to the end of the
/// process, which is soon: to free them takes time and gives nobody anything.
struct Read {
    results: OnceLock<FluentBundle<FluentResource>>,
    failures: OnceLock<FluentBundle<FluentResource>>,
}

impl Read {
    const fn nothing() -> Self {
        Self {
            results: OnceLock::new(),
            failures: OnceLock::new(),
        }
    }
}

fn bundle(part: Part, language: Language) -> &'static FluentBundle<FluentResource> {
    static EN: Read = Read::nothing();
    static ZH: Read = Read::nothing();
    static JA: Read = Read::nothing();
    let of = match language {
        Language::En => &EN,
        Language::Zh => &ZH,
        Language::Ja => &JA,
    };
    let of = match part {
        Part::Results => &of.results,
        Part::Failures => &of.failures,
    };
    of.get_or_init(|| read(part, language))
}

fn read(part: Part, language: Language) -> FluentBundle<FluentResource> {
    let (tag, text) = match language {
        Language::En => ("en", messages!("en", part)),
        Language::Zh => ("zh-Hans", messages!("zh", part)),
        Language::Ja => ("ja", messages!("ja", part)),
    };
    // The tag picks the plural rules.
    let tag = tag.parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks would keep a name in one script from reordering another; names have no such
    // characters, and a shell line must have none.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(partial, _)| partial);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The key of a cap in the config.
pub(crate) fn cap_name(cap: Cap) -> &'static str {
    match cap {
        Cap::Total => "max_total_gpus",
        Cap::Manual => "max_manual_gpus",
        Cap::Auto => "max_auto_gpus",
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
