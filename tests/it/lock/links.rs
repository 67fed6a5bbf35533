//! Links: to the state file they are followed, to the lock file they are not.

use super::lab_with_lock_timeout;
use crate::support::Lab;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn link(target: &str, name: &Path) {
    symlink(target, name).unwrap();
}

#[test]
fn a_linked_state_file_stays_a_link_with_its_lock_beside_the_real_one() {
    let lab = Lab::new();
    fs::create_dir(lab.join("real")).unwrap();
    fs::create_dir(lab.join("linked")).unwrap();
    let path = lab.join("linked/state.json");
    link("../real/status.json", &path);
    // The first makes the file that the link leads to, the others replace it.
    for arguments in [
        &["--init"][..],
        &["--allocate", "a", "1", "4"],
        &["--release", "a"],
        &["--reset", "--yes"],
    ] {
        lab.ok(&[arguments, &["--state", "linked/state.json"]].concat());
        assert_eq!(
            fs::read_link(&path).unwrap(),
            Path::new("../real/status.json")
        );
        assert_eq!(fs::read_dir(lab.join("linked")).unwrap().count(), 1);
        assert!(lab.join("real/.resource.lock").is_file());
    }
}

#[test]
fn a_link_planted_as_the_lock_file_is_not_followed() {
    for target_exists in [false, true] {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let old = lab.state_text();
        fs::remove_file(lab.join(".resource.lock")).unwrap();
        if target_exists {
            lab.write("precious", "mine");
        }
        link("precious", &lab.join(".resource.lock"));
        let (code, said) = lab.json(&["--allocate", "a"]);
        assert_eq!(code, 1, "{said}");
        assert_eq!(said["error"]["kind"], "io");
        let message = said["error"]["message"].as_str().unwrap();
        assert!(message.contains(".resource.lock"), "{message}");
        assert_eq!(
            lab.text_if_any("precious").as_deref(),
            target_exists.then_some("mine")
        );
        assert_eq!(lab.state_text(), old);
    }
}

// Only a debug build stops itself at a step.
#[cfg(debug_assertions)]
#[test]
fn two_links_to_one_file_are_one_lock() {
    let lab = lab_with_lock_timeout("0s");
    for folder in ["a", "b"] {
        fs::create_dir(lab.join(folder)).unwrap();
        link("../resource_status.json", &lab.join(folder).join("state"));
    }
    let through_a = ["--allocate", "slow", "--state", "a/state"];
    let _holder = crate::stopped::Stopped::at("TempWritten", &lab, &through_a);
    assert!(
        lab.has_litter(),
        "the temporary file is beside the real one"
    );
    for other in ["b/state", "a/state", "resource_status.json"] {
        let (code, said) = lab.json(&["--allocate", "second", "--state", other]);
        assert_eq!(code, 4, "{other}: {said}");
    }
    assert_eq!(names(&lab, "a"), ["state"]);
}

#[cfg(debug_assertions)]
fn names(lab: &Lab, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(lab.join(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
