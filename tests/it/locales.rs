//! The message files are complete, alike and used.

use fluent_syntax::ast::{Entry, Pattern};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LANGUAGES: [&str; 3] = ["en", "zh", "ja"];
const PARTS: [&str; 2] = ["results", "failures"];

/// Each message and attribute, `name` or `name.attribute`, with the values it takes.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn render_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render")
}

fn messages(language: &str, part: &str) -> Messages {
    let path = render_folder().join(format!("locales/{language}/{part}.ftl"));
    let text = fs::read_to_string(&path).unwrap();
    let resource =
        parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{path:?}: {errors:?}"));
    let mut messages = Messages::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let mut add = |name: String, pattern: &Pattern<&str>| {
            assert!(
                messages.insert(name.clone(), values(pattern)).is_none(),
                "{path:?}: {name} twice"
            );
        };
        if let Some(pattern) = &message.value {
            add(message.id.name.to_owned(), pattern);
        }
        for attribute in &message.attributes {
            add(
                format!("{}.{}", message.id.name, attribute.id.name),
                &attribute.value,
            );
        }
    }
    messages
}

/// The names after `$`, wherever in the pattern they stand.
fn values(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let tree = format!("{pattern:?}");
    let mark = "VariableReference { id: Identifier { name: \"";
    let rests = tree.split(mark).skip(1);
    rests
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn all_english() -> Messages {
    PARTS.iter().flat_map(|part| messages("en", part)).collect()
}

/// Every text literal in the rendering code that could be a message's name.
fn names_in_code() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["text", "failure"] {
        for file in fs::read_dir(render_folder().join(folder)).unwrap() {
            let code = fs::read_to_string(file.unwrap().path()).unwrap();
            let literals = code.split('"').skip(1).step_by(2);
            let like_a_name = |text: &&str| {
                text.contains('-')
                    && text
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || "-.".contains(c))
                    && text.starts_with(|c: char| c.is_ascii_lowercase())
            };
            names.extend(literals.filter(like_a_name).map(str::to_owned));
        }
    }
    names.extend(["title", "totals"].map(str::to_owned));
    names
}

#[test]
fn every_language_has_the_same_messages_taking_the_same_values() {
    for part in PARTS {
        let english = messages("en", part);
        for language in LANGUAGES {
            assert_eq!(messages(language, part), english, "{language}/{part}");
        }
    }
}

#[test]
fn no_message_is_missing() {
    let english = all_english();
    let missing: Vec<_> = names_in_code()
        .into_iter()
        .filter(|name| !english.contains_key(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_error_says_what_to_do_next() {
    let english = all_english();
    // These share hints that depend on what the system said.
    let shared =
        ["read", "lock", "write", "lease", "keep", "flush"].map(|action| format!("error-{action}"));
    let without: Vec<_> = english
        .keys()
        .filter(|name| name.starts_with("error-") && !name.contains('.') && !shared.contains(name))
        .filter(|name| !english.contains_key(&format!("{name}.hint")))
        .collect();
    assert_eq!(without, Vec::<&String>::new());
}

#[test]
fn no_message_is_unused() {
    let used = names_in_code();
    // A hint is shown with its message.
    let is_used = |name: &String| used.contains(name.strip_suffix(".hint").unwrap_or(name));
    let unused: Vec<_> = all_english()
        .into_keys()
        .filter(|name| !is_used(name))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}
