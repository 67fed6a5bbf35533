//! Links and pipes where gpumgr reads or writes.

use super::{ALICE, MALLORY, like_tmp};
use crate::crowd::meanwhile;
use crate::people::{Office, Person, set_mode};
use crate::support::{Lab, Ran};
use std::fs;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::Path;
use std::process::Command;

const STATE: &str = "resource_status.json";
const MINE: &str = "mine\n";

fn plant(office: &Office, by: Person, target: &Path, name: &str) {
    let link = office.lab().join(name);
    symlink(target, &link).unwrap();
    lchown(&link, Some(by.uid), Some(by.gid)).unwrap();
}

/// A folder of that person's own, beside the others' things.
fn home(office: &Office, of: Person) -> std::path::PathBuf {
    let home = office.lab().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(of.uid), Some(of.gid)).unwrap();
    set_mode(&home, 0o700);
    home
}

#[test]
fn a_link_that_somebody_left_in_a_folder_open_to_all_leads_nobody_astray() {
    let Some(office) = like_tmp() else { return };
    let home = home(&office, ALICE);
    plant(&office, MALLORY, &home.join("new.json"), STATE);
    for action in [
        &["--status"][..],
        &["--init"],
        &["--allocate", "t", "1", "1"],
        &["--reset", "--yes"],
    ] {
        let told = office.refused_as(ALICE, action, "io");
        assert!(told.contains("a link that another user made"), "{told}");
    }
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "nothing is made");
}

#[test]
fn ones_own_link_there_leads_where_it_should() {
    let Some(office) = like_tmp() else { return };
    let home = home(&office, ALICE);
    plant(&office, ALICE, &home.join("mine.json"), STATE);
    office.ok_as(ALICE, &["--allocate", "t", "1", "1"]);
    assert!(home.join("mine.json").exists());
}

#[test]
fn a_colleagues_link_in_the_folder_of_a_group_is_not_followed() {
    let Some(office) = Office::open() else { return };
    office.give(0, 13_000, 0o2775);
    let [alice, bob] = [ALICE, MALLORY].map(|person| Person {
        group: 13_000,
        ..person
    });
    let real = office.lab().join("real");
    fs::create_dir(&real).unwrap();
    chown(&real, Some(0), Some(13_000)).unwrap();
    set_mode(&real, 0o2775);
    plant(&office, alice, &real.join("state.json"), STATE);
    let told = office.refused_as(bob, &["--allocate", "t", "1", "1"], "io");
    assert!(told.contains("a link that another user made"), "{told}");
    assert_eq!(fs::read_dir(&real).unwrap().count(), 0, "nothing is made");
    office.ok_as(alice, &["--allocate", "t", "1", "1"]);
    assert!(real.join("state.json").exists());
    // Root could be led to any file.
    let told = office.lab().run(&["--reset", "--yes", "--force"]);
    assert!(
        told.stderr.contains("a link that another user made"),
        "{told:?}"
    );
}

/// Whoever resets can be watched, and the name of what is kept can be guessed.
#[test]
fn a_link_in_the_place_of_what_a_reset_keeps_is_not_followed() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t", "1", "1"]);
    lab.write("precious", MINE);
    for second in 0..120 {
        let then = chrono::Local::now() + chrono::TimeDelta::seconds(second);
        let kept = format!("resource_status.{}.json", then.format("%Y%m%d-%H%M%S"));
        symlink("precious", lab.join(&kept)).unwrap();
    }
    lab.ok(&["--reset", "--yes"]);
    assert_eq!(lab.read("precious"), MINE);
    let kept = lab
        .files()
        .into_iter()
        .find(|name| name.ends_with("-2.json"));
    assert!(lab.read(&kept.unwrap()).contains("\"t\""));
}

#[test]
fn links_in_the_place_of_the_waiters_and_the_monitors_files_are_not_followed() {
    let lab = Lab::with_config("[cluster]\nservers = 1\n[program_template]\ncommand = \"true\"\n");
    lab.ok(&["--allocate", "t", "8"]);
    assert_eq!(lab.run(&["--allocate", "w", "8", "--wait", "1s"]).code, 3);
    let is_theirs = |name: &String| name.contains(".waiters-");
    let waiters = lab.files().into_iter().find(is_theirs).unwrap();
    fs::remove_file(lab.join(&waiters)).unwrap();
    lab.write("precious", MINE);
    for name in [&waiters, ".resource_status.json.monitor"] {
        symlink("precious", lab.join(name)).unwrap();
    }
    assert_eq!(lab.run(&["--allocate", "w", "8", "--wait", "1s"]).code, 3);
    let monitor = Ran::in_time(lab.command(&["--monitor"]));
    assert_eq!(monitor.code, 1, "{monitor:?}");
    assert!(monitor.stderr.contains(".monitor"), "{monitor:?}");
    assert_eq!(lab.read("precious"), MINE);
}

/// It is looked at before it is opened; in between it may become a pipe.
#[test]
fn a_pipe_that_takes_the_states_place_at_any_moment_keeps_nobody_waiting() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t", "1", "1"]);
    fs::copy(lab.join(STATE), lab.join("sound")).unwrap();
    let made = Command::new("mkfifo").arg(lab.join("pipe")).status();
    assert!(made.unwrap().success());
    let swap = || {
        for name in ["pipe", "sound"] {
            let _ = fs::remove_file(lab.join("next"));
            let _ = fs::hard_link(lab.join(name), lab.join("next"));
            let _ = fs::rename(lab.join("next"), lab.join(STATE));
        }
    };
    meanwhile(swap, || {
        for round in 0..60 {
            let task = format!("t{round}");
            for arguments in [&["--status"][..], &["--allocate", &task, "0"]] {
                let ran = Ran::in_time(lab.command(arguments));
                ran.assert_sound(&format!("{arguments:?}"));
            }
        }
    });
}
