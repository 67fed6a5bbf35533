//! Folders, disks, links and litter around the state file, and old state files.

use crate::people::{Office, Person, is_root, mode, owner, set_mode};
use crate::support::{Lab, Ran, measured, skipped};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const STATE: &str = "resource_status.json";
const LOCK: &str = ".resource.lock";
const LOG: &str = "gpu_manager.log";
const REFUSED: &str = "gpu_manager.refused.log";
const ALLOCATE: [&str; 4] = ["--allocate", "t", "1", "1"];
const SOMEBODY: Person = Person {
    uid: 12_001,
    gid: 12_001,
    group: 12_001,
    umask: "022",
};

/// The message of what must fail so.
fn refused(lab: &Lab, arguments: &[&str], code: i32, kind: &str) -> String {
    let ran = lab.run(&[arguments, &["--json"]].concat());
    ran.assert_sound(&format!("{arguments:?}"));
    let error = &ran.document()["error"];
    assert_eq!(error["kind"], kind, "{arguments:?}: {ran:?}");
    assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    format!("{error}")
}

fn no_litter(folder: &Path) {
    let names = fs::read_dir(folder).unwrap();
    let litter: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".gpumgr-"))
        .collect();
    assert_eq!(litter, Vec::<String>::new());
}

#[test]
fn in_a_read_only_folder_everybody_can_look_and_nobody_change() {
    let Some(office) = Office::open() else { return };
    office.lab().ok(&ALLOCATE);
    office.give(0, 0, 0o555);
    let before = office.lab().state_text();
    for action in [
        &["--allocate", "u", "1", "1"][..],
        &["--release", "t", "--force"],
        &["--reset", "--yes", "--force"],
    ] {
        let error = office.refused_as(SOMEBODY, action, "io");
        assert!(error.contains("Permission denied"), "{error}");
        assert!(error.contains("write access"), "{error}");
    }
    office.ok_as(SOMEBODY, &["--status"]);
    office.ok_as(SOMEBODY, &["--detail"]);
    assert_eq!(office.lab().state_text(), before);
    assert_eq!(office.lab().files(), [LOCK, LOG, STATE]);
}

#[test]
fn in_a_read_only_folder_nothing_is_made() {
    let Some(office) = Office::open() else { return };
    office.give(0, 0, 0o555);
    for action in [&["--init"][..], &ALLOCATE, &["--reset", "--yes"]] {
        let error = office.refused_as(SOMEBODY, action, "io");
        assert!(error.contains(&*office.path().to_string_lossy()), "{error}");
    }
    office.refused_as(SOMEBODY, &["--release", "t"], "unknown_task");
    assert_eq!(office.lab().files(), Vec::<String>::new());
}

/// Who may not write the file must not replace it either, though the folder would let them.
#[test]
fn a_read_only_state_file_is_nobodys_to_change() {
    let Some(office) = Office::open() else { return };
    office.give(0, SOMEBODY.gid, 0o775);
    office.lab().ok(&ALLOCATE);
    set_mode(&office.lab().join(STATE), 0o444);
    let before = office.lab().state_text();
    for action in [
        &["--allocate", "u", "1", "1"][..],
        &["--release", "t", "--force"],
        &["--reset", "--yes", "--force"],
    ] {
        let error = office.refused_as(SOMEBODY, action, "io");
        assert!(error.contains(STATE), "{error}");
    }
    office.ok_as(SOMEBODY, &["--status"]);
    assert_eq!(office.lab().state_text(), before);
    assert_eq!(mode(&office.lab().join(STATE)), 0o444);
    no_litter(office.path());
}

/// Read-only for themselves: a state laid down as a record.
#[test]
fn ones_own_read_only_state_file_is_not_changed() {
    let Some(office) = Office::open() else { return };
    office.give(SOMEBODY.uid, SOMEBODY.gid, 0o755);
    office.ok_as(SOMEBODY, &ALLOCATE);
    set_mode(&office.lab().join(STATE), 0o444);
    office.refused_as(SOMEBODY, &["--release", "t"], "io");
    office.refused_as(SOMEBODY, &["--allocate", "u"], "io");
    office.ok_as(SOMEBODY, &["--detail"]);
}

