//! Files that somebody has open.

use crate::support::{Lab, happens, is_wine, skipped};
use std::fs::{self, File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::process::Stdio;

const SHARE_READ: u32 = 1;
const SHARE_WRITE: u32 = 2;
const STATE: &str = "resource_status.json";

/// Opened as most programs do: others may read and write it, but neither delete nor replace it.
fn open_for_me(lab: &Lab) -> File {
    let mut options = OpenOptions::new();
    options.read(true).share_mode(SHARE_READ | SHARE_WRITE);
    options.open(lab.join(STATE)).unwrap()
}

#[cfg(debug_assertions)]
#[test]
fn the_lock_file_cannot_be_deleted_while_it_is_held() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let lock = lab.join(".resource.lock");
    for step in ["Locked", "TempWritten", "Renamed"] {
        let allocate = ["--allocate", step, "1", "1"];
        let holder = crate::stopped::Stopped::at(step, &lab, &allocate);
        assert!(fs::remove_file(&lock).is_err(), "{step}");
        assert!(fs::rename(&lock, lab.join("elsewhere")).is_err(), "{step}");
        assert!(holder.finishes());
    }
    fs::remove_file(&lock).unwrap();
    lab.ok(&["--allocate", "next", "1", "1"]);
}

#[test]
fn a_change_waits_for_a_reader_that_keeps_the_file_for_itself() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let before = lab.state_text();
    let reader = open_for_me(&lab);
    let mut command = lab.command(&["--allocate", "t", "1", "1"]);
    let change = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut change = change.spawn().unwrap();
    assert!(happens(|| lab.has_litter()), "it never comes to write");
    assert_eq!(lab.state_text(), before);
    drop(reader);
    assert!(change.wait().unwrap().success());
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 1);
}

#[test]
fn a_reader_that_never_lets_go_makes_a_change_fail_with_the_old_file_whole() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let before = lab.state_text();
    let reader = open_for_me(&lab);
    let (code, said) = lab.json(&["--allocate", "t", "1", "1"]);
    assert_eq!((code, &said["error"]["kind"]), (1, &"io".into()), "{said}");
    assert_eq!(lab.state_text(), before);
    drop(reader);
    lab.ok(&["--allocate", "t", "1", "1"]);
    assert!(!lab.has_litter());
}

#[test]
fn a_reader_that_lets_others_delete_the_file_is_in_nobodys_way() {
    if is_wine() {
        return skipped("wine replaces no file that anybody has open, however");
    }
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let reader = File::open(lab.join(STATE)).unwrap();
    for task in ["a", "b", "c"] {
        lab.ok(&["--allocate", task, "1", "1"]);
    }
    drop(reader);
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 3);
}

#[test]
fn a_log_that_somebody_keeps_for_himself_fails_nothing() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let log = File::open(lab.join("gpu_manager.log")).unwrap();
    // All of it, as gpumgr itself never does.
    fs4::FileExt::lock(&log).unwrap();
    lab.ok(&["--allocate", "t", "1", "1"]);
    lab.ok(&["--release", "t"]);
}

#[test]
fn a_read_only_state_file_is_left_as_it_is() {
    if is_wine() {
        return skipped("below wine root may write everything");
    }
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let before = lab.state_text();
    let mut permissions = fs::metadata(lab.join(STATE)).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(lab.join(STATE), permissions.clone()).unwrap();
    let (code, said) = lab.json(&["--allocate", "t", "1", "1"]);
    assert_eq!((code, &said["error"]["kind"]), (1, &"io".into()), "{said}");
    assert_eq!(lab.state_text(), before);
    lab.ok(&["--status"]);
    #[allow(clippy::permissions_set_readonly_false, reason = "it is Windows")]
    permissions.set_readonly(false);
    fs::set_permissions(lab.join(STATE), permissions).unwrap();
}
