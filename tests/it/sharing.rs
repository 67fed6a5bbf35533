//! Several users, one state file.

use crate::people::{Office, Person, mode, owner};
use crate::support::happens;
use std::fs;
use std::io::Write;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

const STATE: &str = "resource_status.json";
const LOCK: &str = ".resource.lock";
const LOG: &str = "gpu_manager.log";
const REFUSED: &str = "gpu_manager.refused.log";
const LAB: u32 = 13_000;
const USERS: u32 = 14_000;

/// Careful: nothing they make is open to others by itself.
const ALICE: Person = Person {
    uid: 12_001,
    gid: 12_001,
    group: LAB,
    umask: "077",
};
const BOB: Person = Person {
    uid: 12_002,
    gid: 12_002,
    group: LAB,
    umask: "022",
};
/// In none of their groups.
const EVE: Person = Person {
    uid: 12_003,
    gid: 12_003,
    group: 12_003,
    umask: "000",
};

fn office(gid: u32, mode: u32) -> Option<Office> {
    let office = Office::open()?;
    office.give(0, gid, mode);
    Some(office)
}

/// Each allocates and releases beside the other, in turn and twice, so that each has once made
/// the file that the other changes.
fn assert_both_can_work(office: &Office, one: Person, other: Person) {
    office.ok_as(one, &["--allocate", "one", "2", "8"]);
    office.ok_as(other, &["--status"]);
    office.ok_as(other, &["--allocate", "other", "1", "4"]);
    office.ok_as(one, &["--detail"]);
    office.ok_as(one, &["--release", "one"]);
    office.ok_as(other, &["--release", "other"]);
    office.ok_as(one, &["--allocate", "one", "1", "1"]);
    office.ok_as(other, &["--allocate", "other", "1", "1"]);
    office.refused_as(other, &["--release", "one"], "not_owner");
    office.ok_as(other, &["--release", "one", "--force"]);
    office.ok_as(other, &["--release", "other"]);
}

fn modes(office: &Office) -> (u32, u32) {
    let path = office.path();
    (mode(&path.join(STATE)), mode(&path.join(LOCK)))
}

#[test]
fn a_setgid_folder_is_shared_whatever_the_umask() {
    for folder in [0o2775, 0o2770] {
        let Some(office) = office(LAB, folder) else {
            return;
        };
        assert_both_can_work(&office, ALICE, BOB);
        let expected = folder & 0o666;
        assert_eq!(modes(&office), (expected, expected), "{folder:o}");
        assert_eq!(owner(&office.path().join(STATE)).1, LAB);
        assert_eq!(owner(&office.path().join(LOCK)).1, LAB);
    }
}

#[test]
fn a_group_writable_folder_needs_no_setgid() {
    for folder in [0o775, 0o770] {
        let Some(office) = office(LAB, folder) else {
            return;
        };
        assert_both_can_work(&office, ALICE, BOB);
        let expected = folder & 0o666;
        assert_eq!(modes(&office), (expected, expected), "{folder:o}");
        assert_eq!(owner(&office.path().join(STATE)).1, LAB);
    }
}

#[test]
fn who_is_not_in_the_group_can_look_where_the_folder_lets_them() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    let before = office.lab().state_text();
    office.ok_as(EVE, &["--status"]);
    office.refused_as(EVE, &["--allocate", "e", "1", "1"], "io");
    office.refused_as(EVE, &["--release", "a", "--force"], "io");
    assert_eq!(office.lab().state_text(), before);
}

/// As on a machine where everybody is in the group `users`.
#[test]
fn users_of_one_primary_group_share_a_folder_open_to_all() {
    let [alice, bob] = [ALICE, BOB].map(|person| Person {
        gid: USERS,
        group: USERS,
        ..person
    });
    let Some(office) = office(0, 0o777) else {
        return;
    };
    assert_both_can_work(&office, alice, bob);
    office.ok_as(EVE, &["--status"]);
}

#[test]
fn a_folder_of_ones_own_gives_files_of_ones_own() {
    for (folder, expected) in [(0o755, 0o644), (0o700, 0o600), (0o711, 0o600)] {
        let Some(office) = Office::open() else { return };
        office.give(ALICE.uid, ALICE.gid, folder);
        office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
        assert_eq!(modes(&office), (expected, expected), "{folder:o}");
        if folder == 0o755 {
            office.ok_as(BOB, &["--status"]);
            office.refused_as(BOB, &["--allocate", "b", "1", "1"], "io");
        }
    }
}

