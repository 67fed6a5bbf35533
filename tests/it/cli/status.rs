//! `--status` and `--detail`: what is there, and nothing written.

use super::*;

#[test]
fn a_row_a_server_then_the_totals() {
    let lab = Lab::with_config(UNEQUAL);
    lab.ok(&["--allocate", "a", "1", "2"]);
    lab.ok(&["--allocate", "b", "4", "48"]);
    let ran = lab.ok(&["--status"]);
    assert_eq!(ran.stderr, "");
    let rows: Vec<Vec<_>> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with('│'))
        .map(|line| line.trim_matches('│').split('│').map(str::trim).collect())
        .collect();
    assert_eq!(
        rows,
        [
            [
                "Server",
                "GPU free/total",
                "GPU use",
                "CPU free/total",
                "CPU use",
                "Running tasks"
            ],
            ["small", "1/2", "50.0%", "6/8", "25.0%", "1"],
            ["large", "0/4", "100.0%", "16/64", "75.0%", "1"],
        ]
    );
    let totals = "\n\nTotal:\n  GPU: 1/6 free\n  CPU: 22/72 free\n  Running tasks: 2\n";
    assert!(ran.stdout.ends_with(totals), "{ran:?}");
}

/// A terminal shows wide characters two columns wide; the frame must still be straight.
#[test]
fn the_table_is_straight_with_wide_names() {
    use unicode_width::UnicodeWidthStr;
    let config = UNEQUAL.replace("small", "計算機一号").replace("large", "x");
    let lab = Lab::with_config(&config);
    lab.ok(&["--allocate", "学習", "1", "1"]);
    for action in [&["--status"] as &[&str], &["--detail", "0"]] {
        for language in ["en", "zh", "ja"] {
            let text = lab.ok(&[action, &["--lang", language]].concat()).stdout;
            let lines = text
                .lines()
                .filter(|line| line.trim_start().starts_with(['┌', '│', '├', '└']));
            let widths: Vec<_> = lines.map(UnicodeWidthStr::width).collect();
            assert!(widths.len() > 3, "{text}");
            assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
        }
    }
}

#[test]
fn without_a_state_it_shows_the_config_says_so_and_writes_nothing() {
    let lab = Lab::with_config(UNEQUAL);
    for arguments in [
        &["--status"] as &[&str],
        &["--detail"],
        &["--detail", "large"],
    ] {
        let ran = lab.ok(arguments);
        assert!(ran.stdout.contains("large"), "{ran:?}");
        assert!(ran.stderr.contains("Nothing is initialized"), "{ran:?}");
        assert!(ran.stderr.contains(&lab.shown(STATE)), "{ran:?}");
    }
    lab.ok(&["--check-config"]);
    assert_eq!(lab.files(), ["config.toml"]);
}

#[test]
fn detail_shows_free_ids_and_every_task() {
    let lab = Lab::with_config(UNEQUAL);
    lab.ok(&["--allocate", "a", "2", "8"]);
    lab.ok(&["--allocate", "b", "--gpu-ids", "1,3", "--cpus", "4"]);
    let ran = lab.ok(&["--detail"]);
    for part in [
        "small (ID 0)\n  Free GPUs: [] (0/2)\n  Free CPUs: 0/8\n",
        "large (ID 1)\n  Free GPUs: [0, 2] (2/4)\n  Free CPUs: 60/64\n",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let row = ran
        .stdout
        .lines()
        .find(|line| line.contains("│ b"))
        .unwrap();
    let cells: Vec<_> = row
        .trim()
        .trim_matches('│')
        .split('│')
        .map(str::trim)
        .collect();
    assert_eq!(cells[..3], ["b", "[1, 3]", "4"]);
    let year = chrono::NaiveDateTime::parse_from_str(cells[4], "%Y-%m-%d %H:%M:%S");
    assert!(year.is_ok(), "{row}");
    assert!(cells[5].ends_with('s'), "{row}");
}

#[test]
fn detail_of_one_server_by_name_or_id() {
    let lab = Lab::with_config(UNEQUAL);
    lab.ok(&["--init"]);
    for server in ["large", "1"] {
        let text = lab.ok(&["--detail", server]).stdout;
        assert!(text.starts_with("large (ID 1)\n"), "{text}");
        assert!(!text.contains("small"), "{text}");
    }
    let ran = lab.refused(2, "usage", &["--detail", "2"]);
    assert!(ran.stderr.contains("small, large"), "{ran:?}");
}

#[test]
fn v01s_own_file_is_shown() {
    let lab = Lab::new();
    lab.write(STATE, include_str!("../../data/v0.1-sample.json"));
    let (_, document) = lab.json(&["--status"]);
    assert_eq!(document["totals"]["available_gpus"], 4);
    let detail = lab.ok(&["--detail", "0"]).stdout;
    let row = detail
        .lines()
        .find(|line| line.contains("task_001"))
        .unwrap();
    // No offset: local time, as v0.1 wrote it. Nobody's, for v0.1 knew no owners.
    assert!(row.contains("2025-11-04 10:30:00"), "{row}");
    assert!(row.contains("│   -"), "{row}");
    assert_eq!(lab.files(), [STATE]);
}

#[test]
fn a_config_that_differs_is_hinted_at_but_quietly_not() {
    let lab = Lab::with_config(UNEQUAL);
    lab.ok(&["--init"]);
    lab.write("config.toml", "[cluster]\nservers = 2\n");
    for arguments in [
        &["--status"] as &[&str],
        &["--detail"],
        &["--allocate", "t", "1", "1"],
        &["--check-config"],
    ] {
        let ran = lab.ok(arguments);
        assert!(
            ran.stderr.contains("gpumgr --init"),
            "{arguments:?}: {ran:?}"
        );
        assert!(
            !ran.stdout.contains("gpumgr --init"),
            "{arguments:?}: {ran:?}"
        );
        if arguments[0] == "--allocate" {
            // Grants follow the state, not the config.
            assert!(ran.stdout.contains("Server: small"), "{ran:?}");
            lab.ok(&["--release", "t"]);
        }
        let quiet = lab.ok(&[arguments, &["--quiet"]].concat());
        assert_eq!(quiet.stderr, "", "{arguments:?}");
        if arguments[0] == "--allocate" {
            lab.ok(&["--release", "t"]);
        }
    }
    let (_, document) = lab.json(&["--status"]);
    assert_eq!(document["config_differs"], true);
}

/// Text from a file is no order to the terminal.
#[test]
fn an_owner_in_the_file_cannot_speak_to_the_terminal() {
    let lab = Lab::new();
    let start = r#""start_time": "2025-11-04T10:30:00""#;
    let owner = r#", "owner": "\u001b[31m\u202eeve\n""#;
    let sample = include_str!("../../data/v0.1-sample.json");
    lab.write(STATE, sample.replace(start, &format!("{start}{owner}")));
    for arguments in [
        &["--detail"] as &[&str],
        &["--release", "task_001"],
        &["--allocate", "task_001"],
        &["--reset", "--yes"],
    ] {
        let ran = lab.run(arguments);
        let text = ran.stdout + &ran.stderr;
        assert!(text.contains("eve"), "{arguments:?}: {text}");
        assert!(
            !text.contains(['\u{1b}', '\u{202e}']),
            "{arguments:?}: {text}"
        );
    }
}
