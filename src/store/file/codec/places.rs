//! Where in the text things stand, found while it is decoded: looking for them afterwards would
//! cost as much again.

use serde::Deserialize;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// Where the parts that a change replaces stand in a state file's text.
pub(in crate::store) struct Places {
    /// Where each server begins.
    pub(super) servers: Vec<usize>,
    /// The date of the last change.
    pub(super) last_updated: Range<usize>,
}

/// Where the part, a slice of the text, stands in it.
pub(super) fn range_of(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// The parts of a state file that a change of the queue touches: looked for only then.
#[derive(Deserialize)]
pub(super) struct QueueParts<'t> {
    #[serde(borrow)]
    pub(super) version: &'t RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) queue: Option<&'t RawValue>,
}

/// The parts of a state file that a change of the monitor's records touches.
#[derive(Deserialize)]
pub(super) struct AutoParts<'t> {
    #[serde(borrow)]
    pub(super) version: &'t RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) auto_programs: Option<&'t RawValue>,
}

/// A value that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A JSON object (serde alone would also take a list of the fields' values), and the address of
/// its first key.
pub(super) struct Object<T> {
    pub(super) value: T,
    pub(super) first_key: Option<usize>,
}

/// Where in this text the object with its first key at that address begins; none if the key is
/// written with escapes, and so was copied from the text.
pub(super) fn start_of_object(text: &str, first_key: Option<usize>) -> Option<usize> {
    let key = first_key?.checked_sub(text.as_ptr() as usize)?;
    text.get(..key)
        .filter(|before| before.len() < text.len())?
        .rfind('{')
}

/// Where each server of this text begins, however its keys are written.
pub(super) fn look_for_servers(text: &str) -> serde_json::Result<Vec<usize>> {
    #[derive(Deserialize)]
    struct Servers<'t> {
        #[serde(borrow)]
        servers: Vec<&'t RawValue>,
    }
    let file: Servers<'_> = serde_json::from_str(text)?;
    Ok(file
        .servers
        .into_iter()
        .map(|server| range_of(text, server.get()).start)
        .collect())
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        let mut first_key = None;
        let fields = Fields {
            map,
            first_key: &mut first_key,
        };
        let value = T::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(Object { value, first_key })
    }
}

/// The fields of an object, of which the first key's address is noted in passing.
struct Fields<'n, A> {
    map: A,
    first_key: &'n mut Option<usize>,
}

#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        if self.first_key.is_some() {
            return self.map.next_key_seed(seed);
        }
        let Some(Key(key)) = self.map.next_key()? else {
            return Ok(None);
        };
        *self.first_key = Some(key.as_ptr() as usize);
        seed.deserialize(CowStrDeserializer::<A::Error>::new(key))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
