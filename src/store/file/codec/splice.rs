//! A text of which parts are replaced, and the rest stays byte for byte.

use super::places::range_of;
use std::borrow::Cow;

/// A text in pieces, most of them of the old text: joining ten megabytes would cost as much as
/// writing them.
pub(in crate::store) type Pieces<'t> = Vec<Cow<'t, str>>;

/// A text with some of its parts replaced.
pub(super) struct Splice<'t> {
    text: &'t str,
    edits: Vec<(std::ops::Range<usize>, String)>,
}

impl<'t> Splice<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            edits: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The part must be a slice of the text.
    pub(super) fn replace(&mut self, part: &'t str, new: String) {
        self.edits.push((range_of(self.text, part), new));
    }

    /// Takes out a field and its comma. The value must be a slice of the text; its key is what
    /// stands before the colon, however it is written.
    pub(super) fn remove_field(&mut self, value: &'t str) {
        let value = range_of(self.text, value);
        let key = self.text[..value.start]
            .trim_end()
            .trim_end_matches(':')
            .trim_end();
        let key = key
            .strip_suffix('"')
            .and_then(|key| key.rfind('"'))
            .unwrap_or(value.start);
        let before = self.text[..key].trim_end();
        let after = self.text[value.end..].trim_start();
        let range = match (before.strip_suffix(','), after.strip_prefix(',')) {
            (Some(before), _) => before.len()..value.end,
            (None, Some(after)) => key..self.text.len() - after.trim_start().len(),
            (None, None) => key..value.end,
        };
        self.edits.push((range, String::new()));
    }

    /// The part must be a slice of the text.
    pub(super) fn insert_after(&mut self, part: &'t str, new: String) {
        self.replace(&part[part.len()..], new);
    }

    pub(super) fn pieces(mut self) -> Pieces<'t> {
        self.edits
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut pieces = Vec::with_capacity(2 * self.edits.len() + 1);
        let mut copied = 0;
        for (range, new) in self.edits {
            pieces.push(Cow::Borrowed(&self.text[copied..range.start]));
            pieces.push(Cow::Owned(new));
            copied = range.end;
        }
        pieces.push(Cow::Borrowed(&self.text[copied..]));
        pieces
    }
}
