//! What a shell offers at TAB: real shells on a terminal, with names that would do harm.

use crate::support::{Lab, happens, skipped};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};

/// Each a task ID that a shell would take for several words, or for something to do.
const NAMES: [&str; 6] = [
    "r1 two words",
    "r2$(touch owned)",
    "r3;touch owned",
    "r4'`touch owned`",
    "r5:a=b@c",
    "r6\"学習　\\n*",
];

/// Told what it is given, in a form that no terminal changes.
const TELL: &str = "#!/usr/bin/env python3
import json, sys
print(f'\\x02{json.dumps(sys.argv[1:]).encode().hex()}\\x03', flush=True)
";

/// A lab whose tools a shell finds: gpumgr itself, and one that tells.
fn lab() -> Lab {
    let lab =
        Lab::with_config("[cluster]\nservers = 2\ngpus_per_server = 8\ncpus_per_server = 64\n");
    lab.write("gputell", TELL);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(lab.join("gputell"), executable).unwrap();
    lab
}

fn path(lab: &Lab) -> std::ffi::OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_gpumgr")).parent().unwrap();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let own = [lab.path().to_owned(), binary.to_owned()];
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&rest))).unwrap()
}

/// The words that gpumgr is given after this was typed, TABs and all.
fn typed(lab: &Lab, shell: &str, line: &str) -> Vec<String> {
    let mut command = Command::new("python3");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/completions/tab.py"))
        .args([shell, line]);
    lab.isolate(&mut command)
        // Else fish makes a folder in /tmp.
        .env("XDG_RUNTIME_DIR", lab.path())
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "dumb")
        .env("PATH", path(lab));
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let why = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("{shell}, {line:?}: {why}"))
}

/// The shells that are here.
fn shells() -> Vec<&'static str> {
    let here = |shell: &&str| {
        let found = Command::new(shell).args(["-c", "true"]).output().is_ok();
        if !found {
            skipped(&format!("{shell} is not installed"));
        }
        found
    };
    ["bash", "zsh", "fish"].into_iter().filter(here).collect()
}

#[test]
fn a_task_is_put_in_as_one_word_whatever_it_is_called() {
    let lab = lab();
    for name in NAMES {
        lab.ok(&["--allocate", name]);
    }
    for shell in shells() {
        for name in NAMES {
            let begun = &name[..2];
            let given = typed(&lab, shell, &format!("gpumgr --release {begun}<TAB>"));
            assert_eq!(given, ["--release", name], "{shell}");
        }
    }
    assert!(!lab.join("owned").exists());
}

#[test]
fn bash_completes_behind_what_it_takes_for_a_break_and_in_quotes() {
    let lab = lab();
    for name in NAMES {
        lab.ok(&["--allocate", name]);
    }
    for (begun, name) in [
        ("--release=r1", NAMES[0]),
        ("--release 'r1 t", NAMES[0]),
        ("--release \"r1", NAMES[0]),
        ("--release r1\\ t", NAMES[0]),
        ("--release \"r2", NAMES[1]),
        ("--release 'r4", NAMES[3]),
        ("--release r5:", NAMES[4]),
        ("--release r5:a=", NAMES[4]),
        ("--release r5:a=b@", NAMES[4]),
    ] {
        let given = typed(&lab, "bash", &format!("gpumgr {begun}<TAB>"));
        assert_eq!(
            given
                .join(" ")
                .replacen('=', " ", usize::from(begun.contains("release="))),
            format!("--release {name}"),
            "{begun}"
        );
    }
    assert!(!lab.join("owned").exists());
}

/// It ends with the test, however that ends.
struct Waiter(Child);

impl Drop for Waiter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn each_flag_is_offered_what_fits_it() {
    let lab = lab();
    lab.ok(&["--allocate", "held", "8"]);
    lab.ok(&["--allocate", "more", "8"]);
    lab.write("settings.toml", "[cluster]\nservers = 1\n");
    let mut waits = lab.command(&["--allocate", "waits", "8", "--wait"]);
    let _waiter = Waiter(waits.spawn().unwrap());
    assert!(happens(|| lab
        .ok(&["--queue", "--json"])
        .stdout
        .contains("waits")));
    for shell in shells() {
        for (line, words) in [
            (
                "gpumgr --cance<TAB><TAB>",
                &["--cancel", "waits"] as &[&str],
            ),
            ("gpumgr --release h<TAB>", &["--release", "held"]),
            (
                "gpumgr --detail gpu-server-1<TAB>",
                &["--detail", "gpu-server-1"],
            ),
            (
                "gpumgr --allocate t --prefer-server gpu-s<TAB>1",
                &["--allocate", "t", "--prefer-server", "gpu-server-1"],
            ),
            (
                "gpumgr --status --lang j<TAB>",
                &["--status", "--lang", "ja"],
            ),
            (
                "gpumgr --completions pow<TAB>",
                &["--completions", "powershell"],
            ),
            (
                "gpumgr --config sett<TAB>--check-c<TAB>",
                &["--config", "settings.toml", "--check-config"],
            ),
            (
                "gpumgr --run t -- gput<TAB>sett<TAB>",
                &["--run", "t", "--", "gputell", "settings.toml"],
            ),
        ] {
            assert_eq!(typed(&lab, shell, line), words, "{shell}: {line}");
        }
    }
}

