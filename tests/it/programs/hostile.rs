//! Programs among other users, and beside what they may have planted.

use super::{Workshop, end, lives, send};
use crate::people::{Office, Person, set_mode};
use crate::run::foreign::{assert_sleeps, compile_bobs};
use crate::support::{Lab, happens};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Command, Stdio};

const CONFIG: &str = "grace = \"500ms\"\nmonitor_interval = 0.1\n[[server]]\nname = \"s\"\ngpus = 2\ncpus = 2\n\
                      [program_template]\ncommand = \"sleep 600\"\n";
const ALICE: Person = Person {
    uid: 54321,
    gid: 54321,
    group: 54300,
    umask: "002",
};
const BOB: Person = Person {
    uid: 54322,
    gid: 54322,
    ..ALICE
};

/// Ends what it has started with the test.
struct Shared(Office);

impl Drop for Shared {
    fn drop(&mut self) {
        super::all_in(self.0.path()).into_iter().for_each(end);
    }
}

/// A folder that both may write, where alice's program has lost its supervisor; and its two process IDs.
fn unattended() -> Option<(Shared, u32, u32)> {
    let office = Office::open()?;
    office.lab().write("config.toml", CONFIG);
    office.give(0, ALICE.group, 0o2775);
    let office = Shared(office);
    let started = office.0.run_as(ALICE, &["--start-program", "t"]);
    assert_eq!(started.code, 0, "{started:?}");
    let task = &office.0.lab().state()["servers"][0]["running_tasks"][0];
    let pid = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let (supervisor, program) = (pid(&task["lease"]["pid"]), pid(&task["program"]["pid"]));
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    Some((office, supervisor, program))
}

fn is_held(lab: &Lab) -> bool {
    lab.state_text().contains("\"t\"")
}

