//! v0.1 holds the lock.

use super::lab_with_lock_timeout;
use crate::v01::V01;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn gpumgr_waits_while_v01_holds_the_lock_and_then_proceeds() {
    let lab = lab_with_lock_timeout("60s");
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    v01.hold_lock();
    let mut command = lab.command(&["--allocate", "after-v01"]);
    let mut waiting = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();
    assert!(told.contains("Waiting for the lock"), "{told}");
    assert!(told.contains(&v01.pid().to_string()), "{told}");
    assert_eq!(waiting.try_wait().unwrap(), None);
    v01.drop_lock();
    assert!(waiting.wait().unwrap().success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "told once");
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 1);
}

#[test]
fn a_v01_that_keeps_the_lock_too_long_is_named() {
    let lab = lab_with_lock_timeout("0s");
    let Some(mut v01) = V01::start(&lab) else {
        return;
    };
    v01.hold_lock();
    let ran = lab.run(&["--allocate", "second"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains(&v01.pid().to_string()), "{ran:?}");
}
