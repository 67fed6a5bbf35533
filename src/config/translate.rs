//! The manager guide's JSON config, as TOML: its keys have the same names here, and some have
//! another place.
//!
//! What is no key of gpumgr's and what a key may be is not said again here: what was written is read
//! as any config is, and each mistake is told where the JSON has what it comes from.

use super::document::{Mistakes, mistake};
use super::mistake::{ConfigError, Mistake, Wrong};
use super::{Config, STATE_FILE};
use crate::allocator::is_printable;
use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;
use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// A config in TOML that was JSON. It loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The TOML.
    pub toml: String,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// A key that gpumgr does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// With those of the objects around it.
    pub key: String,
    /// The key that was probably meant.
    pub near: Option<String>,
}

/// Keys that the guide has at the top, and TOML under `[limits]`.
pub(super) const LIMITS: [&str; 4] = [
    "max_gpus_per_task",
    "max_total_gpus",
    "max_manual_gpus",
    "max_auto_gpus",
];
/// One of these tells a config of gpumgr's from another program's.
const OURS: [&str; 3] = ["state_file", "cluster", "server"];

/// # Errors
/// It is no JSON, or what it says is no config.
pub(super) fn translate(path: &Path, text: &str) -> Result<Translated, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let failed = |mistakes| ConfigError::Mistakes {
        path: path.to_owned(),
        mistakes,
    };
    let document = parse(text).map_err(|wrong| failed(vec![wrong]))?;
    let tables = arrange(&document);
    let mut unknown = HashSet::new();
    let mut left_out = Vec::new();
    loop {
        let written = Written::of(&tables, &unknown, &left_out);
        let mistakes = match Config::parse(path, &written.toml) {
            Ok(_) => {
                let toml = written.toml;
                return Ok(Translated { toml, left_out });
            }
            Err(ConfigError::Mistakes { mistakes, .. }) => mistakes,
            Err(other) => return Err(other),
        };
        let before = unknown.len();
        for mistake in &mistakes {
            if let Some((place, key)) = written.unknown(mistake) {
                unknown.insert(place);
                left_out.push(key);
            }
        }
        if unknown.len() == before {
            return Err(failed(written.places_in(text, mistakes)));
        }
    }
}

/// The object that the text is, comments aside.
fn parse(text: &str) -> Result<Object<'_>, Mistake> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let message = error.kind().to_string();
        mistake(text, error.range().start, Wrong::Json(message))
    })?;
    let start = parsed.value.as_ref().map_or(0, Ranged::start);
    match parsed.value {
        Some(Value::Object(object)) => Ok(object),
        _ => {
            let message = "Expected an object: { … }".to_owned();
            Err(mistake(text, start, Wrong::Json(message)))
        }
    }
}

/// A table of the TOML, whose own values stand before the tables in it.
struct Table<'t> {
    path: Vec<&'t str>,
    /// Where the JSON has it.
    place: usize,
    values: Vec<&'t ObjectProp<'t>>,
}

/// The tables in the order in which they are written: the nameless one at the top first.
fn arrange<'t>(document: &'t Object<'t>) -> Vec<Table<'t>> {
    let mut limits = Vec::new();
    let mut tables = Vec::new();
    add(document, Vec::new(), 0, &mut tables);
    if let Some(top) = tables.first_mut() {
        let values = std::mem::take(&mut top.values).into_iter();
        (limits, top.values) = values.partition(|value| LIMITS.contains(&value.name.as_str()));
    }
    let own = tables.iter_mut().find(|table| table.path == ["limits"]);
    match (own, limits.first()) {
        (Some(table), _) => {
            let is_there = |name: &str| table.values.iter().any(|own| own.name.as_str() == name);
            limits.retain(|limit| !is_there(limit.name.as_str()));
            table.values.extend(limits);
        }
        (None, Some(first)) => {
            let place = first.range.start;
            let path = vec!["limits"];
            tables.insert(
                1,
                Table {
                    path,
                    place,
                    values: limits,
                },
            );
        }
        (None, None) => {}
    }
    tables
}

fn add<'t>(object: &'t Object<'t>, path: Vec<&'t str>, place: usize, tables: &mut Vec<Table<'t>>) {
    let position = tables.len();
    tables.push(Table {
        path: path.clone(),
        place,
        values: Vec::new(),
    });
    for property in last_of_each(object) {
        match &property.value {
            Value::Object(inner) => {
                let mut path = path.clone();
                path.push(property.name.as_str());
                add(inner, path, property.range.start, tables);
            }
            _ => tables[position].values.push(property),
        }
    }
}

/// What stands there twice counts as it does in Python: the last one. A null says no more than a key
/// that is not there.
fn last_of_each<'t>(object: &'t Object<'t>) -> impl Iterator<Item = &'t ObjectProp<'t>> {
    let properties = object.properties.iter();
    let last: HashMap<_, _> = properties
        .clone()
        .map(|property| (property.name.as_str(), property.range.start))
        .collect();
    properties.filter(move |property| {
        let is_last = last.get(property.name.as_str()) == Some(&property.range.start);
        is_last && !matches!(property.value, Value::NullKeyword(_))
    })
}

