//! The grammar: what makes no sense is refused before anything is touched.

use super::*;

/// Wrong usage in every form: exit 2, told on stderr or as JSON, nothing made.
fn nonsense(arguments: &[&str]) -> String {
    let lab = Lab::new();
    let ran = lab.run(arguments);
    assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
    assert_eq!(ran.stdout, "", "{arguments:?}");
    assert_ne!(ran.stderr, "", "{arguments:?}");
    assert_eq!(lab.files(), Vec::<String>::new(), "{arguments:?}");
    ran.stderr
}

/// The same with `--json` in front: the one document, and nothing beside it.
fn nonsense_in_json(arguments: &[&str]) {
    let lab = Lab::new();
    let ran = lab.run(&[&["--json"], arguments].concat());
    assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
    assert_eq!(ran.stderr, "", "{arguments:?}");
    let document: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}"));
    assert_eq!(document["error"]["kind"], "usage", "{arguments:?}");
    let message = document["error"]["message"].as_str().unwrap();
    assert!(!message.is_empty(), "{arguments:?}: {document}");
    assert_eq!(lab.files(), Vec::<String>::new(), "{arguments:?}");
}

fn all_nonsense(cases: &[&[&str]]) {
    for arguments in cases {
        nonsense(arguments);
        nonsense_in_json(arguments);
    }
}

