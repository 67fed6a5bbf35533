//! A TOML table that is read key by key: every value with its place, and at the end nothing left
//! over.

use super::mistake::{Expected, Mistake, Wrong};
use crate::allocator::{MAX_TTL, PerGpu};
use chrono::TimeDelta;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key is suggested instead if it is that near, or unlike in a third of its letters.
const MAX_TYPOS: usize = 3;
/// No key is nearly as long, and comparing takes the product of both lengths.
const MAX_KEY: usize = 64;

/// The whole text as a table.
pub(super) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, Mistake> {
    DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(text.len(), |span| span.start);
        mistake(text, start, Wrong::Syntax(error.message().to_owned()))
    })
}

pub(super) fn mistake(text: &str, offset: usize, wrong: Wrong) -> Mistake {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Mistake {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        wrong,
    }
}

/// The mistakes found so far.
pub(super) struct Mistakes<'t> {
    text: &'t str,
    found: Vec<(usize, Wrong)>,
}

impl<'t> Mistakes<'t> {
    pub(super) fn in_text(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, place: &Range<usize>, wrong: Wrong) {
        self.found.push((place.start, wrong));
    }

    /// In the order they stand. The text is gone through once, however many there are.
    pub(super) fn into_sorted(mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|(offset, _)| *offset);
        let (mut line, mut line_start, mut counted) = (1, 0, 0);
        let place = |(offset, wrong): (usize, Wrong)| {
            for (newline, _) in self.text[counted..offset].match_indices('\n') {
                line += 1;
                line_start = counted + newline + 1;
            }
            counted = offset;
            let column = self.text[line_start..offset].chars().count() + 1;
            Mistake {
                line,
                column,
                wrong,
            }
        };
        self.found.into_iter().map(place).collect()
    }
}

/// A value and its place.
pub(super) type Placed<T> = (T, Range<usize>);

/// One table: each key asked for is taken out, and [`Table::finish`] complains about the rest.
pub(super) struct Table<'t> {
    name: &'static str,
    place: Range<usize>,
    entries: DeTable<'t>,
    known: Vec<&'static str>,
    present: Vec<&'static str>,
}

impl<'t> Table<'t> {
    pub(super) fn root(document: Spanned<DeTable<'t>>) -> Self {
        Self::of("", 0..0, document.into_inner())
    }

    fn of(name: &'static str, place: Range<usize>, entries: DeTable<'t>) -> Self {
        Self {
            name,
            place,
            entries,
            known: Vec::new(),
            present: Vec::new(),
        }
    }

    pub(super) fn place(&self) -> &Range<usize> {
        &self.place
    }

