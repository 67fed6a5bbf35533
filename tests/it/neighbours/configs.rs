//! A `./config.toml` of somebody else that names what is to be run.

use super::{ALICE, MALLORY, like_tmp};
use std::os::unix::fs::chown;

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

/// Where the state is, it may say, as anybody may who says where to look.
#[test]
fn it_says_no_more_than_what_there_is() {
    let Some(office) = like_tmp() else { return };
    office.lab().write("config.toml", SERVER);
    let config = office.lab().join("config.toml");
    chown(&config, Some(MALLORY.uid), Some(MALLORY.gid)).unwrap();
    office.ok_as(ALICE, &["--allocate", "t", "1", "1"]);
}
