//! A control group for each run, on a kernel and for a user that can make one.
//!
//! The processes of a run stay in its group whatever they close, clear or daemonize, so its name tells
//! whose they are even when gpumgr is gone. No controller is enabled: nothing is limited.

use crate::allocator::LeaseId;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The beginning of each such group's name.
const PREFIX: &str = "gpumgr-";

/// How old an empty group is before another run removes it: its own gpumgr may just be starting the command.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// The control group of one run, removed with this value.
pub(super) struct Cgroup {
    path: PathBuf,
    /// Processes enter by this file.
    pub(super) entrance: File,
}

impl Cgroup {
    /// Makes the group of this run beside those of other runs; `None` if the system or this user cannot.
    pub(super) fn make(run: &LeaseId) -> Option<Self> {
        let parent = parent()?;
        let path = parent.join(format!("{PREFIX}{run}"));
        fs::create_dir(&path).ok()?;
        sweep(&parent);
        let entrance = OpenOptions::new()
            .write(true)
            .open(path.join("cgroup.procs"));
        match entrance {
            Ok(entrance) => Some(Self { path, entrance }),
            Err(_) => {
                let _ = fs::remove_dir(&path);
                None
            }
        }
    }

    /// Whether nothing lives in it.
    pub(super) fn is_empty(&self) -> bool {
        let events = fs::read_to_string(self.path.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "populated 0")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The kernel keeps a group with processes; a later run removes it.
        let _ = fs::remove_dir(&self.path);
    }
}

/// The run in whose group a process is, by the last such name in the group's path.
pub(super) fn run_of(pid: u32) -> Option<LeaseId> {
    let path = own_path(&format!("/proc/{pid}/cgroup"))?;
    path.rsplit('/').find_map(run_named)
}

/// The run whose group has that name; `None` for a unit such as `gpumgr-monitor.service`.
fn run_named(name: &str) -> Option<LeaseId> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// The folder of this process's own group, without that of a run around it.
fn parent() -> Option<PathBuf> {
    let own = own_path("/proc/self/cgroup")?;
    let (root, mount) = mount()?;
    let own = Path::new(&own).strip_prefix(root).ok()?;
    // Outside of this process's cgroup namespace.
    if own.components().any(|part| part.as_os_str() == "..") {
        return None;
    }
    let outside = own.iter().take_while(|name| !is_of_run(name));
    Some(mount.join(outside.collect::<PathBuf>()))
}

fn is_of_run(name: &std::ffi::OsStr) -> bool {
    name.to_str().and_then(run_named).is_some()
}

/// The path that `/proc/PID/cgroup` gives in the hierarchy of version 2.
fn own_path(file: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(path.to_owned())
}

/// The part of the hierarchy of version 2 that is mounted, and where.
fn mount() -> Option<(PathBuf, PathBuf)> {
    let text = fs::read_to_string("/proc/self/mountinfo").ok()?;
    text.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        kind.strip_prefix("cgroup2 ")?;
        let mut fields = mount.split(' ').skip(3);
        Some((fields.next()?.into(), fields.next()?.into()))
    })
}

/// Removes the empty groups that killed gpumgrs left.
fn sweep(parent: &Path) {
    let groups = fs::read_dir(parent).into_iter().flatten().flatten();
    for group in groups.filter(|group| is_of_run(&group.file_name())) {
        if is_left_behind(&group) {
            let _ = fs::remove_dir(group.path());
        }
    }
}

fn is_left_behind(group: &fs::DirEntry) -> bool {
    let made = group.metadata().and_then(|group| group.modified());
    made.is_ok_and(|made| {
        SystemTime::now()
            .duration_since(made)
            .is_ok_and(|age| age >= LEFT_BEHIND)
    })
}

#[cfg(test)]
mod tests {
    use super::is_of_run;

    #[test]
    fn only_a_lease_id_names_the_group_of_a_run() {
        assert!(is_of_run("gpumgr-0123456789abcdef".as_ref()));
        for other in ["gpumgr-monitor.service", "gpumgr-", "gpumgr", "user.slice"] {
            assert!(!is_of_run(other.as_ref()), "{other}");
        }
    }
}