#[test]
fn a_sticky_folder_cannot_be_shared_and_init_says_so() {
    let Some(office) = office(0, 0o1777) else {
        return;
    };
    let init = office.ok_as(ALICE, &["--init"]);
    assert!(init.stderr.contains("sticky bit"), "{init:?}");
    assert!(!init.stdout.contains("sticky"), "{init:?}");
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    let before = office.lab().state_text();
    for action in [
        &["--allocate", "b", "1", "1"][..],
        &["--release", "a", "--force"],
        &["--reset", "--yes", "--force"],
    ] {
        let error = office.refused_as(BOB, action, "io");
        assert!(error.contains(STATE), "{error}");
        assert_eq!(office.lab().state_text(), before, "{action:?}");
    }
    office.ok_as(BOB, &["--status"]);
    office.ok_as(ALICE, &["--release", "a"]);
    assert_eq!(modes(&office), (0o644, 0o644));
}

/// Also where the state was made writable by hand: the folder's rule is the system's.
#[test]
fn in_a_sticky_folder_a_writable_file_is_still_its_owners() {
    let Some(office) = office(0, 0o1777) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    crate::people::set_mode(&office.path().join(STATE), 0o666);
    let before = office.lab().state_text();
    let error = office.refused_as(BOB, &["--allocate", "b", "1", "1"], "io");
    assert!(error.contains("not permitted"), "{error}");
    assert_eq!(office.lab().state_text(), before);
    assert_eq!(office.lab().files(), [LOCK, LOG, REFUSED, STATE]);
}

#[test]
fn in_a_sticky_folder_those_of_ones_own_group_can_look() {
    let [alice, bob] = [ALICE, BOB].map(|person| Person {
        gid: USERS,
        group: USERS,
        ..person
    });
    let Some(office) = office(0, 0o1777) else {
        return;
    };
    office.ok_as(alice, &["--init"]);
    office.ok_as(bob, &["--status"]);
}

#[test]
fn a_change_that_would_lose_the_group_is_refused() {
    let Some(office) = office(LAB, 0o777) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    assert_eq!(modes(&office).0, 0o666);
    let before = office.lab().state_text();
    for action in [
        &["--allocate", "e", "1", "1"][..],
        &["--release", "a", "--force"],
        &["--reset", "--yes", "--force"],
    ] {
        let error = office.refused_as(EVE, action, "io");
        assert!(error.contains("lose its group"), "{error}");
        assert!(error.contains("group 13000"), "{error}");
        assert_eq!(office.lab().state_text(), before, "{action:?}");
        assert!(
            office
                .lab()
                .files()
                .iter()
                .all(|name| !name.starts_with(".gpumgr-"))
        );
    }
    assert_eq!(owner(&office.path().join(STATE)).1, LAB);
    office.ok_as(EVE, &["--status"]);
}

/// However somebody names it, the state is no litter: were it swept before its successor is in
/// place, a change that fails would lose it.
#[test]
fn a_state_file_named_like_litter_is_never_swept() {
    const NAME: &str = ".gpumgr-state.json";
    let Some(office) = office(LAB, 0o777) else {
        return;
    };
    let made = office.run_as(ALICE, &["--allocate", "a", "1", "1", "--state", NAME]);
    if made.code == 2 {
        return; // Such a name is refused: as good.
    }
    let before = office.lab().read(NAME);
    office.refused_as(EVE, &["--allocate", "e", "1", "1", "--state", NAME], "io");
    assert!(office.path().join(NAME).exists(), "the state file is gone");
    assert_eq!(office.lab().read(NAME), before);
}

#[test]
fn the_owner_stays_when_root_changes_a_users_file() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    office.lab().ok(&["--allocate", "r", "1", "1"]);
    office.lab().ok(&["--release", "a", "--force"]);
    assert_eq!(owner(&office.path().join(STATE)), (ALICE.uid, LAB));
    assert_eq!(modes(&office).0, 0o664);
    office.ok_as(ALICE, &["--allocate", "b", "1", "1"]);
}

#[test]
fn what_root_makes_in_a_shared_folder_is_the_groups() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    office.lab().ok(&["--init"]);
    assert_eq!(modes(&office), (0o664, 0o664));
    assert_both_can_work(&office, ALICE, BOB);
}

/// v0.1's lock file, of whoever ran it first, under their umask.
#[test]
fn a_lock_file_that_may_only_be_read_is_locked_through_that() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    fs::write(office.path().join(LOCK), "").unwrap();
    chown(office.path().join(LOCK), Some(EVE.uid), Some(EVE.gid)).unwrap();
    crate::people::set_mode(&office.path().join(LOCK), 0o644);
    assert_both_can_work(&office, ALICE, BOB);
    assert_eq!(owner(&office.path().join(LOCK)), (EVE.uid, EVE.gid));
}