#[test]
fn what_nobody_may_read_is_no_missing_file() {
    let Some(office) = Office::open() else { return };
    office.lab().ok(&ALLOCATE);
    set_mode(&office.lab().join(STATE), 0o600);
    for action in [&["--status"][..], &["--release", "t"], &["--allocate", "u"]] {
        let error = office.refused_as(SOMEBODY, action, "io");
        assert!(error.contains("Permission denied"), "{error}");
    }
    set_mode(office.path(), 0o700);
    let state = office.path().join(STATE);
    let state = state.to_str().unwrap();
    for action in [&["--status"][..], &["--release", "t"], &["--allocate", "u"]] {
        let action = [action, &["--config", "/dev/null", "--state", state]].concat();
        office.refused_as(SOMEBODY, &action, "io");
    }
}

/// A file system of 16 pages, until it is dropped.
pub(crate) struct TinyDisk(std::path::PathBuf);

impl TinyDisk {
    pub(crate) fn mounted_at(folder: std::path::PathBuf) -> Option<Self> {
        Self::of_size("64k", folder)
    }

    pub(crate) fn of_size(size: &str, folder: std::path::PathBuf) -> Option<Self> {
        fs::create_dir(&folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .output();
        match mount {
            Ok(mount) if is_root() && mount.status.success() => Some(Self(folder)),
            _ => {
                // As in most containers, also for root.
                measured("nothing: no tmpfs may be mounted here");
                None
            }
        }
    }

    /// Leaves no byte free.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        while filler.write_all(&[0]).is_ok() {}
    }
}

impl TinyDisk {
    /// Has room again.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_the_old_state() {
    let lab = Lab::new();
    let Some(disk) = TinyDisk::mounted_at(lab.join("disk")) else {
        return;
    };
    let on_disk = |arguments: &[&'static str]| {
        [arguments, &["--state", "disk/resource_status.json"]].concat()
    };
    lab.ok(&on_disk(&ALLOCATE));
    disk.fill();
    let before = lab.read("disk/resource_status.json");
    for action in [
        &["--allocate", "u", "1", "1"][..],
        &["--release", "t"],
        &["--reset", "--yes"],
    ] {
        let error = refused(&lab, &on_disk(action), 1, "io");
        assert!(error.contains("No space left"), "{error}");
        assert!(error.contains("Free some space"), "{error}");
        assert_eq!(lab.read("disk/resource_status.json"), before);
        no_litter(&disk.0);
    }
    lab.ok(&on_disk(&["--status"]));
    fs::remove_file(disk.0.join("filler")).unwrap();
    lab.ok(&on_disk(&["--allocate", "u", "1", "1"]));
    lab.ok(&on_disk(&["--release", "t"]));
}

#[test]
fn release_on_a_full_disk_gives_up_copies_of_logs() {
    let lab = Lab::new();
    let Some(disk) = TinyDisk::mounted_at(lab.join("disk")) else {
        return;
    };
    let state = ["--state", "disk/resource_status.json"];
    lab.ok(&[&ALLOCATE[..], &state].concat());
    let copies = ["disk/gpu_manager.log.1", "disk/logs/ann/t.log.2"];
    fs::create_dir_all(lab.join("disk/logs/ann")).unwrap();
    for copy in copies {
        lab.write(copy, [b'x'; 8192]);
    }
    lab.write("disk/logs/ann/t.log", [b'x'; 16384]);
    disk.fill();
    lab.ok(&[&["--release", "t"][..], &state].concat());
    let saved: serde_json::Value =
        serde_json::from_str(&lab.read("disk/resource_status.json")).unwrap();
    assert_eq!(saved["servers"][0]["running_tasks"], serde_json::json!([]));
    assert!(copies.iter().any(|copy| !lab.join(copy).exists()));
    // The log itself is its user's, and is only named.
    for copy in copies {
        let _ = fs::remove_file(lab.join(copy));
    }
    disk.fill();
    let error = refused(&lab, &[&ALLOCATE[..], &state].concat(), 1, "io");
    assert!(error.contains("disk/logs/ann/t.log (16 KiB)"), "{error}");
}

