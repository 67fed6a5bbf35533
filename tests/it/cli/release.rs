//! `--release`: everything back, and nothing else touched.

use super::*;

#[test]
fn everything_comes_back_in_ascending_order() {
    let lab = Lab::new();
    for task in ["a", "b", "c"] {
        lab.ok(&["--allocate", task, "2", "8"]);
    }
    let ran = lab.ok(&["--release", "b"]);
    assert_eq!(ran.stdout, "Trying to release: b\n✓ Released: b\n");
    assert_eq!(ran.stderr, "");
    lab.ok(&["--release", "a"]);
    let server = lab.server(0);
    assert_eq!(server["available_gpus"], json!([0, 1, 2, 3, 6, 7]));
    assert_eq!(server["available_cpus"], 56);
    assert_eq!(lab.tasks(), ["c"]);
}

#[test]
fn a_task_that_is_not_there_is_code_5() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t"]);
    for task in ["u", "T", "t "] {
        let ran = lab.refused(5, "unknown_task", &["--release", task]);
        assert!(ran.stderr.contains("gpumgr --detail"), "{ran:?}");
    }
    lab.ok(&["--release", "t"]);
    lab.refused(5, "unknown_task", &["--release", "t"]);
}

#[test]
fn without_a_state_it_makes_nothing() {
    let lab = Lab::new();
    let ran = lab.refused(5, "unknown_task", &["--release", "t"]);
    assert!(ran.stderr.contains(&lab.shown(STATE)), "{ran:?}");
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[test]
fn a_task_of_v01_belongs_to_anyone() {
    let lab = Lab::new();
    lab.write(STATE, include_str!("../../data/v0.1-sample.json"));
    lab.ok(&["--release", "task_001"]);
    let server = lab.server(0);
    assert_eq!(server["available_gpus"], json!([0, 1, 2, 3, 4, 5, 6, 7]));
    assert_eq!(server["available_cpus"], 64);
}