/// The name that the system knows, or the number where it knows none; whatever `$USER` says.
#[test]
fn a_task_belongs_to_the_user_that_the_system_knows() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    let root = Person {
        uid: 0,
        gid: 0,
        group: LAB,
        umask: "022",
    };
    office.ok_as(root, &["--allocate", "r", "1", "1"]);
    let tasks = &office.lab().state()["servers"][0]["running_tasks"];
    let name = |person: Person| {
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(person.uid));
        user.unwrap()
            .map_or(person.uid.to_string(), |user| user.name)
    };
    assert_eq!(tasks[0]["owner"], name(ALICE));
    assert_eq!(tasks[1]["owner"], name(root));
    assert!(
        office
            .ok_as(BOB, &["--detail"])
            .stdout
            .contains(&name(ALICE))
    );
    let error = office.refused_as(BOB, &["--release", "a"], "not_owner");
    assert!(error.contains(&name(ALICE)), "{error}");
}

#[test]
fn a_reset_over_others_tasks_needs_force() {
    let Some(office) = office(LAB, 0o2775) else {
        return;
    };
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
    let before = office.lab().state_text();
    office.refused_as(BOB, &["--reset", "--yes"], "not_owner");
    assert_eq!(office.lab().state_text(), before);
    office.ok_as(BOB, &["--reset", "--yes", "--force"]);
    assert_eq!(modes(&office).0, 0o664);
    office.ok_as(ALICE, &["--allocate", "a", "1", "1"]);
}

/// What the user can open, and so lock, of the folder and all that is in it.
fn opened_by(office: &Office, person: Person) -> String {
    const TRY: &str = "while read -r path; do flock -n \"$path\" true && echo \"$path\"; done";
    let all = Command::new("find").arg(office.path()).output().unwrap();
    let mut tries = office.program_as(person, Path::new("sh"));
    let mut tries = tries
        .args(["-c", TRY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut paths = tries.stdin.take().unwrap();
    paths.write_all(&all.stdout).unwrap();
    drop(paths);
    String::from_utf8(tries.wait_with_output().unwrap().stdout).unwrap()
}

/// A state with a file of each kind, shared by a folder of that mode; and the warnings of it.
fn used(mode: u32) -> Option<(Office, String)> {
    const CONFIG: &str = "[cluster]\nservers = 1\n[program_template]\ncommand = \"echo written\"\n";
    let office = office(LAB, mode)?;
    office.lab().write("config.toml", CONFIG);
    let init = office.lab().ok(&["--init"]);
    office.ok_as(ALICE, &["--start-program", "p", "--gpus", "1"]);
    assert!(happens(|| office
        .run_as(ALICE, &["--allocate", "all", "8"])
        .code
        == 0));
    office.run_as(ALICE, &["--allocate", "w", "8", "--wait", "1s"]);
    let mut monitor = office.program_as(BOB, Path::new("timeout"));
    let monitored = monitor.arg("1").arg(office.binary()).arg("--monitor");
    monitored.stderr(Stdio::null()).status().unwrap();
    Some((office, init.stderr))
}

#[test]
fn an_outsider_can_open_nothing_of_a_shared_state() {
    let Some((office, warned)) = used(0o2770) else {
        return;
    };
    for kind in [STATE, LOCK, LOG, ".waiters-", ".monitor"] {
        let is_there = |name: &String| name.contains(kind);
        let files = office.lab().files();
        assert!(files.iter().any(is_there), "{kind}: {files:?}");
    }
    assert_eq!(opened_by(&office, EVE), "");
    assert!(opened_by(&office, BOB).contains(STATE));
    assert_eq!(warned, "");
    let (_, checked) = office.lab().json(&["--check-config"]);
    assert_eq!(checked["open_to_others"], false);
}

#[test]
fn a_state_that_outsiders_can_lock_is_warned_about() {
    let Some((office, warned)) = used(0o2775) else {
        return;
    };
    assert!(opened_by(&office, EVE).contains(STATE));
    let mend = format!("chmod o= {}", office.path().display());
    assert!(warned.contains(&mend), "{warned}");
    for language in ["en", "zh", "ja"] {
        let checked = office.lab().ok(&["--check-config", "--lang", language]);
        assert!(checked.stderr.contains(&mend), "{checked:?}");
    }
    let (_, checked) = office.lab().json(&["--check-config"]);
    assert_eq!(checked["open_to_others"], true);
    let mut words = mend.split(' ');
    let mended = Command::new(words.next().unwrap()).args(words).status();
    assert!(mended.unwrap().success());
    assert_eq!(opened_by(&office, EVE), "");
    assert_eq!(office.lab().ok(&["--init"]).stderr, "");
}

#[test]
fn a_folder_that_only_its_user_can_reach_is_not_warned_about() {
    let Some(office) = office(0, 0o700) else {
        return;
    };
    let within = office.lab().join("within");
    fs::create_dir(&within).unwrap();
    crate::people::set_mode(&within, 0o755);
    let init = office.lab().ok(&["--init", "--state", "within/s.json"]);
    assert_eq!(init.stderr, "");
}
