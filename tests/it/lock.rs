//! The lock: who waits, for how long, what is said meanwhile, and what the lock file may be.

use crate::support::{Lab, Ran, copy_binary, happens, skipped};
use crate::v01::V01;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn lab_with_lock_timeout(timeout: &str) -> Lab {
    let lab = Lab::with_config(&format!("lock_timeout = \"{timeout}\"\n[cluster]\n"));
    lab.ok(&["--init"]);
    lab
}

// Only a debug build stops itself at a step, and so can be found holding the lock.
#[cfg(debug_assertions)]
mod beside_a_stopped_holder {
    use super::{lab_with_lock_timeout, link};
    use crate::stopped::Stopped;
    use crate::support::Lab;
    use std::fs;
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
        let pid = holder.pid().to_string();
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

    #[test]
    fn deleting_the_lock_file_of_a_holder_lets_no_second_one_in() {
        let lab = lab_with_lock_timeout("0s");
        // Until the new file's name is durable the change is not finished.
        for step in ["Locked", "Loaded", "TempWritten", "Renamed"] {
            let holder = hold(step, &lab);
            fs::remove_file(lab.join(".resource.lock")).unwrap();
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

    #[test]
    fn two_links_to_one_file_are_one_lock() {
        let lab = lab_with_lock_timeout("0s");
        for folder in ["a", "b"] {
            fs::create_dir(lab.join(folder)).unwrap();
            link("../resource_status.json", &lab.join(folder).join("state"));
        }
        let through_a = ["--allocate", "slow", "--state", "a/state"];
        let _holder = Stopped::at("TempWritten", &lab, &through_a);
        assert!(
            lab.has_litter(),
            "the temporary file is beside the real one"
        );
        for other in ["b/state", "a/state", "resource_status.json"] {
            let (code, said) = lab.json(&["--allocate", "second", "--state", other]);
            assert_eq!(code, 4, "{other}: {said}");
        }
        assert_eq!(names(&lab, "a"), ["state"]);
    }

    fn names(lab: &Lab, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(lab.join(folder)).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn link(target: &str, name: &Path) {
    symlink(target, name).unwrap();
}

#[test]
fn a_linked_state_file_stays_a_link_with_its_lock_beside_the_real_one() {
    let lab = Lab::new();
    fs::create_dir(lab.join("real")).unwrap();
    fs::create_dir(lab.join("linked")).unwrap();
    let path = lab.join("linked/state.json");
    link("../real/status.json", &path);
    // The first makes the file that the link leads to, the others replace it.
    for arguments in [
        &["--init"][..],
        &["--allocate", "a", "1", "4"],
        &["--release", "a"],
        &["--reset", "--yes"],
    ] {
        lab.ok(&[arguments, &["--state", "linked/state.json"]].concat());
        assert_eq!(
            fs::read_link(&path).unwrap(),
            Path::new("../real/status.json")
        );
        assert_eq!(fs::read_dir(lab.join("linked")).unwrap().count(), 1);
        assert!(lab.join("real/.resource.lock").is_file());
    }
}

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

#[test]
fn a_link_planted_as_the_lock_file_is_not_followed() {
    for target_exists in [false, true] {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let old = lab.state_text();
        fs::remove_file(lab.join(".resource.lock")).unwrap();
        if target_exists {
            lab.write("precious", "mine");
        }
        link("precious", &lab.join(".resource.lock"));
        let (code, said) = lab.json(&["--allocate", "a"]);
        assert_eq!(code, 1, "{said}");
        assert_eq!(said["error"]["kind"], "io");
        let message = said["error"]["message"].as_str().unwrap();
        assert!(message.contains(".resource.lock"), "{message}");
        assert_eq!(
            lab.text_if_any("precious").as_deref(),
            target_exists.then_some("mine")
        );
        assert_eq!(lab.state_text(), old);
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

/// Nobody's numbers on a usual machine.
const ALICE: u32 = 41_001;
const BOB: u32 = 41_002;
const LAB_GROUP: u32 = 41_100;

/// A folder that a group shares, and a gpumgr that its members may run.
struct SharedFolder {
    home: TempDir,
}

impl SharedFolder {
    /// None, said on stderr, unless this user may act as others.
    fn new() -> Option<Self> {
        if !nix::unistd::Uid::effective().is_root() {
            skipped("only root can act as other users");
            return None;
        }
        let shared = Self {
            home: tempfile::tempdir().unwrap(),
        };
        set_mode(shared.home.path(), 0o755);
        copy_binary(&shared.binary());
        fs::create_dir(shared.folder()).unwrap();
        chown(shared.folder(), Some(ALICE), Some(LAB_GROUP)).unwrap();
        set_mode(&shared.folder(), 0o2770);
        Some(shared)
    }

    fn binary(&self) -> PathBuf {
        self.home.path().join("gpumgr")
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("shared")
    }

    fn lock(&self) -> PathBuf {
        self.folder().join(".resource.lock")
    }

    fn command(&self, user: u32, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary());
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .stdin(Stdio::null())
            .uid(user)
            .gid(LAB_GROUP);
        command
    }

    fn run_as(&self, user: u32, arguments: &[&str]) -> Ran {
        Ran::of(self.command(user, arguments).output().unwrap())
    }

    fn ok_as(&self, user: u32, arguments: &[&str]) {
        let ran = self.run_as(user, arguments);
        assert_eq!(ran.code, 0, "{user} {arguments:?}: {ran:?}");
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_lock_file_that_a_user_may_only_read_is_locked_through_that() {
    let Some(shared) = SharedFolder::new() else {
        return;
    };
    shared.ok_as(ALICE, &["--init"]);
    for mode in [0o644, 0o444] {
        set_mode(&shared.lock(), mode);
        shared.ok_as(BOB, &["--allocate", "bobs", "2", "16"]);
        shared.ok_as(BOB, &["--release", "bobs"]);
    }
}

#[test]
fn users_of_one_group_share_what_either_made() {
    let Some(shared) = SharedFolder::new() else {
        return;
    };
    shared.ok_as(ALICE, &["--allocate", "alices", "2", "16"]);
    shared.ok_as(BOB, &["--allocate", "bobs", "2", "16"]);
    shared.ok_as(ALICE, &["--allocate", "alices-too", "2", "16"]);
    assert_eq!(shared.run_as(BOB, &["--release", "alices"]).code, 7);
    shared.ok_as(ALICE, &["--release", "alices"]);
    shared.ok_as(BOB, &["--release", "bobs"]);
}

#[test]
fn a_pipe_planted_as_the_lock_file_keeps_nobody_waiting() {
    let Some(shared) = SharedFolder::new() else {
        return;
    };
    shared.ok_as(ALICE, &["--init"]);
    fs::remove_file(shared.lock()).unwrap();
    // Opening a pipe for reading waits for a writer.
    let made = Command::new("mkfifo").arg(shared.lock()).status().unwrap();
    assert!(made.success());
    set_mode(&shared.lock(), 0o444);
    chown(shared.lock(), Some(ALICE), Some(LAB_GROUP)).unwrap();
    let mut command = shared.command(BOB, &["--allocate", "bobs"]);
    let mut child = command
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let ended = happens(|| child.try_wait().unwrap().is_some());
    let _ = child.kill();
    let _ = child.wait();
    assert!(ended, "it waits for the pipe");
}