#[test]
fn who_may_not_end_a_program_frees_nothing_by_force() {
    let Some((office, _, program)) = unattended() else {
        return;
    };
    let ran = office.0.run_as(BOB, &["--stop-program", "t", "--force"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(lives(program) && is_held(office.0.lab()));
    // Whose it is does.
    let ran = office.0.run_as(ALICE, &["--stop-program", "t"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!lives(program) && !is_held(office.0.lab()));
}

#[test]
fn other_user_neither_stops_nor_shortens_a_program_by_force() {
    let Some(office) = Office::open() else { return };
    office.lab().write("config.toml", CONFIG);
    office.give(0, ALICE.group, 0o2770);
    let office = Shared(office);
    office.0.ok_as(ALICE, &["--start-program", "t"]);
    for attempt in [
        &["--stop-program", "t", "--force"][..],
        &["--release", "t", "--force"],
        &["--renew", "t", "--ttl", "1s", "--force"],
    ] {
        let refused = office.0.refused_as(BOB, attempt, "not_owner");
        assert!(refused.contains("54321 or root"), "{refused}");
    }
    let task = &office.0.lab().state()["servers"][0]["running_tasks"][0];
    assert_eq!(task["program"]["phase"], "running");
    office.0.ok_as(ALICE, &["--stop-program", "t"]);
    assert!(!is_held(office.0.lab()));
}

#[test]
fn nobody_runs_another_users_program_not_even_root() {
    let Some((office, supervisor, program)) = unattended() else {
        return;
    };
    let ran = office.0.lab().run(&["--start-program", "t", "--force"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    let mut monitor = office.0.lab().command(&["--monitor", "--force"]);
    let mut monitor = monitor
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lab = office.0.lab();
    lab.ok(&["--allocate", "short", "1", "--ttl", "1s"]);
    assert!(happens(|| !lab.state_text().contains("\"short\"")));
    assert!(
        lab.state_text()
            .contains(&format!("\"pid\": {supervisor},"))
    );
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    // Root may end it, though.
    assert_eq!(lab.run(&["--stop-program", "t", "--force"]).code, 0);
    assert!(!lives(program));
}

/// The note in a shared file says what anybody likes.
#[test]
fn a_forged_note_ends_nobody_else() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let (supervisor, program) = shop.pids("t");
    let mut victim = Command::new("sleep");
    let mut victim = std::os::unix::process::CommandExt::process_group(
        victim.arg("600").stdout(Stdio::null()),
        0,
    )
    .spawn()
    .unwrap();
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    let files = shop.machine.lab().files();
    let lease = files.iter().find(|name| name.contains(".lease-")).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", victim.id())).unwrap();
    let started = stat
        .rsplit_once(") ")
        .unwrap()
        .1
        .split(' ')
        .nth(19)
        .unwrap();
    let note = format!("{:<40}", format!("{} {started}", victim.id()));
    let lease = shop.machine.lab().join(lease);
    let file = fs::File::options().write(true).open(lease).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, note.as_bytes(), 0).unwrap();
    drop(file);
    assert_eq!(shop.run(&["--start-program", "t"]).code, 6);
    // It finds the program itself by its environment, and the victim by nothing; but who is noted lives.
    assert_eq!(shop.run(&["--stop-program", "t"]).code, 3);
    assert!(victim.try_wait().unwrap().is_none());
    assert!(!lives(program));
    assert!(shop.task("t").is_some());
    victim.kill().unwrap();
    victim.wait().unwrap();
    shop.ok(&["--allocate", "next", "4"]);
}

#[test]
fn a_linked_folder_of_logs_is_not_followed() {
    let shop = Workshop::new();
    let lab = shop.machine.lab();
    fs::create_dir(lab.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(lab.join("elsewhere"), lab.join("logs")).unwrap();
    assert_eq!(shop.run(&["--start-program", "t"]).code, 1);
    assert_eq!(fs::read_dir(lab.join("elsewhere")).unwrap().count(), 0);
    assert!(shop.task("t").is_none());
}

#[test]
fn a_hang_up_for_the_monitor_ends_no_program_and_a_shutdown_is_no_stop() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    shop.has_begun("t", 1);
    let (supervisor, program) = shop.pids("t");
    send(supervisor, Signal::SIGHUP);
    // By the time that the next one is looked at the first was heard.
    send(supervisor, Signal::SIGTERM);
    assert!(happens(|| shop.task("t").is_none()));
    assert!(!lives(program));
    assert!(happens(|| shop.was_told("t", "end", "interrupted")));
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
}

/// v0.1 writes in place; half a file is no reason to think that there is no program.
#[test]
fn a_state_that_is_torn_for_a_moment_frees_no_program() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t", "--gpus", "4"]);
    shop.has_begun("t", 1);
    let (_, program) = shop.pids("t");
    let script = "import fcntl, time
state = open('resource_status.json').read()
lock = open('.resource.lock', 'w')
fcntl.flock(lock, fcntl.LOCK_EX)
open('resource_status.json', 'w').write(state[:len(state) // 2])
open('torn', 'w')
time.sleep(0.8)
open('resource_status.json', 'w').write(state)
";
    let mut v01 = Command::new("python3");
    let mut v01 = v01
        .args(["-c", script])
        .current_dir(shop.machine.lab().path())
        .spawn()
        .unwrap();
    assert!(happens(|| shop.machine.lab().join("torn").exists()));
    shop.ok(&["--release", "t"]);
    assert!(!lives(program));
    assert_eq!(shop.notes("t").last().unwrap(), "saved");
    assert!(v01.wait().unwrap().success());
}

#[test]
fn logs_belong_to_whom_the_folder_does() {
    let Some((office, _, _)) = unattended() else {
        return;
    };
    let access = |name: String| {
        let found = fs::metadata(office.0.lab().join(&name)).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o7777)
    };
    let (alice, group) = (ALICE.uid, ALICE.group);
    assert_eq!(access("logs".into()), (alice, group, 0o3775));
    // Only alice may write there: another member would choose what she writes to.
    assert_eq!(access(format!("logs/{alice}")), (alice, group, 0o2755));
    assert_eq!(access(format!("logs/{alice}/t.log")), (alice, group, 0o644));
    let read = office.0.run_as(BOB, &["--logs", "t"]);
    assert_eq!(read.code, 0, "{read:?}");
}

#[test]
fn log_folder_open_to_others_is_refused_before_anything_starts() {
    for (owner, mode) in [(BOB.uid, 0o755), (ALICE.uid, 0o775), (ALICE.uid, 0o777)] {
        let Some(office) = Office::open() else { return };
        office.lab().write("config.toml", CONFIG);
        office.give(0, ALICE.group, 0o2770);
        let own = office.lab().join(&format!("logs/{}", ALICE.uid));
        fs::create_dir_all(&own).unwrap();
        chown(&own, Some(owner), Some(ALICE.group)).unwrap();
        set_mode(&own, mode);
        let office = Shared(office);
        let told = office.0.run_as(ALICE, &["--start-program", "t"]);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.stderr.contains("not yours alone"), "{told:?}");
        assert!(office.0.lab().state_if_any().is_none());
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    }
}

/// A program that leaves a process of another user in its group.
#[test]
fn supervisor_sleeps_while_it_cannot_end_another_users_process() {
    let Some(office) = Office::open() else { return };
    let lab = office.lab();
    lab.write("config.toml", CONFIG.replace("sleep 600", "sh script.sh"));
    lab.write("script.sh", "./bobs & sleep 1.5");
    office.give(0, ALICE.group, 0o2777);
    compile_bobs(&office.path().join("bobs"));
    let office = Shared(office);
    office.0.ok_as(ALICE, &["--start-program", "t"]);
    let lab = office.0.lab();
    assert!(happens(|| lab.join("pid").exists()));
    let bobs = lab.read("pid").parse().unwrap();
    let task = &lab.state()["servers"][0]["running_tasks"][0];
    let pid = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let (supervisor, program) = (pid(&task["lease"]["pid"]), pid(&task["program"]["pid"]));
    assert!(happens(|| !lives(program)));
    assert_sleeps(supervisor);
    assert!(lives(bobs) && is_held(lab));
    lab.write("end", "");
    assert!(happens(|| !is_held(lab)));
    assert!(!lives(bobs));
}
