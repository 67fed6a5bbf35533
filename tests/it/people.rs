//! Other users, for tests that run as root: no accounts are needed, numbers do.

use crate::support::{Lab, Ran, SYSTEM_CONFIG, copy_binary, skipped};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempDir;

/// A user, as far as the system cares.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// A further group.
    pub(crate) group: u32,
    pub(crate) umask: &'static str,
}

pub(crate) fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// The binary where every user may run it, and a folder for them; none, with the reason said,
/// where this test may not become other users.
pub(crate) struct Office {
    lab: Lab,
    binary: PathBuf,
    // Outside the lab's folder, which tests open and close to people.
    _bin: Arc<TempDir>,
}

impl Office {
    pub(crate) fn open() -> Option<Self> {
        let switches = || Command::new("setpriv").arg("--version").output().is_ok();
        if !is_root() || !switches() {
            skipped("only root can become other users, by setpriv");
            return None;
        }
        let bin = public_binary();
        let lab = Lab::new();
        set_mode(lab.path(), 0o755);
        Some(Self {
            lab,
            binary: bin.path().join("gpumgr"),
            _bin: bin,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.lab.path()
    }

    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Whose the folder is, and who may do what in it.
    pub(crate) fn give(&self, uid: u32, gid: u32, mode: u32) {
        chown(self.path(), Some(uid), Some(gid)).unwrap();
        // After the owner, for a change of owner clears some bits.
        set_mode(self.path(), mode);
    }

    /// The binary, ready to run as that person.
    pub(crate) fn command_as(&self, person: Person, arguments: &[&str]) -> Command {
        let Person {
            uid,
            gid,
            group,
            umask,
        } = person;
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .arg(format!("--groups={group}"))
            .args(["sh", "-c", "umask $0 && exec \"$@\"", umask])
            .arg(&self.binary)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // Who somebody is, the system says: not these.
            .env("USER", "root")
            .env("LOGNAME", "root")
            .env("HOME", "/nonexistent")
            .env(SYSTEM_CONFIG, "")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run_as(&self, person: Person, arguments: &[&str]) -> Ran {
        let ran = Ran::of(self.command_as(person, arguments).output().unwrap());
        ran.assert_sound(&format!("{}: {arguments:?}", person.uid));
        ran
    }

    pub(crate) fn ok_as(&self, person: Person, arguments: &[&str]) -> Ran {
        let ran = self.run_as(person, arguments);
        assert_eq!(ran.code, 0, "{}: {arguments:?}: {ran:?}", person.uid);
        ran
    }

    /// What must fail so: the message, hint and all.
    pub(crate) fn refused_as(&self, person: Person, arguments: &[&str], kind: &str) -> String {
        let ran = self.run_as(person, &[arguments, &["--json"]].concat());
        let error = &ran.document()["error"];
        assert_eq!(error["kind"], kind, "{arguments:?}: {ran:?}");
        format!("{error}")
    }
}

/// One copy for all tests that run at the moment.
fn public_binary() -> Arc<TempDir> {
    static COPY: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
    let mut copy = COPY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bin) = copy.upgrade() {
        return bin;
    }
    let bin = tempfile::tempdir().unwrap();
    set_mode(bin.path(), 0o755);
    copy_binary(&bin.path().join("gpumgr"));
    let bin = Arc::new(bin);
    *copy = Arc::downgrade(&bin);
    bin
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Its permissions.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Its owner and group.
pub(crate) fn owner(path: &Path) -> (u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}
