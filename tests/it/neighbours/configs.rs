//! A `./config.toml` of somebody else that names what is to be run.

use super::{ALICE, MALLORY, like_tmp};
use crate::support::{Lab, Ran};
use std::os::unix::fs::{chown, lchown, symlink};
use std::process::Command;

const SERVER: &str = "[cluster]\nservers = 1\ngpus_per_server = 2\ncpus_per_server = 8\n";

/// What a config can have run, and the calls that would.
const CASES: [(&str, &[&str]); 5] = [
    (
        "[program_template]\ncommand = \"touch ran\"\n",
        &["--start-program", "t"],
    ),
    (
        "[auto]\nprograms = [\"t\"]\n[program_template]\ncommand = \"touch ran\"\n",
        &["--monitor"],
    ),
    (
        "[notification]\nenabled = true\ncommand = \"touch ran\"\n",
        &["--test-notification"],
    ),
    (
        "[notification]\nenabled = true\ncommand = \"touch ran\"\n",
        &["--monitor"],
    ),
    ("[environment]\nLD_PRELOAD = \"x\"\n", &["--allocate", "t"]),
];

#[test]
fn it_runs_nothing() {
    for (text, arguments) in CASES {
        let Some(office) = like_tmp() else { return };
        office.lab().write("config.toml", format!("{SERVER}{text}"));
        let config = office.lab().join("config.toml");
        chown(&config, Some(MALLORY.uid), Some(MALLORY.gid)).unwrap();
        let ran = office.run_as(ALICE, arguments);
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        assert!(ran.stderr.contains("config.toml"), "{text}: {ran:?}");
        assert_eq!(office.lab().files(), ["config.toml"], "{text}");
    }
}

/// Whoever made the link chose which of this user's files names the commands, and for which folder.
#[test]
fn nor_does_a_link_of_theirs_to_a_file_of_ones_own() {
    let Some(office) = like_tmp() else { return };
    let own = office.lab().join("own");
    std::fs::create_dir(&own).unwrap();
    let text = format!("{SERVER}[program_template]\ncommand = \"touch ran\"\n");
    std::fs::write(own.join("other.toml"), text).unwrap();
    for path in [own.clone(), own.join("other.toml")] {
        chown(path, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
    }
    let link = office.lab().join("config.toml");
    symlink("own/other.toml", &link).unwrap();
    lchown(&link, Some(MALLORY.uid), Some(MALLORY.gid)).unwrap();
    let ran = office.run_as(ALICE, &["--start-program", "t"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert_eq!(office.lab().files(), ["config.toml", "own"]);
    lchown(&link, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
    office.ok_as(ALICE, &["--start-program", "t"]);
}

/// Only who names a pipe waits for it.
#[test]
fn a_pipe_in_a_configs_place_keeps_nobody_waiting() {
    let lab = Lab::new();
    let made = Command::new("mkfifo").arg(lab.join("pipe")).status();
    assert!(made.unwrap().success());
    for arguments in [
        &["--status"][..],
        &["--complete-for", "fish", "--release", "="],
    ] {
        let mut command = lab.command(arguments);
        command.env("GPUMGR_CONFIG", "pipe");
        Ran::in_time(command);
    }
    std::fs::rename(lab.join("pipe"), lab.join("config.toml")).unwrap();
    let ran = Ran::in_time(lab.command(&["--status"]));
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Where the state is, it may say, as anybody may who says where to look.
#[test]
fn it_says_no_more_than_what_there_is() {
    let Some(office) = like_tmp() else { return };
    office.lab().write("config.toml", SERVER);
    let config = office.lab().join("config.toml");
    chown(&config, Some(MALLORY.uid), Some(MALLORY.gid)).unwrap();
    office.ok_as(ALICE, &["--allocate", "t", "1", "1"]);
}
