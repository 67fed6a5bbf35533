//! How large a log grows.

use super::document::{Mistakes, Table};
use super::gpus::size;
use bytesize::ByteSize;

/// When a log is put aside, and how many of those are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// From that size on.
    pub size: ByteSize,
    /// How many old ones are kept.
    pub count: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            size: ByteSize::mib(10),
            count: 5,
        }
    }
}

/// By the keys of the size and the count.
pub(super) fn read(
    table: &mut Table<'_>,
    [size_key, count_key]: [&'static str; 2],
    mistakes: &mut Mistakes<'_>,
) -> Rotation {
    let default = Rotation::default();
    let size = table
        .text(size_key, mistakes)
        .and_then(|text| size(size_key, text, mistakes));
    let count = table.number(count_key, 1..=1000, mistakes);
    Rotation {
        size: size.unwrap_or(default.size),
        count: count.map_or(default.count, |(count, _)| count),
    }
}