/// A member may have renamed a colleague's folder to `logs`: it is not sticky, as gpumgr makes that.
#[test]
fn full_disk_takes_nothing_from_a_folder_that_only_has_the_name_of_the_logs() {
    let lab = Lab::new();
    let Some(disk) = TinyDisk::mounted_at(lab.join("disk")) else {
        return;
    };
    set_mode(&lab.join("disk"), 0o2770);
    let state = ["--state", "disk/resource_status.json"];
    lab.ok(&[&ALLOCATE[..], &state].concat());
    for folder in ["disk/logs", "disk/logs/ann"] {
        fs::create_dir(lab.join(folder)).unwrap();
        set_mode(&lab.join(folder), 0o755);
        lab.write(&format!("{folder}/results.log.1"), [b'x'; 8192]);
        std::os::unix::fs::chown(lab.join(folder), Some(SOMEBODY.uid), None).unwrap();
    }
    disk.fill();
    refused(&lab, &[&["--release", "t"][..], &state].concat(), 1, "io");
    assert!(lab.join("disk/logs/results.log.1").exists());
    assert!(lab.join("disk/logs/ann/results.log.1").exists());
}

#[test]
fn on_a_full_disk_nothing_is_half_made() {
    let lab = Lab::new();
    let Some(disk) = TinyDisk::mounted_at(lab.join("disk")) else {
        return;
    };
    disk.fill();
    for action in [&["--init"][..], &ALLOCATE] {
        refused(
            &lab,
            &[action, &["--state", "disk/resource_status.json"]].concat(),
            1,
            "io",
        );
        assert!(!lab.join("disk/resource_status.json").exists());
        no_litter(&disk.0);
    }
}

/// Whoever could not be told still holds what they got; they must learn of it.
#[test]
fn an_allocation_that_cannot_be_told_says_so() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skipped("there is no /dev/full");
        return;
    };
    let lab = Lab::new();
    let ran = Ran::of(lab.command(&ALLOCATE).stdout(full).output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("No space left"), "{ran:?}");
    assert!(
        ran.stderr.contains("The allocation stands: t holds GPUs 0"),
        "{ran:?}"
    );
    lab.ok(&["--release", "t"]);
}

#[test]
fn a_missing_folder_is_not_made() {
    let lab = Lab::new();
    for action in [&["--init"][..], &ALLOCATE, &["--reset", "--yes"]] {
        let action = [action, &["--state", "no/such/state.json"]].concat();
        let error = refused(&lab, &action, 1, "io");
        assert!(
            error.contains("no/such") && error.contains("Make the folder"),
            "{error}"
        );
    }
    refused(
        &lab,
        &["--release", "t", "--state", "no/such/state.json"],
        5,
        "unknown_task",
    );
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let lab = Lab::new();
    fs::create_dir(lab.join("folder")).unwrap();
    let made = Command::new("mkfifo").arg(lab.join("pipe")).status();
    let socket = std::os::unix::net::UnixListener::bind(lab.join("socket")).unwrap();
    symlink("pipe", lab.join("link")).unwrap();
    let mut paths = vec!["folder", "folder/", ".", "..", "socket", "/dev/null", "/"];
    if made.is_ok_and(|status| status.success()) {
        paths.extend(["pipe", "link"]);
    }
    let before = lab.files();
    for path in paths {
        for action in [
            &["--status"][..],
            &["--detail"],
            &["--check-config"],
            &["--release", "t"],
            &ALLOCATE,
            &["--init"],
            &["--reset", "--yes"],
        ] {
            let ran = Ran::in_time(lab.command(&[action, &["--json", "--state", path]].concat()));
            ran.assert_sound(path);
            if action == ["--check-config"] {
                continue;
            }
            let error = &ran.document()["error"];
            assert_eq!(ran.code, 1, "{path}: {action:?}: {ran:?}");
            assert_eq!(
                error["kind"], "damaged_state",
                "{path}: {action:?}: {ran:?}"
            );
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("is not a regular file"), "{message}");
        }
    }
    drop(socket);
    let after: Vec<_> = lab
        .files()
        .into_iter()
        .filter(|name| name != LOCK)
        .collect();
    assert_eq!(after, before);
}

/// What is wrong with the path is wrong before anything is locked: no file is left in `/dev`.
#[test]
fn beside_what_is_no_state_no_lock_is_left() {
    let lab = Lab::new();
    fs::create_dir_all(lab.join("place/folder")).unwrap();
    refused(
        &lab,
        &["--init", "--state", "place/folder"],
        1,
        "damaged_state",
    );
    assert!(!lab.join("place").join(LOCK).exists());
}