    fn take(&mut self, key: &'static str) -> Option<Placed<DeValue<'t>>> {
        self.known.push(key);
        let (written, value) = self.entries.remove_entry(key)?;
        self.present.push(key);
        let key_place = written.span();
        let place = value.span();
        // A table's own place is its header's end; the key is what people look for.
        let place = if value.get_ref().is_table() {
            key_place
        } else {
            place
        };
        Some((value.into_inner(), place))
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: Expected,
        mistakes: &mut Mistakes<'_>,
        convert: impl FnOnce(DeValue<'t>) -> Option<T>,
    ) -> Option<Placed<T>> {
        let (value, place) = self.take(key)?;
        let converted = convert(value);
        if converted.is_none() {
            mistakes.add(
                &place,
                Wrong::Type {
                    key: self.path(key),
                    expected,
                },
            );
        }
        Some((converted?, place))
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<String>> {
        self.typed(key, Expected::Text, mistakes, |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// A list of texts.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<Vec<String>>> {
        self.typed(key, Expected::Texts, mistakes, texts)
    }

    /// A list of texts, each with its place.
    pub(super) fn placed_list(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Vec<Placed<String>>> {
        let placed = |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| Some((value.get_ref().as_str()?.to_owned(), value.span())))
                .collect(),
            _ => None,
        };
        let (texts, _) = self.typed(key, Expected::Texts, mistakes, placed)?;
        Some(texts)
    }

    /// A text that counts for all, or a list of one for each.
    pub(super) fn one_or_list(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<PerGpu<String>>> {
        self.typed(key, Expected::TextOrTexts, mistakes, |value| {
            match value.as_str() {
                Some(text) => Some(PerGpu::All(text.to_owned())),
                None => texts(value).map(PerGpu::List),
            }
        })
    }

    pub(super) fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes<'_>) -> Option<bool> {
        Some(
            self.typed(key, Expected::TrueOrFalse, mistakes, |value| {
                value.as_bool()
            })?
            .0,
        )
    }

    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<u32>> {
        let number = |value: DeValue<'t>| {
            let integer = value.as_integer()?;
            // One too long to read is at any rate out of range.
            Some(i64::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i64::MAX))
        };
        let (number, place) = self.typed(key, Expected::WholeNumber, mistakes, number)?;
        match u32::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
        {
            Some(number) => Some((number, place)),
            None => {
                let (min, max) = range.into_inner();
                mistakes.add(
                    &place,
                    Wrong::Range {
                        key: self.path(key),
                        min,
                        max,
                    },
                );
                None
            }
        }
    }

    pub(super) fn duration(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Duration> {
        self.placed_duration(key, mistakes)
            .map(|(duration, _)| duration)
    }

    pub(super) fn placed_duration(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<Duration>> {
        let (text, place) = self.text(key, mistakes)?;
        let duration = humantime::parse_duration(&text).ok();
        if duration.is_none() {
            mistakes.add(
                &place,
                Wrong::Duration {
                    key: self.path(key),
                },
            );
        }
        Some((duration?, place))
    }

    /// A duration, or a number of seconds, as the guide's users write it.
    pub(super) fn span(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<TimeDelta> {
        let (value, place) = self.take(key)?;
        let span = match &value {
            DeValue::String(text) => humantime::parse_duration(text).ok(),
            value => number(value).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        };
        let span = span.and_then(|span| TimeDelta::from_std(span).ok());
        let span = span.filter(|span| *span <= MAX_TTL);
        if span.is_none() {
            let key = self.path(key);
            mistakes.add(&place, Wrong::Duration { key });
        }
        span
    }

    /// A number from 0 to 1, in percent.
    pub(super) fn fraction(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<f64>> {
        let fraction =
            |value: DeValue<'_>| number(&value).filter(|fraction| (0.0..=1.0).contains(fraction));
        let (fraction, place) = self.typed(key, Expected::Fraction, mistakes, fraction)?;
        Some((fraction * 100.0, place))
    }

    /// All entries of a table whose keys are the user's own, each with its text.
    pub(super) fn texts(
        self,
        mistakes: &mut Mistakes<'_>,
    ) -> Vec<(Placed<String>, Placed<String>)> {
        let mut texts = Vec::new();
        for (key, value) in self.entries {
            let (key_place, place) = (key.span(), value.span());
            let key = key.into_inner().into_owned();
            match value.get_ref().as_str() {
                Some(text) => texts.push(((key, key_place), (text.to_owned(), place))),
                None => mistakes.add(
                    &place,
                    Wrong::Type {
                        key: format!("{}.{key}", self.name),
                        expected: Expected::Text,
                    },
                ),
            }
        }
        texts
    }

    pub(super) fn table(&mut self, key: &'static str, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let table = |value| match value {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
        let (entries, place) = self.typed(key, Expected::Table, mistakes, table)?;
        Some(Self::of(key, place, entries))
    }

    pub(super) fn tables(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Placed<Vec<Self>>> {
        let tables = |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| {
                    let place = value.span();
                    match value.into_inner() {
                        DeValue::Table(table) => Some(Self::of(key, place, table)),
                        _ => None,
                    }
                })
                .collect(),
            _ => None,
        };
        self.typed(key, Expected::Tables, mistakes, tables)
    }

    /// Complains if the key is not there; a wrong value was complained about already.
    pub(super) fn require<T>(
        &self,
        value: Option<T>,
        key: &str,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<T> {
        if !self.present.contains(&key) {
            mistakes.add(
                &self.place,
                Wrong::MissingKey {
                    key: self.path(key),
                },
            );
        }
        value
    }

    /// Of these keys, which belong into that table, those that stand here.
    pub(super) fn misplaced(&mut self, keys: &[&str], table: &str, mistakes: &mut Mistakes<'_>) {
        for key in keys {
            if let Some((written, _)) = self.entries.remove_entry(*key) {
                let near = Some(format!("{table}.{key}"));
                let key = self.path(key);
                mistakes.add(&written.span(), Wrong::UnknownKey { key, near });
            }
        }
    }

    /// What was never asked for is a mistake.
    pub(super) fn finish(self, mistakes: &mut Mistakes<'_>) {
        for key in self.entries.keys() {
            let near = nearest(key.get_ref(), &self.known).map(str::to_owned);
            mistakes.add(
                &key.span(),
                Wrong::UnknownKey {
                    key: self.path(key.get_ref()),
                    near,
                },
            );
        }
    }
}

/// A number, whole or not.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => {
            let whole = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            i32::try_from(whole).ok().map(f64::from)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

fn texts(value: DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(values) = value else {
        return None;
    };
    let text = |value: Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
    values.into_iter().map(text).collect()
}

fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    if key.len() > MAX_KEY {
        return None;
    }
    let allowed = MAX_TYPOS.max(key.chars().count() / 3);
    let distance = |known: &&str| strsim::damerau_levenshtein(known, key);
    known
        .iter()
        .copied()
        .min_by_key(distance)
        .filter(|known| distance(known) <= allowed)
}