#[test]
fn gpumgr_alone_prints_the_help_and_exits_2() {
    let lab = Lab::new();
    let ran = lab.run(&[]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stdout + &ran.stderr, lab.ok(&["-h"]).stdout);
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[test]
fn help_and_version_are_results() {
    let lab = Lab::new();
    for flag in ["--help", "-h"] {
        let help = lab.ok(&[flag]);
        assert_eq!(help.stderr, "");
        for word in [
            "--init",
            "--status",
            "--detail",
            "--allocate",
            "--release",
            "--reset",
            "--check-config",
            "--completions",
            "--man",
            "--gpus",
            "--cpus",
            "--gpu-ids",
            "--prefer-server",
            "--export",
            "--json",
            "--config",
            "--state",
            "--lang",
            "--yes",
            "--force",
            "--quiet",
            "Exit codes",
            "Examples",
        ] {
            assert!(help.stdout.contains(word), "{flag} lacks {word}");
        }
    }
    for flag in ["--version", "-V"] {
        let version = lab.ok(&[flag]);
        assert_eq!(
            version.stdout,
            format!("gpumgr {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[test]
fn exactly_one_action_a_call() {
    all_nonsense(&[
        &["--init", "--status"],
        &["--status", "--detail"],
        &["--detail", "--check-config"],
        &["--allocate", "t", "--release", "t"],
        &["--release", "t", "--status"],
        &["--reset", "--yes", "--init"],
        &["--check-config", "--allocate", "t"],
        &["--man", "--completions", "bash"],
        &["--completions", "tcsh"],
        &["--completions"],
    ]);
    all_nonsense(&[
        &["--quiet"],
        &["--yes"],
        &["--lang", "ja"],
        &["--state", "x"],
    ]);
}

#[test]
fn modifiers_of_allocate_need_it() {
    all_nonsense(&[
        &["--gpus", "2"],
        &["--status", "--gpus", "1"],
        &["--status", "--cpus", "2"],
        &["--release", "t", "--gpu-ids", "1"],
        &["--init", "--prefer-server", "0"],
        &["--check-config", "--prefer-server", "0"],
    ]);
    for action in [
        &["--detail"] as &[&str],
        &["--release", "t"],
        &["--reset", "--yes"],
    ] {
        nonsense(&[action, &["--export"]].concat());
        nonsense(&[action, &["--export", "fish"]].concat());
    }
}

#[test]
fn no_flag_may_be_given_twice() {
    let cases: [(&str, &[&str]); 18] = [
        ("--init", &["--init", "--init"]),
        ("--status", &["--status", "--status"]),
        ("--detail", &["--detail", "--detail"]),
        ("--detail", &["--detail", "0", "--detail", "1"]),
        ("--allocate", &["--allocate", "a", "--allocate", "b"]),
        ("--allocate", &["--allocate", "a", "--allocate", "2", "8"]),
        ("--release", &["--release", "a", "--release", "a"]),
        ("--reset", &["--reset", "--reset", "--yes"]),
        ("--check-config", &["--check-config", "--check-config"]),
        ("--config", &["--status", "--config", "a", "--config", "a"]),
        ("--state", &["--status", "--state", "a", "--state", "a"]),
        ("--lang", &["--status", "--lang", "en", "--lang", "en"]),
        ("--yes", &["--reset", "--yes", "--yes"]),
        ("--force", &["--release", "t", "--force", "--force"]),
        ("--quiet", &["--status", "--quiet", "--quiet"]),
        ("--gpus", &["--allocate", "t", "--gpus", "1", "--gpus", "1"]),
        ("--cpus", &["--allocate", "t", "--cpus", "1", "--cpus", "1"]),
        (
            "--prefer-server",
            &[
                "--allocate",
                "t",
                "--prefer-server",
                "0",
                "--prefer-server",
                "0",
            ],
        ),
    ];
    for (flag, arguments) in cases {
        let complaint = nonsense(arguments);
        assert!(complaint.contains(flag), "{arguments:?}: {complaint}");
        nonsense_in_json(arguments);
    }
    all_nonsense(&[
        &["--allocate", "t", "--gpu-ids", "0", "--gpu-ids", "1"],
        &["--allocate", "t", "--gpu-ids", "0,0"],
        &["--allocate", "t", "--gpu-ids", "0,1,0"],
    ]);
    nonsense(&["--allocate", "t", "--export", "--export"]);
    nonsense(&["--allocate", "t", "--export", "sh", "--export", "fish"]);
}

#[test]
fn json_twice_is_nonsense_told_in_json() {
    nonsense_in_json(&["--status", "--json"]);
}

#[test]
fn a_count_is_given_in_place_or_by_flag() {
    let cases: [(&str, &[&str]); 6] = [
        ("--gpus", &["--allocate", "t", "2", "--gpus", "2"]),
        ("--gpus", &["--gpus", "2", "--allocate", "t", "4"]),
        ("--cpus", &["--allocate", "t", "2", "16", "--cpus", "16"]),
        (
            "--gpus",
            &["--allocate", "t", "2", "16", "--gpus", "2", "--cpus", "16"],
        ),
        ("--gpu-ids", &["--allocate", "t", "2", "--gpu-ids", "0,1"]),
        (
            "--gpu-ids",
            &["--allocate", "t", "--gpus", "2", "--gpu-ids", "0,1"],
        ),
    ];
    for (flag, arguments) in cases {
        let complaint = nonsense(arguments);
        assert!(complaint.contains(flag), "{arguments:?}: {complaint}");
        nonsense_in_json(arguments);
    }
}

#[test]
fn no_action_takes_a_word_too_many() {
    all_nonsense(&[
        &["status"],
        &["allocate", "t"],
        &["--init", "x"],
        &["--status", "0"],
        &["--detail", "0", "1"],
        &["--allocate", "t", "1", "8", "x"],
        &["--allocate", "t", "--gpus", "1", "8"],
        &["--allocate", "t", "--gpu-ids", "0", "1"],
        &["--release", "a", "b"],
        &["--reset", "--yes", "x"],
        &["--check-config", "config.toml", "x"],
    ]);
}

#[test]
fn no_action_takes_words_after_a_double_dash() {
    let actions: [&[&str]; 9] = [
        &["--init"],
        &["--status"],
        &["--detail"],
        &["--detail", "0"],
        &["--allocate", "t"],
        &["--allocate", "t", "1", "8"],
        &["--release", "t"],
        &["--reset", "--yes"],
        &["--check-config"],
    ];
    for action in actions {
        for rest in [
            &["--"] as &[&str],
            &["--", "x"],
            &["--", "--"],
            &["--", "--json"],
        ] {
            let arguments = [action, rest].concat();
            let complaint = nonsense(&arguments);
            assert!(complaint.contains("--"), "{arguments:?}: {complaint}");
            nonsense_in_json(&arguments);
        }
    }
    all_nonsense(&[&["--"], &["--", "--status"], &["--release", "--", "t"]]);
}

#[test]
fn json_counts_wherever_it_stands_before_a_double_dash() {
    for arguments in [
        &["--json", "--allocate"] as &[&str],
        &["--allocate", "--json"],
        &["--allocate", "", "--json"],
        &["--allocate", "t", "x", "--json"],
        &["--allocate", "t", "--json", "--gpus", "x"],
        &["--nonsense", "--json"],
        &["--json"],
        &["--lang", "--json"],
    ] {
        let ran = Lab::new().run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""), "{arguments:?}");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["error"]["kind"], "usage", "{arguments:?}");
    }
    let ran = Lab::new().run(&["--status", "--", "--json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
}

#[test]
fn a_task_has_a_name() {
    let long = "x".repeat(129);
    for name in [
        "",
        "-x",
        "--x",
        "a\nb",
        "a\tb",
        "\u{1b}[31mred",
        "a\u{202e}b",
        &long,
    ] {
        for action in ["--allocate", "--release"] {
            let glued = format!("{action}={name}");
            for arguments in [&[action, name] as &[&str], &[&glued]] {
                let complaint = nonsense(arguments);
                assert!(
                    complaint.chars().all(|c| c == '\n' || !c.is_control()),
                    "{arguments:?}: {complaint:?}"
                );
                nonsense_in_json(arguments);
            }
        }
    }
}

#[test]
fn the_longest_name_is_a_name() {
    let lab = Lab::new();
    let long = "語".repeat(128);
    lab.ok(&["--allocate", &long]);
    assert_eq!(lab.tasks(), [long.as_str()]);
    lab.ok(&["--release", &long]);
}

#[test]
fn numbers_are_whole_and_within_what_a_server_can_have() {
    for number in ["x", "1.5", "-1", "", "0x2", "1e1", "99999999999", " 1"] {
        let glued = |flag| format!("{flag}={number}");
        let cases: [&[&str]; 5] = [
            &["--allocate", "t", number],
            &["--allocate", "t", "1", number],
            &["--allocate", "t", &glued("--gpus")],
            &["--allocate", "t", &glued("--cpus")],
            &["--allocate", "t", &glued("--gpu-ids")],
        ];
        all_nonsense(&cases);
    }
    all_nonsense(&[
        &["--allocate", "t", "1025"],
        &["--allocate", "t", "1", "0"],
        &["--allocate", "t", "1", "65537"],
        &["--allocate", "t", "--gpus", "1025"],
        &["--allocate", "t", "--cpus", "0"],
        &["--allocate", "t", "--cpus", "65537"],
        &["--allocate", "t", "--gpu-ids", "1,"],
        &["--allocate", "t", "--gpu-ids", "1,,2"],
        &["--allocate", "t", "--gpu-ids", "1-3"],
        &["--allocate", "t", "--gpu-ids", "65536"],
    ]);
}

#[test]
fn values_come_from_their_lists_and_are_not_left_out() {
    all_nonsense(&[
        &["--stat"],
        &["--nonsense"],
        &["-x"],
        &["--status", "--lang", "fr"],
        &["--status", "--lang"],
        &["--status", "--config"],
        &["--status", "--state"],
        &["--allocate"],
        &["--release"],
        &["--allocate", "t", "--gpus"],
        &["--allocate", "t", "--cpus"],
        &["--allocate", "t", "--gpu-ids"],
        &["--allocate", "t", "--prefer-server"],
        &["--init=yes"],
    ]);
    nonsense(&["--allocate", "t", "--export", "csh"]);
    nonsense_in_json(&["--allocate", "t", "--export", "csh"]);
}

/// Both want stdout for themselves.
#[test]
fn export_and_json_exclude_each_other() {
    for export in ["--export", "--export=sh", "--export=fish"] {
        nonsense_in_json(&["--allocate", "t", export]);
    }
}

/// Neither may be lost in translation, nor print what was typed as it is.
#[cfg(unix)]
#[test]
fn what_is_no_text_is_no_name() {
    use std::os::unix::ffi::OsStrExt;
    let no_text = std::ffi::OsStr::from_bytes(b"a\xff\x1b[31m");
    for action in ["--allocate", "--release", "--detail"] {
        let lab = Lab::new();
        let ran = Ran::of(lab.command(&[action]).arg(no_text).output().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
        let mut command = lab.command(&["--json", action]);
        let ran = Ran::of(command.arg(no_text).output().unwrap());
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["error"]["kind"], "usage", "{ran:?}");
        assert_eq!(lab.files(), Vec::<String>::new());
    }
}

#[test]
fn order_and_equals_signs_are_free() {
    for arguments in [
        &["--allocate", "t", "2", "4"] as &[&str],
        &["--allocate", "t", "--gpus", "2", "--cpus", "4"],
        &["--gpus=2", "--cpus=4", "--allocate=t"],
        &["--cpus", "4", "--allocate", "t", "2"],
        &[
            "--quiet",
            "--allocate",
            "t",
            "2",
            "4",
            "--yes",
            "--force",
            "--lang=en",
        ],
    ] {
        let lab = Lab::new();
        lab.ok(arguments);
        let task = &lab.server(0)["running_tasks"][0];
        assert_eq!(task["allocated_gpus"], json!([0, 1]), "{arguments:?}");
        assert_eq!(task["allocated_cpus"], 4, "{arguments:?}");
    }
}
