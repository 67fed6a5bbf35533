//! It holds; and without any part of the protocol, something does not.

use super::{Deletes, Protocol, REAL};
use crate::{breaks, broken};

const NOTHING: [&str; 0] = [];

#[test]
fn gpumgr_processes_change_it_one_after_the_other_whoever_deletes_the_lock_file() {
    assert_eq!(broken("3 gpumgr, 2 deletions", REAL), NOTHING);
}

#[test]
fn so_do_v01_and_gpumgr_if_nobody_deletes_it_while_it_is_used() {
    for v01 in [1, 2] {
        let beside = Protocol {
            v01,
            deletes: Deletes::AtRest,
            ..REAL
        };
        assert_eq!(broken(&format!("{v01} of 3 are v0.1"), beside), NOTHING);
    }
}

/// What no lock beside it can prevent, and gpumgr does not promise.
#[test]
fn v01_is_let_in_by_whoever_deletes_the_lock_file_of_one_who_holds_it() {
    let beside = Protocol {
        v01: 1,
        deletes: Deletes::AnyTime,
        ..REAL
    };
    let broken = broken("1 of 3 is v0.1, 2 deletions", beside);
    assert!(broken.contains(&"no change is lost"));
    assert!(!broken.contains(&"no two gpumgr change it at once"));
    assert!(!broken.contains(&"nobody is stuck"));
}

/// v0.1's own: it writes in place.
#[test]
fn v01_leaves_half_a_file_if_it_dies_while_it_writes() {
    let beside = Protocol {
        v01: 1,
        v01_crashes: true,
        deletes: Deletes::Never,
        ..REAL
    };
    let broken = broken("1 of 3 is v0.1 and may crash", beside);
    assert_eq!(broken, ["the file is whole"]);
}

#[test]
fn without_the_folders_lock_a_deleted_lock_file_would_let_two_in() {
    let without = Protocol {
        locks_folder: false,
        ..REAL
    };
    assert_ne!(breaks(without.clone()), NOTHING);
    // It is all there is on NFS and Windows, and enough if nobody deletes it.
    let undeleted = Protocol {
        deletes: Deletes::AtRest,
        ..without
    };
    assert_eq!(broken("3 gpumgr, no folder's lock", undeleted), NOTHING);
}

#[test]
fn without_the_look_at_the_name_one_would_hold_a_lock_that_nobody_knows() {
    let without = Protocol {
        checks_name: false,
        v01: 1,
        deletes: Deletes::AtRest,
        ..REAL
    };
    assert_ne!(breaks(without), NOTHING);
}
