//! JSON objects of which some fields are gpumgr's, and the others are left alone.

use super::splice::Splice;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A key and its value as JSON; none where the field is to be absent.
pub(super) type Field = (&'static str, Option<String>);

/// An object of these fields, each on a line that many columns in.
pub(super) fn fresh(fields: &[Field], indent: usize) -> String {
    let lines: Vec<_> = written(fields)
        .map(|field| format!("\n{:indent$}{field}", ""))
        .collect();
    format!("{{{}\n{:2$}}}", lines.join(","), "", indent - 2)
}

pub(super) fn in_one_line(fields: &[Field]) -> String {
    format!("{{{}}}", written(fields).collect::<Vec<_>>().join(", "))
}

fn written(fields: &[Field]) -> impl Iterator<Item = String> {
    fields
        .iter()
        .filter_map(|(key, value)| Some(format!("\"{key}\": {}", value.as_ref()?)))
}

/// This object, which had these fields of gpumgr's before and has those now. What is as it was
/// stays as it is written, and so does what is not gpumgr's.
pub(super) fn merged(
    old: &str,
    before: &[Field],
    now: &[Field],
    indent: usize,
) -> serde_json::Result<String> {
    let present: Fields<'_> = serde_json::from_str(old)?;
    let mut splice = Splice::of(old);
    let changed = now.iter().filter(|field| !before.contains(field));
    for (key, value) in changed {
        let there = present.0.iter().find(|(name, _)| name == key);
        match (there, value) {
            (Some((_, there)), Some(value)) => splice.replace(there.get(), value.clone()),
            (Some((_, there)), None) => splice.remove_field(there.get()),
            (None, Some(value)) => {
                let field = format!(",\n{:indent$}\"{key}\": {value}", "");
                if let Some((_, last)) = present.0.last() {
                    splice.insert_after(last.get(), field);
                }
            }
            (None, None) => {}
        }
    }
    Ok(splice.pieces().concat())
}

/// The fields of an object, in their order.
struct Fields<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Fields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    fields.push((key, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);
