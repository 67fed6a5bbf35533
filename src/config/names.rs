//! Names in a config.

use super::document::{Mistakes, Placed};
use super::mistake::Wrong;
use crate::allocator::Name;

pub(super) fn server_name(
    (text, place): Placed<String>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Name> {
    Name::try_from(text)
        .map_err(|why| mistakes.add(&place, Wrong::Name(why)))
        .ok()
}
