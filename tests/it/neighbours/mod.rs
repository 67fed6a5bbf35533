//! Hostile neighbours on a shared machine: what one of them leaves where another works is refused,
//! not followed and not obeyed. What cannot be prevented is in `docs/security.md`.

mod configs;
mod escapes;
mod exchanged;
mod planted;

use crate::people::{Office, Person};

/// Careful, and without anything to do with the other.
const ALICE: Person = Person {
    uid: 12_001,
    gid: 12_001,
    group: 12_001,
    umask: "022",
};
const MALLORY: Person = Person {
    uid: 12_666,
    gid: 12_666,
    group: 12_666,
    umask: "000",
};

/// A folder like `/tmp`: root's, open to all, each file its owner's.
fn like_tmp() -> Option<Office> {
    let office = Office::open()?;
    office.give(0, 0, 0o1777);
    Some(office)
}
