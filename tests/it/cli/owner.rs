//! Whose task it is: the system's word, not `$USER`'s; another user's needs `--force`.

use super::*;
use crate::support::{copy_binary, skipped};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// By convention nobody's.
const OTHER: u32 = 65534;

fn name_of(user: u32) -> String {
    let id = Command::new("id").args(["-un", &user.to_string()]).output();
    let id = Ran::of(id.unwrap());
    if id.code == 0 {
        id.stdout.trim().to_owned()
    } else {
        user.to_string()
    }
}

/// Two users on one folder; none where this process may not be another user.
struct Shared {
    lab: Lab,
    binary: PathBuf,
}

impl Shared {
    fn new() -> Option<Self> {
        let lab = Lab::new();
        if fs::metadata(lab.path()).unwrap().uid() != 0 {
            skipped("only root can act as two users");
            return None;
        }
        // A folder that both share by its group.
        chown(lab.path(), None, Some(OTHER)).unwrap();
        let binary = lab.join("bin/gpumgr");
        fs::create_dir(lab.join("bin")).unwrap();
        copy_binary(&binary);
        for (path, mode) in [(lab.path().to_owned(), 0o775), (lab.join("bin"), 0o755)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        Some(Self { lab, binary })
    }

    fn other(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(&self.binary);
        self.lab
            .isolate(command.args(arguments))
            .uid(OTHER)
            .gid(OTHER);
        Ran::of(command.output().unwrap())
    }

    fn other_json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.other(&[arguments, &["--json"]].concat()).stdout).unwrap()
    }
}

#[test]
fn the_owner_is_who_the_system_says() {
    let lab = Lab::new();
    let user = name_of(fs::metadata(lab.path()).unwrap().uid());
    let liar = [
        ("USER", "mallory"),
        ("LOGNAME", "mallory"),
        ("USERNAME", "mallory"),
    ];
    let ran = lab.run_with(&liar, &["--allocate", "t", "--json"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["owner"], user.as_str());
    assert_eq!(lab.server(0)["running_tasks"][0]["owner"], user.as_str());
    assert!(lab.ok(&["--detail"]).stdout.contains(&user));
    assert_eq!(lab.run_with(&liar, &["--release", "t"]).code, 0);
}

#[test]
fn another_users_task_needs_force_to_release() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    lab.ok(&["--allocate", "mine"]);
    let before = lab.state_text();
    let ran = shared.other(&["--release", "mine"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (7, ""), "{ran:?}");
    assert!(
        ran.stderr
            .contains(&format!("mine belongs to {}", name_of(0))),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("--force"), "{ran:?}");
    // Consent to a question is not leave to act on another's task.
    assert_eq!(shared.other(&["--release", "mine", "--yes"]).code, 7);
    let document = shared.other_json(&["--release", "mine"]);
    assert_eq!(document["error"]["kind"], "not_owner");
    assert_eq!(lab.state_text(), before);
    assert_eq!(shared.other(&["--release", "mine", "--force"]).code, 0);
    assert_eq!(lab.tasks(), Vec::<String>::new());
}

#[test]
fn root_too_needs_force() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    let made = shared.other(&["--allocate", "theirs"]);
    assert_eq!(made.code, 0, "{made:?}");
    let owner = lab.server(0)["running_tasks"][0]["owner"].clone();
    assert_eq!(owner, name_of(OTHER).as_str());
    lab.refused(7, "not_owner", &["--release", "theirs"]);
    assert_eq!(shared.other(&["--release", "theirs"]).code, 0);
}

#[test]
fn a_reset_over_another_users_tasks_needs_force() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    lab.ok(&["--allocate", "mine"]);
    assert_eq!(shared.other(&["--allocate", "theirs"]).code, 0);
    let before = lab.state_text();
    let mut files = lab.files();
    for ran in [
        shared.other(&["--reset", "--yes"]),
        lab.run(&["--reset", "--yes"]),
    ] {
        assert_eq!(ran.code, 7, "{ran:?}");
    }
    let document = shared.other_json(&["--reset", "--yes"]);
    assert_eq!(document["error"]["kind"], "not_owner");
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("mine")
    );
    assert_eq!(lab.state_text(), before);
    files.push("gpu_manager.refused.log".to_owned());
    files.sort();
    assert_eq!(lab.files(), files);
    // Force is no consent: there is still nobody to ask.
    assert_eq!(shared.other(&["--reset", "--force"]).code, 2);
    assert_eq!(shared.other(&["--reset", "--yes", "--force"]).code, 0);
    assert_eq!(lab.tasks(), Vec::<String>::new());
}

#[test]
fn one_users_umask_does_not_shut_the_next_one_out() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"umask 077; exec "$0" --allocate mine"#])
        .arg(&shared.binary);
    let made = Ran::of(lab.isolate(&mut shell).output().unwrap());
    assert_eq!(made.code, 0, "{made:?}");
    let ran = shared.other(&["--allocate", "theirs"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    lab.ok(&["--release", "mine"]);
    assert_eq!(lab.tasks(), ["theirs"]);
}

#[test]
fn a_taken_name_says_whose_it_is() {
    let Some(shared) = Shared::new() else { return };
    shared.lab.ok(&["--allocate", "t"]);
    let ran = shared.other(&["--allocate", "t", "--force"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.stderr.contains(&name_of(0)), "{ran:?}");
}

#[test]
fn an_ownerless_task_belongs_to_anyone() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    lab.write(STATE, include_str!("../../data/v0.1-sample.json"));
    fs::set_permissions(lab.join(STATE), Permissions::from_mode(0o664)).unwrap();
    chown(lab.join(STATE), None, Some(OTHER)).unwrap();
    let ran = shared.other(&["--release", "task_001"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}
