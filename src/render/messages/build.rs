//! The build script: turns the message files into tables, so that no command parses them.
//!
//! The build fails if a message file is not valid Fluent, or if a language lacks a message of English or
//! takes other values in it.

#![allow(
    clippy::disallowed_methods,
    reason = "Cargo names the folder for the tables in a variable, and nothing else reads them"
)]

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const FOLDER: &str = "src/render/messages";
/// English comes first: the other languages are compared with it.
const LANGUAGES: [&str; 3] = ["en", "zh", "ja"];
const FILES: [&str; 2] = ["results.ftl", "failures.ftl"];

/// One message or attribute.
#[derive(Default)]
struct Message {
    /// The text as `Messages::format` reads it.
    text: String,
    values: BTreeSet<String>,
}

/// All messages of one language by `name` or `name.attribute`.
type Catalog = BTreeMap<String, Message>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let catalogs = LANGUAGES.map(read);
    let [english, ..] = &catalogs;
    let english = english.as_ref().map_err(|error| error.to_string())?;
    let mut code = names(english)?;
    for (language, catalog) in LANGUAGES.iter().zip(&catalogs) {
        let catalog = catalog.as_ref().map_err(|error| error.to_string())?;
        compare(language, catalog, english)?;
        code += &table(language, catalog)?;
    }
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("messages.rs"), code)?;
    Ok(())
}

fn read(language: &str) -> Result<Catalog, Box<dyn Error>> {
    let mut catalog = Catalog::new();
    for file in FILES {
        let path = format!("{FOLDER}/{language}/{file}");
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let parsed = parser::parse(text.as_str());
        let resource = parsed.map_err(|(_, errors)| format!("{path}: {errors:?}"))?;
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let name = message.id.name;
                if let Some(pattern) = &message.value {
                    add(&mut catalog, name.to_owned(), pattern)?;
                }
                for attribute in &message.attributes {
                    let name = format!("{name}.{}", attribute.id.name);
                    add(&mut catalog, name, &attribute.value)?;
                }
            }
        }
    }
    Ok(catalog)
}

fn add(catalog: &mut Catalog, name: String, pattern: &Pattern<&str>) -> Result<(), String> {
    let mut message = Message::default();
    message
        .add_pattern(pattern)
        .map_err(|error| format!("{name}: {error}"))?;
    match catalog.insert(name.clone(), message) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is there twice")),
    }
}

impl Message {
    fn add_pattern(&mut self, pattern: &Pattern<&str>) -> Result<(), String> {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.text += value,
                PatternElement::Placeable { expression } => self.add_expression(expression)?,
            }
        }
        Ok(())
    }

    fn add_expression(&mut self, expression: &Expression<&str>) -> Result<(), String> {
        match expression {
            Expression::Inline(InlineExpression::StringLiteral { value }) => self.text += value,
            Expression::Inline(InlineExpression::VariableReference { id }) => {
                self.values.insert(id.name.to_owned());
                let _ = write!(self.text, "\u{1}{}\u{2}", id.name);
            }
            Expression::Select { selector, variants } => {
                let InlineExpression::VariableReference { id } = selector else {
                    return Err("only a value can select a variant".to_owned());
                };
                self.values.insert(id.name.to_owned());
                let _ = write!(self.text, "\u{1}{}\u{3}", id.name);
                self.add_variants(variants)?;
            }
            Expression::Inline(_) => return Err("only text and values are known here".to_owned()),
        }
        Ok(())
    }

    /// The variant for one, and the variant for all other numbers. Chinese and Japanese have the second only.
    fn add_variants(&mut self, variants: &[Variant<&str>]) -> Result<(), String> {
        let named = |wanted: &str| {
            let mut variants = variants.iter();
            variants.find(|variant| {
                matches!(&variant.key, VariantKey::Identifier { name } if *name == wanted)
            })
        };
        let other = named("other").ok_or("the variant [other] is missing")?;
        if variants.len() > 1 + usize::from(named("one").is_some()) {
            return Err("only the variants [one] and [other] are known here".to_owned());
        }
        self.add_pattern(&named("one").unwrap_or(other).value)?;
        self.text.push('\u{4}');
        self.add_pattern(&other.value)?;
        self.text.push('\u{2}');
        Ok(())
    }
}

fn compare(language: &str, catalog: &Catalog, english: &Catalog) -> Result<(), String> {
    for name in english.keys().chain(catalog.keys()) {
        let here = catalog.get(name).map(|message| &message.values);
        let there = english.get(name).map(|message| &message.values);
        if here != there {
            return Err(format!(
                "{FOLDER}/{language}: {name} has the values {here:?}, but {there:?} in English"
            ));
        }
    }
    Ok(())
}

/// The names of all messages in order, each with its values: only the compiler reads them.
fn names(english: &Catalog) -> Result<String, std::fmt::Error> {
    let mut code =
        "#[allow(clippy::large_const_arrays, reason = \"it is in no program\")]\n".to_owned();
    code += &format!("const NAMES: [(&str, &[&str]); {}] = [\n", english.len());
    for (name, message) in english {
        let values: Vec<_> = message.values.iter().collect();
        writeln!(code, "    ({name:?}, &{values:?}),")?;
    }
    Ok(code + "];\n")
}

/// The texts of one language, one behind the other, and where each ends. Two arrays need no relocation when
/// the program is loaded.
fn table(language: &str, catalog: &Catalog) -> Result<String, std::fmt::Error> {
    let mut texts = String::new();
    let mut ends = Vec::new();
    for message in catalog.values() {
        texts += &message.text;
        ends.push(texts.len());
    }
    let name = language.to_uppercase();
    let mut code = format!("static {name}: Catalog = Catalog {{\n    texts: {texts:?},\n");
    writeln!(code, "    ends: &{ends:?},\n}};")?;
    Ok(code)
}
