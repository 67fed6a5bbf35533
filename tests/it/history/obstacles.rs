//! Whatever keeps a line from being written keeps nobody from what they wanted.

use super::*;
use crate::people::{Office, Person, is_root, set_mode};
use crate::support::{Ran, measured};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// All goes well, and nobody hears of the log.
fn assert_works(lab: &Lab, what: &str) {
    for arguments in [
        &["--allocate", "t", "1", "1"][..],
        &["--run", "r", "1", "1", "--", "true"],
        &["--release", "t"],
        &["--reset", "--yes"],
    ] {
        let ran = Ran::in_time(lab.command(arguments));
        assert_eq!(ran.code, 0, "{what}: {arguments:?}: {ran:?}");
        assert!(!ran.stderr.contains(LOG), "{what}: {arguments:?}: {ran:?}");
    }
    assert_eq!(
        Ran::in_time(lab.command(&["--release", "t"])).code,
        5,
        "{what}"
    );
}

/// It cannot be read, and says so.
fn assert_unreadable(lab: &Lab, what: &str) {
    for arguments in [["--history", "--json"], ["--report", "--json"]] {
        let ran = Ran::in_time(lab.command(&arguments));
        assert_eq!(ran.code, 1, "{what}: {ran:?}");
        let error = &ran.document()["error"];
        assert_eq!(error["kind"], "io", "{what}: {ran:?}");
        assert!(
            error["message"].as_str().unwrap().contains(LOG),
            "{what}: {ran:?}"
        );
    }
}

#[test]
fn what_stands_in_the_logs_place_is_left_alone() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let log = lab.join(LOG);

    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    assert_works(&lab, "a folder");
    assert_unreadable(&lab, "a folder");
    fs::remove_dir(&log).unwrap();

    if Command::new("mkfifo")
        .arg(&log)
        .status()
        .is_ok_and(|made| made.success())
    {
        assert_works(&lab, "a pipe");
        assert_unreadable(&lab, "a pipe");
        fs::remove_file(&log).unwrap();
    }

    lab.write("precious", "mine\n");
    symlink("precious", &log).unwrap();
    assert_works(&lab, "a link");
    assert_unreadable(&lab, "a link");
    assert_eq!(lab.read("precious"), "mine\n");
    fs::remove_file(&log).unwrap();

    symlink("nowhere", &log).unwrap();
    assert_works(&lab, "a link to nothing");
    assert!(!lab.join("nowhere").exists());
}

/// What cannot be put aside grows on.
#[test]
fn a_folder_where_the_log_is_put_aside_costs_no_line() {
    let lab = server(4, "[log]\nsize = \"1KB\"\ncount = 1\n");
    fs::create_dir(lab.join("gpu_manager.log.1")).unwrap();
    for round in 0..8 {
        let task = format!("t{round}");
        lab.ok(&["--allocate", &task, "1", "1"]);
        lab.ok(&["--release", &task]);
    }
    assert_eq!(events(&lab).len(), 17);
}

#[test]
fn a_log_that_may_only_be_read_fails_nothing() {
    let Some(office) = Office::open() else { return };
    let person = Person {
        uid: 12_001,
        gid: 12_001,
        group: 12_001,
        umask: "022",
    };
    office.give(person.uid, person.gid, 0o755);
    office.ok_as(person, &["--init"]);
    let log = office.path().join(LOG);
    std::os::unix::fs::chown(&log, Some(0), Some(0)).unwrap();
    set_mode(&log, 0o444);
    let before = office.lab().read(LOG);
    let allocated = office.ok_as(person, &["--allocate", "t"]);
    assert!(!allocated.stderr.contains(LOG), "{allocated:?}");
    office.ok_as(person, &["--release", "t"]);
    assert_eq!(office.lab().read(LOG), before);
    office.ok_as(person, &["--history"]);
}

/// A full disk under the log alone, until it is dropped.
struct FullLog<'l>(&'l Lab);

impl<'l> FullLog<'l> {
    fn under(lab: &'l Lab) -> Option<Self> {
        let disk = lab.join("disk");
        fs::create_dir(&disk).unwrap();
        let mount = |arguments: &[&std::ffi::OsStr]| {
            let mount = Command::new("mount").args(arguments).output();
            is_root() && mount.is_ok_and(|mount| mount.status.success())
        };
        let tmpfs = ["-t", "tmpfs", "-o", "size=16k", "tmpfs"].map(std::ffi::OsStr::new);
        if !mount(&[&tmpfs[..], &[disk.as_os_str()]].concat()) {
            measured("nothing: no tmpfs may be mounted here");
            return None;
        }
        let full = Self(lab);
        // As full as it can be: the log's last page has no room for a line either.
        let line = "{\"none\": \"of ours\"}\n";
        lab.write(
            "disk/log",
            line.repeat(4096 / line.len()) + &" ".repeat(4096 % line.len()),
        );
        while fs::File::options()
            .append(true)
            .create(true)
            .open(disk.join("filler"))
            .and_then(|mut filler| std::io::Write::write_all(&mut filler, &[0; 4096]))
            .is_ok()
        {}
        let log = lab.join(LOG);
        let bound = mount(&[
            "--bind".as_ref(),
            disk.join("log").as_os_str(),
            log.as_os_str(),
        ]);
        bound.then_some(full)
    }
}

impl Drop for FullLog<'_> {
    fn drop(&mut self) {
        for mounted in [self.0.join(LOG), self.0.join("disk")] {
            let _ = Command::new("umount").arg(mounted).output();
        }
    }
}

#[test]
fn a_full_disk_under_the_log_fails_nothing() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let Some(_full) = FullLog::under(&lab) else {
        return;
    };
    let before = lab.read(LOG);
    assert_eq!(before.len(), 4096);
    assert_works(&lab, "a full disk");
    assert_eq!(lab.read(LOG), before);
}

/// Who holds the log's lock, stopped perhaps, delays others, but stops nobody; nor is a line lost.
#[test]
fn a_held_log_is_written_all_the_same() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let log = fs::File::open(lab.join(LOG)).unwrap();
    let _held = nix::fcntl::Flock::lock(log, nix::fcntl::FlockArg::LockExclusive).unwrap();
    assert_eq!(deeds(&added(&lab, &["--allocate", "t"])), ["allocate t"]);
    assert_eq!(deeds(&history(&lab, &["t"])), ["allocate t"]);
}

#[test]
fn the_state_cannot_be_the_log() {
    let lab = Lab::new();
    for name in [LOG, "gpu_manager.log.1", "gpu_manager.log.42"] {
        let (code, document) = lab.json(&["--init", "--state", name]);
        assert_eq!(
            (code, &document["error"]["kind"]),
            (2, &"usage".into()),
            "{name}: {document}"
        );
    }
    for name in ["gpu_manager.log.", "gpu_manager.log.x", "gpu_manager.json"] {
        lab.ok(&["--init", "--state", name]);
    }
}
