//! A lock file that several users share.

use crate::support::{Ran, SYSTEM_CONFIG, copy_binary, happens, skipped};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

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
            .env(SYSTEM_CONFIG, "")
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