#[test]
fn the_state_is_the_one_that_the_line_names() {
    let lab = lab();
    lab.ok(&["--allocate", "here"]);
    lab.ok(&["--state", "other state.json", "--allocate", "there"]);
    lab.write(
        "of other.toml",
        "state_file = \"other state.json\"\n[cluster]\nservers = 1\n",
    );
    for shell in shells() {
        for given in ["--state", "--config"] {
            let file = if given == "--state" {
                "other state.json"
            } else {
                "of other.toml"
            };
            let line = format!("gpumgr {given} '{file}' --release <TAB>");
            assert_eq!(
                typed(&lab, shell, &line),
                [given, file, "--release", "there"],
                "{shell}"
            );
        }
    }
}

/// What the scripts are answered.
fn answered(lab: &Lab, typed: &[&str]) -> String {
    let ran = lab.ok(&[&["--complete-for", "fish"], typed].concat());
    assert_eq!(ran.stderr, "", "{typed:?}");
    ran.stdout
}

#[test]
fn whatever_is_wrong_completing_is_silent_and_writes_nothing() {
    let lab = lab();
    lab.write("broken.json", "{");
    lab.write("broken.toml", "[cluster");
    let nowhere = Lab::new();
    for typed in [
        &["--state", "broken.json", "--release", "="] as &[&str],
        &["--state", "missing/state.json", "--release", "="],
        &["--config", "missing.toml", "--release", "="],
        &["--config", "broken.toml", "--release", "="],
        &["--release", "="],
    ] {
        let before = lab.files();
        assert_eq!(answered(&lab, typed), "words\n");
        assert_eq!(lab.files(), before);
    }
    assert_eq!(answered(&nowhere, &["--release", "="]), "words\n");
    assert_eq!(nowhere.files(), Vec::<String>::new());
    assert_eq!(
        lab.ok(&["--complete-for", "fish"]).stdout,
        answered(&lab, &["="])
    );
}

/// Opening a pipe waits for whoever writes to it.
#[test]
fn completing_opens_no_pipe() {
    let lab = lab();
    let made = Command::new("mkfifo").arg(lab.join("pipe")).status();
    assert!(made.unwrap().success());
    for flag in ["--config", "--state"] {
        let asked = ["--complete-for", "fish", flag, "pipe", "--release", "="];
        let mut asked = lab.command(&asked).spawn().unwrap();
        let answered = happens(|| asked.try_wait().unwrap().is_some());
        let _ = asked.kill();
        asked.wait().unwrap();
        assert!(answered, "{flag}");
    }
}

#[test]
fn no_second_action_and_no_flag_twice_is_offered() {
    let lab = lab();
    let offered = answered(&lab, &["--allocate", "t", "--gpus", "2", "=-"]);
    let words: Vec<_> = offered
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    for absent in ["--release", "--allocate", "--gpus"] {
        assert!(!words.contains(&absent), "{absent}: {words:?}");
    }
    assert!(words.contains(&"--cpus"), "{words:?}");
}

#[test]
fn completing_waits_for_no_lock() {
    let lab = lab();
    lab.ok(&["--allocate", "t"]);
    let lock = std::fs::File::open(lab.join(".resource.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(answered(&lab, &["--release", "="]), "words\nt\t\n");
}

/// PowerShell's own quotes, for it cannot be run here.
#[test]
fn powershell_is_given_names_that_its_quotes_hold() {
    let lab = lab();
    lab.ok(&["--allocate", "it's \u{2019}; reboot #"]);
    let answer = lab
        .ok(&["--complete-for", "powershell", "--release", "="])
        .stdout;
    let inserted = answer.lines().nth(1).unwrap().split('\t').next().unwrap();
    assert_eq!(inserted, "'it''s \u{2019}\u{2019}; reboot #'");
    let exported = lab
        .ok(&["--allocate", "\u{2018}$(x)", "--export", "powershell"])
        .stdout;
    assert!(
        exported.contains("GPUMGR_TASK_ID = '\u{2018}\u{2018}$(x)'"),
        "{exported}"
    );
}
