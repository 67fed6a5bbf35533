//! The lock: who waits, for how long, what is said meanwhile, and what the lock file may be.

#[cfg(unix)]
mod links;
#[cfg(target_os = "linux")]
mod pretended;
#[cfg(unix)]
mod shared;
#[cfg(target_os = "linux")]
mod v01;

use crate::support::Lab;
use std::fs;

fn lab_with_lock_timeout(timeout: &str) -> Lab {
    let lab = Lab::with_config(&format!("lock_timeout = \"{timeout}\"\n[cluster]\n"));
    lab.ok(&["--init"]);
    lab
}

// Only a debug build stops itself at a step, and so can be found holding the lock.
#[cfg(debug_assertions)]
mod beside_a_stopped_holder {
    use super::lab_with_lock_timeout;
    use crate::stopped::Stopped;
    use crate::support::Lab;
    use std::process::Stdio;

    fn hold(step: &str, lab: &Lab) -> Stopped {
        Stopped::at(step, lab, &["--allocate", "slow", "1", "4"])
    }

    #[test]
    fn reading_waits_for_nobody() {
        let lab = lab_with_lock_timeout("60s");
        for step in ["Locked", "TempWritten", "Renamed"] {
            let holder = hold(step, &lab);
            for look in ["--status", "--detail"] {
                assert_eq!(lab.json(&[look]).0, 0);
                lab.ok(&[look]);
            }
            assert!(holder.is_still_stopped());
        }
    }

    #[test]
    fn who_waits_is_told_for_what_and_at_last_who_holds_it() {
        let lab = lab_with_lock_timeout("1500ms");
        let holder = hold("Locked", &lab);
        let ran = lab.run(&["--allocate", "second"]);
        assert!(holder.is_still_stopped());
        assert_eq!(ran.code, 4, "{ran:?}");
        // Windows does not tell who holds a lock.
        let pid = if cfg!(unix) {
            holder.pid().to_string()
        } else {
            String::new()
        };
        let lock = lab.join(".resource.lock").display().to_string();
        let (waits, failed) = ran.stderr.split_once('\n').unwrap();
        assert!(waits.contains("Waiting for the lock"), "{ran:?}");
        assert!(waits.contains(&lock) && waits.contains(&pid), "{ran:?}");
        for named in [lock.as_str(), "lock_timeout", &pid, "1.5"] {
            assert!(failed.contains(named), "{named}: {ran:?}");
        }
    }

    #[test]
    fn every_action_that_changes_the_state_waits_for_the_lock() {
        let lab = lab_with_lock_timeout("0s");
        lab.ok(&["--allocate", "first"]);
        let old = lab.state_text();
        let _holder = hold("Locked", &lab);
        for action in [
            &["--init"][..],
            &["--allocate", "second"],
            &["--release", "first"],
            &["--reset", "--yes"],
        ] {
            let (code, said) = lab.json(action);
            assert_eq!(code, 4, "{action:?}: {said}");
            assert_eq!(said["error"]["kind"], "lock_timeout");
        }
        assert_eq!(lab.state_text(), old);
    }

    #[test]
    fn without_patience_nothing_is_said_of_waiting() {
        let lab = lab_with_lock_timeout("0s");
        let _holder = hold("Locked", &lab);
        let ran = lab.run(&["--allocate", "second"]);
        assert_eq!(ran.code, 4);
        assert!(!ran.stderr.contains("Waiting"), "{ran:?}");
    }

    #[test]
    fn who_waits_goes_on_when_the_holder_does() {
        let lab = lab_with_lock_timeout("60s");
        let holder = hold("Loaded", &lab);
        let second = lab
            .command(&["--allocate", "second"])
            .stdout(Stdio::null())
            .spawn();
        assert!(holder.finishes());
        assert!(second.unwrap().wait().unwrap().success());
        assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 2);
    }

    // On Windows nobody can.
    #[cfg(unix)]
    #[test]
    fn deleting_the_lock_file_of_a_holder_lets_no_second_one_in() {
        let lab = lab_with_lock_timeout("0s");
        // Until the new file's name is durable the change is not finished.
        for step in ["Locked", "Loaded", "TempWritten", "Renamed"] {
            let holder = hold(step, &lab);
            std::fs::remove_file(lab.join(".resource.lock")).unwrap();
            assert_eq!(lab.run(&["--allocate", "second"]).code, 4, "{step}");
            assert!(holder.is_still_stopped());
            drop(holder);
            lab.run(&["--release", "slow"]);
        }
    }

    #[test]
    fn who_has_made_its_change_durable_keeps_nobody_waiting() {
        let lab = lab_with_lock_timeout("0s");
        let holder = hold("FolderFlushed", &lab);
        lab.ok(&["--allocate", "second"]);
        assert!(holder.is_still_stopped());
    }
}

#[test]
fn a_folder_in_the_place_of_the_lock_file_is_an_error() {
    let lab = Lab::new();
    fs::create_dir(lab.join(".resource.lock")).unwrap();
    let (code, said) = lab.json(&["--allocate", "a"]);
    assert_eq!((code, &said["error"]["kind"]), (1, &"io".into()));
    assert_eq!(lab.state_if_any(), None);
}
