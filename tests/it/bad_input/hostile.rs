//! Files that are sound, and still say what nobody should repeat as it stands.

use super::for_all;
use super::state_files::edited;
use crate::support::Lab;

const STATE: &str = "resource_status.json";
const LOOKING: [&[&str]; 8] = [
    &["--status"],
    &["--detail"],
    &["--detail", "0"],
    &["--detail", "--lang", "ja"],
    &["--release", "first"],
    &["--allocate", "first"],
    &["--init", "--config", "config.toml"],
    &["--reset", "--yes"],
];

fn owned_by(owner: &str) -> String {
    edited(
        "\"task_id\": \"first\"",
        &format!("\"task_id\": \"first\", \"owner\": \"{owner}\""),
    )
}

/// An owner is any text: v0.1's users write their own.
#[test]
fn an_owner_cannot_smuggle_control_characters() {
    let owners = [
        "a\\u001b[2J",
        "a\u{9b}31m",
        "\u{7f}",
        "\\u0085",
        "a\\rb",
        "a\\nb",
        "a\\tb",
        "",
        "\\u0000",
    ];
    for_all(&owners, |owner| {
        let lab = Lab::with_config("[cluster]\nservers = 1\n");
        lab.write(STATE, owned_by(owner));
        for arguments in LOOKING {
            let ran = lab.run(arguments);
            ran.assert_sound(&format!("{owner:?}: {arguments:?}"));
            let ran = lab.run(&[arguments, &["--json"]].concat());
            ran.assert_sound(&format!("{owner:?}: {arguments:?}: JSON"));
            ran.document();
        }
    });
}

#[test]
fn an_owner_cannot_turn_a_line_around() {
    let lab = Lab::new();
    lab.write(STATE, owned_by("a\u{202e}b\u{2066}\u{200b}"));
    for arguments in [
        &["--detail"][..],
        &["--allocate", "first"],
        &["--release", "first"],
    ] {
        let ran = lab.run(arguments);
        for text in [&ran.stdout, &ran.stderr] {
            assert!(
                !text.contains(['\u{202e}', '\u{2066}', '\u{200b}']),
                "{ran:?}"
            );
        }
    }
}

/// No date is so far away that showing it fails, in any time zone.
#[test]
fn the_first_and_last_times_are_shown() {
    let times = [
        "0000-01-01T00:00:00",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2016-12-31T23:59:60",
        "-262143-01-01T00:00:00",
        "+262142-12-31T23:59:59",
    ];
    for_all(&times, |time| {
        let lab = Lab::new();
        lab.write(STATE, edited("2025-11-04T10:30:00", time));
        for zone in ["UTC", "JST-9", "EST5", "Asia/Tokyo", "No/Where"] {
            for arguments in [&["--detail"][..], &["--detail", "--json"], &["--status"]] {
                let ran = lab.command(arguments).env("TZ", zone).output().unwrap();
                let ran = crate::support::Ran::of(ran);
                ran.assert_sound(&format!("{time} {zone} {arguments:?}"));
                assert_eq!(ran.code, 0, "{time} {zone} {arguments:?}: {ran:?}");
            }
        }
    });
}

/// v0.1 wrote local times without their offset.
// Windows has one time zone for all.
#[cfg(unix)]
#[test]
fn time_that_a_clock_change_skipped_or_repeated_is_the_earlier_one() {
    let mut zones = vec!["CET-1CEST,M3.5.0,M10.5.0/3"];
    if std::path::Path::new("/usr/share/zoneinfo/Europe/Berlin").exists() {
        zones.push("Europe/Berlin");
    }
    for (written, meant) in [
        ("2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00"),
        ("2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29T03:00:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00"),
    ] {
        let lab = Lab::new();
        lab.write(STATE, edited("2025-11-04T10:30:00", written));
        for zone in &zones {
            let shown = lab.run_with(&[("TZ", zone)], &["--detail", "--json"]);
            assert!(shown.stdout.contains(meant), "{written} {zone}: {shown:?}");
        }
    }
}

/// What is not known is not taken apart, however deep or large it is.
#[test]
fn unknown_fields_may_be_as_deep_as_they_like() {
    let lab = Lab::new();
    let deep = format!("{}{}", "[".repeat(300_000), "]".repeat(300_000));
    let notes = format!("\"notes\": {deep}, \"huge\": 1e999, \"version\"");
    lab.write(STATE, edited("\"version\"", &notes));
    lab.ok(&["--status"]);
    lab.ok(&["--allocate", "new", "1", "1"]);
    lab.ok(&["--release", "new"]);
    assert!(lab.state_text().contains(&notes));
}

/// Each server is within bounds, and so must be what they make together.
#[test]
fn the_totals_of_the_largest_cluster_are_right() {
    let lab = Lab::with_config(
        "[cluster]\nservers = 70000\ngpus_per_server = 0\ncpus_per_server = 65536\n",
    );
    let (code, checked) = lab.json(&["--status"]);
    assert_eq!(code, 0);
    assert_eq!(checked["totals"]["total_cpus"], 70_000_u64 * 65_536);
}