/// The TOML, and what each of its lines comes from.
struct Written {
    toml: String,
    lines: Vec<Line>,
}

/// Where the JSON has what a line of the TOML says.
#[derive(Clone, Default)]
struct Line {
    /// The key as gpumgr calls it; empty where nothing was written there.
    key: String,
    key_place: usize,
    value_place: usize,
}

impl Written {
    /// All but what stands at these places, of which this is said instead.
    fn of(tables: &[Table<'_>], unknown: &HashSet<usize>, left_out: &[LeftOut]) -> Self {
        let mut written = Self {
            toml: String::new(),
            lines: Vec::new(),
        };
        for LeftOut { key, .. } in left_out {
            let name = key.split('.').map(toml_key).collect::<Vec<_>>().join(".");
            written.line(&format!("# unknown: {name}"), Line::default());
        }
        let is_ours = |table: &Table<'_>| match table.path.as_slice() {
            [] => table
                .values
                .iter()
                .any(|own| OURS.contains(&own.name.as_str())),
            path => path.len() == 1 && OURS.contains(&path[0]),
        };
        if !tables.iter().any(is_ours) {
            let default = format!("state_file = {}", text(STATE_FILE));
            written.line(&default, Line::default());
        }
        let mut without: Option<&[&str]> = None;
        for table in tables {
            if without.is_some_and(|path| table.path.starts_with(path)) {
                continue;
            }
            if unknown.contains(&table.place) && !table.path.is_empty() {
                without = Some(&table.path);
                continue;
            }
            written.table(table, unknown);
        }
        written
    }

    fn table(&mut self, table: &Table<'_>, unknown: &HashSet<usize>) {
        let place = table.place;
        if !table.path.is_empty() {
            let keys: Vec<_> = table.path.iter().map(|key| toml_key(key)).collect();
            let line = Line {
                key: table.path.join("."),
                key_place: place,
                value_place: place,
            };
            self.line("", Line::default());
            self.line(&format!("[{}]", keys.join(".")), line);
        }
        for property in &table.values {
            let name = property.name.as_str();
            if unknown.contains(&property.range.start) {
                continue;
            }
            let path = table.path.iter().copied().chain([name]);
            let line = Line {
                key: path.collect::<Vec<_>>().join("."),
                key_place: property.range.start,
                value_place: property.value.start(),
            };
            self.line(
                &format!("{} = {}", toml_key(name), value(&property.value)),
                line,
            );
        }
    }

    /// Nothing in it that a terminal would obey: all texts are in double quotes.
    fn line(&mut self, text: &str, line: Line) {
        for c in text.chars() {
            match is_printable(c) {
                true => self.toml.push(c),
                false => {
                    let _ = write!(self.toml, "\\U{:08X}", u32::from(c));
                }
            }
        }
        self.toml.push('\n');
        self.lines.push(line);
    }

    /// The key, and its place, that this mistake says nobody knows; none if it is within a value.
    fn unknown(&self, mistake: &Mistake) -> Option<(usize, LeftOut)> {
        let Wrong::UnknownKey { key, near } = &mistake.wrong else {
            return None;
        };
        let line = self.lines.get(mistake.line.checked_sub(1)?)?;
        let (key, near) = (key.clone(), near.clone());
        (line.key == key).then_some((line.key_place, LeftOut { key, near }))
    }

    /// The mistakes where they are in the JSON.
    fn places_in(&self, json: &str, mistakes: Vec<Mistake>) -> Vec<Mistake> {
        let nowhere = Line::default();
        let place = |found: &Mistake| {
            let line = self.lines.get(found.line - 1).unwrap_or(&nowhere);
            match found.wrong {
                Wrong::UnknownKey { .. }
                | Wrong::VariableName { .. }
                | Wrong::VariableReserved { .. } => line.key_place,
                _ => line.value_place,
            }
        };
        let mut placed = Mistakes::in_text(json);
        for found in mistakes {
            let place = place(&found);
            placed.add(&(place..place), found.wrong);
        }
        placed.into_sorted()
    }
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::StringLit(literal) => text(&literal.value),
        Value::NumberLit(literal) => number(literal.value),
        Value::BooleanLit(literal) => literal.value.to_toml_value(),
        Value::Array(array) => {
            let items: Vec<_> = array.elements.iter().map(self::value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let entry = |property: &ObjectProp<'_>| {
                let name = toml_key(property.name.as_str());
                format!("{name} = {}", self::value(&property.value))
            };
            let entries: Vec<_> = last_of_each(object).map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        // TOML has none, and no list of gpumgr's takes a table instead.
        Value::NullKeyword(_) => "{}".to_owned(),
    }
}

fn text(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

fn number(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(whole) => whole.to_toml_value(),
        Err(_) => text.parse().unwrap_or(f64::NAN).to_toml_value(),
    }
}

fn toml_key(key: &str) -> String {
    let builder = TomlKeyBuilder::new(key);
    let key = builder.as_unquoted().unwrap_or_else(|| builder.as_basic());
    key.to_toml_key()
}
