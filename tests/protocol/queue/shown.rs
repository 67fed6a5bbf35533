//! It holds; and without any part of the protocol, something does not.

use super::{PROCESSES, Protocol, REAL};
use crate::{breaks, broken};

#[test]
fn whoever_waits_gets_its_turn_whoever_dies() {
    for runs in [0, 2, 3] {
        let model = Protocol { runs, ..REAL };
        let what = format!("{runs} runs and {} allocations that wait", PROCESSES - runs);
        assert_eq!(broken(&what, model), [""; 0]);
    }
}

#[test]
fn a_dead_waiter_that_is_not_swept_would_be_granted() {
    let without = Protocol {
        sweeps_waiters: false,
        ..REAL
    };
    let expected = "nothing is granted to one who is known to be gone";
    assert!(breaks(without).contains(&expected));
}

#[test]
fn a_dead_holder_that_is_not_swept_would_block_the_others() {
    let without = Protocol {
        sweeps_tasks: false,
        ..REAL
    };
    assert_eq!(breaks(without), ["nobody is stuck"]);
}

#[test]
fn nobody_would_notice_a_death_if_nobody_looked_after_all() {
    let without = Protocol {
        looks_after_others: false,
        ..REAL
    };
    assert_eq!(breaks(without), ["nobody is stuck"]);
}

#[test]
fn a_wake_up_alone_is_lost_with_whoever_was_to_send_it() {
    let without = Protocol {
        looks_by_itself: false,
        ..REAL
    };
    assert_eq!(breaks(without), ["nobody is stuck"]);
}

#[test]
fn whom_v01_dropped_would_wait_for_ever_if_it_did_not_join_again() {
    let without = Protocol {
        joins_again: false,
        ..REAL
    };
    assert_eq!(breaks(without), ["nobody is stuck"]);
}

#[test]
fn a_lock_that_the_command_does_not_inherit_would_free_what_it_uses() {
    let without = Protocol {
        lock_is_inherited: false,
        ..REAL
    };
    assert!(!breaks(without).is_empty());
}