#[test]
fn a_lock_path_that_cannot_be_locked_is_told() {
    let lab = Lab::new();
    lab.ok(&ALLOCATE);
    let before = lab.state_text();
    let lock = lab.join(LOCK);
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let error = refused(&lab, &["--allocate", "u"], 1, "io");
    assert!(error.contains(LOCK), "{error}");
    fs::remove_dir(&lock).unwrap();

    // Nobody leads the lock elsewhere by a link.
    symlink("elsewhere", &lock).unwrap();
    let error = refused(&lab, &["--allocate", "u"], 1, "io");
    assert!(error.contains(LOCK), "{error}");
    assert!(!lab.join("elsewhere").exists());
    fs::remove_file(&lock).unwrap();

    assert_eq!(lab.state_text(), before);
    lab.ok(&["--allocate", "u"]);
}

#[test]
fn a_pipe_as_lock_is_no_endless_wait() {
    let lab = Lab::new();
    lab.ok(&ALLOCATE);
    fs::remove_file(lab.join(LOCK)).unwrap();
    if !Command::new("mkfifo")
        .arg(lab.join(LOCK))
        .status()
        .is_ok_and(|status| status.success())
    {
        return;
    }
    assert!(fs::metadata(lab.join(LOCK)).unwrap().file_type().is_fifo());
    Ran::in_time(lab.command(&["--allocate", "u"])).assert_sound("a pipe");
    Ran::in_time(lab.command(&["--status"])).assert_sound("a pipe");
}

/// Who waits for the file's lock holds the folder's meanwhile; that is not what it waits for.
#[test]
fn who_waits_is_not_told_to_wait_for_itself() {
    let lab = Lab::with_config("lock_timeout = '300ms'\n[cluster]\n");
    lab.ok(&["--init"]);
    let lock = File::open(lab.join(LOCK)).unwrap();
    fs4::FileExt::lock(&lock).unwrap();
    let child = lab
        .command(&ALLOCATE)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.stderr
            .contains(&format!("(PID {}, ", std::process::id())),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains(&format!("PID {id}")), "{ran:?}");
}

#[test]
fn what_a_crash_left_is_swept_by_the_next_change_only() {
    let lab = Lab::new();
    lab.ok(&ALLOCATE);
    for name in [".gpumgr-a1B2c3", ".gpumgr-", ".gpumgr-xyz"] {
        lab.write(name, "half a sta");
    }
    lab.write(".gpumgr", "no litter");
    lab.write("x.gpumgr-y", "no litter");
    fs::create_dir(lab.join(".gpumgr-folder")).unwrap();
    let before = lab.files();
    lab.ok(&["--status"]);
    refused(&lab, &["--allocate", "t"], 6, "task_exists");
    let mut after = lab.files();
    after.retain(|name| name != REFUSED);
    assert_eq!(after, before);
    lab.ok(&["--release", "t"]);
    assert_eq!(
        lab.files(),
        [
            ".gpumgr",
            ".gpumgr-folder",
            LOCK,
            LOG,
            REFUSED,
            STATE,
            "x.gpumgr-y"
        ]
    );
}

#[test]
fn a_link_planted_as_litter_is_removed_and_not_followed() {
    let lab = Lab::new();
    lab.ok(&ALLOCATE);
    lab.write("precious", "mine");
    fs::create_dir(lab.join("folder")).unwrap();
    lab.write("folder/precious", "mine");
    symlink("precious", lab.join(".gpumgr-a")).unwrap();
    symlink("folder", lab.join(".gpumgr-b")).unwrap();
    symlink("nowhere", lab.join(".gpumgr-c")).unwrap();
    lab.ok(&["--release", "t"]);
    no_litter(lab.path());
    assert_eq!(lab.read("precious"), "mine");
    assert_eq!(lab.read("folder/precious"), "mine");
    assert!(!lab.join("nowhere").exists());
}

