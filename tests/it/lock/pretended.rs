//! A file system that only pretends to lock: FUSE, whose locks end at the mount.

use crate::people::is_root;
use crate::support::{Lab, skipped};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const STATE: &str = "mount/resource_status.json";
const CONFIG: &str = "state_file = \"mount/resource_status.json\"\n[cluster]\nservers = 1
[program_template]\ncommand = \"true\"\n";

/// A folder of the lab, seen through FUSE.
struct View {
    lab: Lab,
    mount: PathBuf,
}

impl View {
    fn of(config: &str) -> Option<Self> {
        let lab = Lab::with_config(config);
        let [real, mount] = ["real", "mount"].map(|name| lab.join(name));
        fs::create_dir(&real).unwrap();
        fs::create_dir(&mount).unwrap();
        let mut bindfs = Command::new("bindfs");
        bindfs.args([&real, &mount]).stderr(Stdio::null());
        let is_mounted = Path::new("/dev/fuse").exists() && is_root();
        if !is_mounted || !bindfs.status().is_ok_and(|ended| ended.success()) {
            skipped("only root can mount bindfs, where there is FUSE");
            return None;
        }
        Some(Self { lab, mount })
    }

    fn made(&self) -> usize {
        fs::read_dir(self.lab.join("real")).unwrap().count()
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.mount).status();
    }
}

#[test]
fn a_state_on_fuse_is_refused_before_anything_is_made() {
    let Some(view) = View::of(CONFIG) else {
        return;
    };
    for action in [
        &["--init"][..],
        &["--allocate", "t", "1"],
        &["--run", "t", "1", "--", "true"],
        &["--allocate", "t", "1", "--wait", "1s"],
        &["--start-program", "t"],
        &["--reset", "--yes"],
    ] {
        let ran = view.lab.run(action);
        let code = if action[0] == "--run" { 125 } else { 1 };
        assert_eq!(ran.code, code, "{action:?}: {ran:?}");
        assert!(ran.stderr.contains("fuse"), "{action:?}: {ran:?}");
        assert!(ran.stderr.contains("allow_local_locks"), "{ran:?}");
        assert_eq!(view.made(), 0, "{action:?}");
    }
    view.lab.ok(&["--status"]);
    let (_, refused) = view.lab.json(&["--init"]);
    assert_eq!(refused["error"]["kind"], "io");
}

#[test]
fn check_config_warns_of_a_state_on_fuse() {
    let Some(view) = View::of("") else { return };
    for (language, words) in [
        ("en", "on this machine only"),
        ("zh", "本机"),
        ("ja", "このマシン"),
    ] {
        let checked = view
            .lab
            .ok(&["--check-config", "--state", STATE, "--lang", language]);
        assert!(checked.stderr.contains(words), "{checked:?}");
        assert!(checked.stderr.contains("allow_local_locks"), "{checked:?}");
    }
    let (_, checked) = view.lab.json(&["--check-config", "--state", STATE]);
    let kind = checked["local_locks"]["file_system"].as_str().unwrap();
    assert!(kind.starts_with("fuse"), "{checked}");
    assert_eq!(checked["allow_local_locks"], false);
    let (_, elsewhere) = view.lab.json(&["--check-config"]);
    assert!(elsewhere["local_locks"].is_null(), "{elsewhere}");
}

#[test]
fn a_state_on_fuse_works_where_the_config_allows_it() {
    let Some(view) = View::of("allow_local_locks = true\n[cluster]\nservers = 1\n") else {
        return;
    };
    view.lab.ok(&["--allocate", "t", "1", "--state", STATE]);
    view.lab
        .ok(&["--run", "r", "1", "--state", STATE, "--", "true"]);
    let checked = view.lab.ok(&["--check-config", "--state", STATE]);
    assert!(checked.stderr.contains("trusts them"), "{checked:?}");
    view.lab.ok(&["--release", "t", "--state", STATE]);
}
