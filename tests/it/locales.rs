//! Every message is used, and every error has a hint. The build compares the languages.

use fluent_syntax::ast::Entry;
use fluent_syntax::parser;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn render_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render")
}

/// The names of all messages and attributes: `name` or `name.attribute`.
fn all_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in ["results.ftl", "failures.ftl"] {
        let text = fs::read_to_string(render_folder().join("messages/en").join(file)).unwrap();
        for entry in parser::parse(text.as_str()).unwrap().body {
            if let Entry::Message(message) = entry {
                let name = message.id.name;
                let attributes = message.attributes.iter();
                names.extend(attributes.map(|attribute| format!("{name}.{}", attribute.id.name)));
                names.extend(message.value.map(|_| name.to_owned()));
            }
        }
    }
    names
}

/// Every text literal in the rendering code that could be a message's name.
fn names_in_code() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["text", "failure"] {
        for file in fs::read_dir(render_folder().join(folder)).unwrap() {
            let code = fs::read_to_string(file.unwrap().path()).unwrap();
            let literals = code.split('"').skip(1).step_by(2);
            names.extend(literals.map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_error_says_what_to_do_next() {
    let names = all_names();
    // These share hints that depend on what the system said.
    let shared =
        ["read", "lock", "write", "lease", "keep", "flush"].map(|action| format!("error-{action}"));
    let without: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("error-") && !name.contains('.') && !shared.contains(name))
        .filter(|name| !names.contains(&format!("{name}.hint")))
        .collect();
    assert_eq!(without, Vec::<&String>::new());
}

#[test]
fn no_message_is_unused() {
    let used = names_in_code();
    // `keys!` names a message and its hint by the message alone.
    let is_used = |name: &String| used.contains(name.strip_suffix(".hint").unwrap_or(name));
    let unused: Vec<_> = all_names()
        .into_iter()
        .filter(|name| !is_used(name))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}