/// The lock file is never replaced, or two would hold two locks.
#[test]
fn the_state_cannot_be_the_lock_file() {
    let lab = Lab::new();
    for action in [&["--init"][..], &ALLOCATE, &["--reset", "--yes"]] {
        let ran = lab.run(&[action, &["--state", LOCK]].concat());
        ran.assert_sound("lock as state");
        assert_ne!(ran.code, 0, "{action:?}: {ran:?}");
    }
}

#[test]
fn the_mode_is_kept_through_a_change() {
    for kept in [0o600, 0o640, 0o644, 0o660, 0o664, 0o666, 0o744] {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let state = lab.join(STATE);
        set_mode(&state, kept);
        lab.ok(&ALLOCATE);
        assert_eq!(mode(&state), kept, "{kept:o}");
        lab.ok(&["--release", "t"]);
        assert_eq!(mode(&state), kept, "{kept:o}");
        lab.ok(&["--reset", "--yes"]);
        assert_eq!(mode(&state), kept, "{kept:o}");
    }
}

#[test]
fn the_owner_and_group_are_kept_through_roots_change() {
    if !is_root() {
        skipped("only root can give files away");
        return;
    }
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let state = lab.join(STATE);
    chown(&state, Some(12_001), Some(13_000)).unwrap();
    set_mode(&state, 0o640);
    for action in [&ALLOCATE[..], &["--release", "t"], &["--reset", "--yes"]] {
        lab.ok(action);
        assert_eq!(owner(&state), (12_001, 13_000), "{action:?}");
        assert_eq!(mode(&state), 0o640, "{action:?}");
    }
}

#[test]
fn a_symbolic_link_stays_one_and_all_is_beside_the_real_file() {
    let lab = Lab::new();
    for folder in ["real", "links", "more"] {
        fs::create_dir(lab.join(folder)).unwrap();
    }
    symlink("../real/state.json", lab.join("links/state.json")).unwrap();
    symlink(lab.join("links/state.json"), lab.join("more/state.json")).unwrap();
    // The first one leads to a file that is not there yet.
    let state = ["--state", "more/state.json"];
    for action in [
        &["--init"][..],
        &ALLOCATE,
        &["--allocate", "u", "1", "1"],
        &["--release", "t"],
        &["--reset", "--yes"],
    ] {
        let ran = lab.ok(&[action, &state].concat());
        if action == ["--init"] {
            assert!((ran.stdout + &ran.stderr).contains("real/state.json"));
        }
        assert!(lab.join("links/state.json").is_symlink(), "{action:?}");
        assert!(lab.join("more/state.json").is_symlink(), "{action:?}");
        assert!(!lab.join("real/state.json").is_symlink(), "{action:?}");
    }
    let names = |folder: &str| fs::read_dir(lab.join(folder)).unwrap().count();
    assert_eq!((names("links"), names("more")), (1, 1));
    // The state, its lock, the log and what the reset kept.
    assert_eq!(names("real"), 4);
}

#[test]
fn unknown_fields_keep_their_place_and_value() {
    let lab = Lab::new();
    let text = fs::read_to_string(data("v0.1-with-notes.json")).unwrap();
    lab.write(STATE, &text);
    lab.ok(&["--allocate", "new", "1", "4"]);
    lab.ok(&["--release", "new"]);
    let after = lab.state_text();
    let unknown: Vec<_> = text.lines().filter(|line| line.contains("\"x_")).collect();
    assert!(unknown.len() >= 8);
    for line in unknown {
        assert!(after.contains(line), "{line}");
    }
    assert_eq!(field_order(&after), field_order(&text));
    assert_eq!(undated(&after), undated(&text));
}

/// The names of all fields, in the order they stand.
fn field_order(text: &str) -> Vec<String> {
    let parts = text.split("\":").map(|part| part.rsplit('"').next());
    parts.map(|name| name.unwrap().to_owned()).collect()
}

fn undated(text: &str) -> Value {
    let mut state: Value = serde_json::from_str(text).unwrap();
    state
        .as_object_mut()
        .unwrap()
        .remove("last_updated")
        .unwrap();
    for server in state["servers"].as_array_mut().unwrap() {
        let free = server["available_gpus"].as_array_mut().unwrap();
        free.sort_by_key(Value::as_u64);
    }
    state
}

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

#[test]
fn free_gpus_are_accepted_in_any_order_and_granted_from_the_lowest() {
    let lab = Lab::new();
    let sample = fs::read_to_string(data("v0.1-sample.json")).unwrap();
    lab.write(STATE, sample.replace("[4, 5, 6, 7]", "[7, 4, 6, 5]"));
    let (_, granted) = lab.json(&["--allocate", "u", "2", "8"]);
    assert_eq!(granted["gpu_ids"].to_string(), "[4,5]");
    assert_eq!(
        lab.state()["servers"][0]["available_gpus"].to_string(),
        "[6,7]"
    );
    lab.ok(&["--release", "task_001"]);
    assert_eq!(
        lab.state()["servers"][0]["available_gpus"].to_string(),
        "[0,1,2,3,6,7]"
    );
}

#[test]
fn times_are_read_with_and_without_offset_and_written_with_one() {
    let lab = Lab::new();
    let sample = fs::read_to_string(data("v0.1-sample.json")).unwrap();
    for time in [
        "2025-11-04T10:30:00",
        "2025-11-04T10:30:00.123456",
        "2025-11-04T10:30:00Z",
        "2025-11-04T10:30:00+09:00",
        "2025-11-04T10:30:00.5-03:30",
    ] {
        lab.write(STATE, sample.replace("2025-11-04T10:30:00", time));
        lab.ok(&["--allocate", "u", "1", "1"]);
        let tasks = &lab.state()["servers"][0]["running_tasks"];
        assert_eq!(tasks[0]["start_time"], time, "as it was written");
        let fresh = tasks[1]["start_time"].as_str().unwrap();
        assert!(
            chrono::DateTime::parse_from_rfc3339(fresh).is_ok(),
            "{fresh}"
        );
    }
}

#[test]
fn v01s_sample_goes_through_allocate_and_release() {
    let lab = Lab::new();
    let sample = fs::read_to_string(data("v0.1-sample.json")).unwrap();
    lab.write(STATE, &sample);
    assert!(lab.ok(&["--detail"]).stdout.contains("task_001"));
    lab.ok(&["--allocate", "u", "4", "32"]);
    refused(&lab, &["--allocate", "v", "1", "1"], 3, "insufficient");
    lab.ok(&["--release", "u"]);
    assert_eq!(undated(&lab.state_text()), undated(&sample));
    // A task of nobody belongs to anyone.
    lab.ok(&["--release", "task_001"]);
    let server = &lab.state()["servers"][0];
    assert_eq!(server["available_gpus"].to_string(), "[0,1,2,3,4,5,6,7]");
    assert_eq!(server["available_cpus"], 64);
    assert_eq!(server["running_tasks"].to_string(), "[]");
}

/// As `json.dump(indent=2, ensure_ascii=False)` lays it out, a number a line.
#[test]
fn what_v01_wrote_on_four_servers_is_taken_over() {
    let lab = Lab::new();
    let old = fs::read_to_string(data("v0.1-four-servers.json")).unwrap();
    lab.write(STATE, &old);
    let shown = lab.ok(&["--detail"]).stdout;
    assert!(
        shown.contains("学習_ResNet50") && shown.contains("推論テスト　その２"),
        "{shown}"
    );
    let (_, status) = lab.json(&["--status"]);
    assert_eq!(status["totals"]["available_gpus"], 14);
    assert_eq!(status["totals"]["available_cpus"], 120);
    assert_eq!(status["totals"]["running_tasks"], 5);

    let (_, granted) = lab.json(&["--allocate", "新しい", "3", "20"]);
    assert_eq!(granted["server_name"], "gpu-server-2", "{granted}");
    // The servers that it does not touch stay as they are, byte for byte.
    let changed = lab.state_text();
    let cut = old.find("\"server_id\": 2").unwrap();
    assert_eq!(changed[..cut], old[..cut]);
    lab.ok(&["--release", "新しい"]);
    assert_eq!(undated(&lab.state_text()), undated(&old));
    for task in [
        "学習_ResNet50",
        "推論テスト　その２",
        "bert-large",
        "評価",
        "夜間バッチ",
    ] {
        lab.ok(&["--release", task]);
    }
    let (_, status) = lab.json(&["--status"]);
    assert_eq!(status["totals"]["available_gpus"], 32);
    assert_eq!(status["totals"]["available_cpus"], 256);
}
