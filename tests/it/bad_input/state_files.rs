//! State files that are none, or that contradict themselves.

use super::{assert_refused, for_all};
use crate::support::Lab;
use std::fs;

const STATE: &str = "resource_status.json";

const READING: [&[&str]; 2] = [&["--status"], &["--detail"]];
const CHANGING: [&[&str]; 3] = [
    &["--allocate", "new", "1", "1"],
    &["--release", "first"],
    &["--init"],
];

/// Sound as it stands; each case breaks one thing in it.
pub(super) const SOUND: &str = r#"{
  "servers": [
    {
      "server_id": 0,
      "server_name": "gpu-server-0",
      "total_gpus": 8,
      "available_gpus": [6, 7],
      "total_cpus": 64,
      "available_cpus": 16,
      "running_tasks": [
        {
          "task_id": "first",
          "allocated_gpus": [0, 1, 2, 3],
          "allocated_cpus": 32,
          "start_time": "2025-11-04T10:30:00"
        },
        {
          "task_id": "second",
          "allocated_gpus": [4, 5],
          "allocated_cpus": 16,
          "start_time": "2025-11-04T10:31:00"
        }
      ]
    },
    {
      "server_id": 1,
      "server_name": "gpu-server-1",
      "total_gpus": 4,
      "available_gpus": [0, 1, 2],
      "total_cpus": 32,
      "available_cpus": 24,
      "running_tasks": [
        {
          "task_id": "third",
          "allocated_gpus": [3],
          "allocated_cpus": 8,
          "start_time": "2025-11-04T10:32:00"
        }
      ]
    }
  ],
  "last_updated": "2025-11-04T10:32:05",
  "version": "0.1"
}
"#;

struct Case {
    name: String,
    bytes: Vec<u8>,
    kind: &'static str,
    /// Part of the message.
    place: String,
}

impl Case {
    fn damaged(name: impl Into<String>, bytes: impl Into<Vec<u8>>, place: &str) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            kind: "damaged_state",
            place: place.to_owned(),
        }
    }

    /// The sound file with the first such part replaced.
    fn edited((name, from, to, place): &(&str, &str, &str, &str)) -> Self {
        Self::damaged(*name, edited(from, to), place)
    }

    fn newer(mut self) -> Self {
        self.kind = "newer_state";
        self
    }
}

pub(super) fn edited(from: &str, to: &str) -> String {
    assert!(SOUND.contains(from), "{from}");
    SOUND.replacen(from, to, 1)
}

/// Every action that reads the state fails alike, in words and in JSON, and leaves all as it was.
fn assert_left_alone(case: &Case) {
    let lab = Lab::new();
    lab.write(STATE, &case.bytes);
    for arguments in READING.iter().chain(&CHANGING) {
        assert_refused(&lab, arguments, 1, case.kind, &case.place, &case.name);
    }
    let ran = lab.run(CHANGING[0]);
    ran.assert_sound(&case.name);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (1, ""),
        "{}: {ran:?}",
        case.name
    );
    assert!(ran.stderr.contains(&case.place), "{}: {ran:?}", case.name);
    assert_eq!(fs::read(lab.join(STATE)).unwrap(), case.bytes);
    assert_eq!(
        lab.files(),
        [".resource.lock", "gpu_manager.refused.log", STATE],
        "{}",
        case.name
    );
    assert_reset_is_the_way_out(&lab, case);
}

fn assert_reset_is_the_way_out(lab: &Lab, case: &Case) {
    let ran = lab.run(&["--reset", "--yes"]);
    ran.assert_sound(&case.name);
    assert_eq!(ran.code, 0, "{}: {ran:?}", case.name);
    let kept: Vec<_> = lab
        .files()
        .into_iter()
        .filter(|name| name.starts_with("resource_status.2"))
        .collect();
    assert_eq!(kept.len(), 1, "{}: {kept:?}", case.name);
    assert_eq!(fs::read(lab.join(&kept[0])).unwrap(), case.bytes);
    lab.ok(&["--allocate", "new", "1", "1"]);
}

#[test]
fn the_sound_file_is_sound() {
    let lab = Lab::new();
    lab.write(STATE, SOUND);
    lab.ok(&["--status"]);
    lab.ok(&["--allocate", "new", "1", "1"]);
    lab.ok(&["--release", "first"]);
}

#[test]
fn a_file_cut_off_anywhere_is_damaged() {
    let end = SOUND.trim_end().len();
    let cuts = (0..end).step_by(37).chain([1, end - 1]);
    let cases: Vec<_> = cuts
        .map(|cut| Case::damaged(format!("cut at {cut}"), &SOUND[..cut], "line "))
        .collect();
    assert!(cases.len() >= 30);
    for_all(&cases, assert_left_alone);
}

#[test]
fn what_is_no_state_at_all_is_damaged() {
    let deep = |open: &str, close: &str| {
        let depth = 200_000;
        format!("{}{}", open.repeat(depth), close.repeat(depth))
    };
    let cases = [
        Case::damaged("spaces", "  \n \n", "line 3 column 0"),
        Case::damaged("prose", "Dear diary,\n", "line 1 column 1"),
        Case::damaged("null", "null\n", "line 1 column 4"),
        Case::damaged("a number", "1e400", "line 1 column "),
        Case::damaged("true", "true", "line 1 column 4"),
        Case::damaged("text", "\"servers\"", "line 1 column "),
        Case::damaged("a list", "[]", "line 1 column "),
        Case::damaged(
            "a list of servers",
            "[{\"server_id\": 0}]",
            "line 1 column ",
        ),
        Case::damaged("an empty object", "{}", "line 1 column 2"),
        Case::damaged("TOML", "[cluster]\nservers = 4\n", "line 1 column "),
        Case::damaged(
            "a byte-order mark",
            format!("\u{feff}{SOUND}"),
            "line 1 column 1",
        ),
        Case::damaged(
            "UTF-16",
            SOUND
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
            "line 1 column 2",
        ),
        Case::damaged("NULs", vec![0; 4096], "line 1 column 1"),
        Case::damaged("a NUL at the end", format!("{SOUND}\0"), "line 45 column 1"),
        Case::damaged("two documents", SOUND.repeat(2), "line 45 column 1"),
        Case::damaged("random bytes", [0x7b, 0xff, 0xfe, 0x80], "line 1"),
        Case::damaged(
            "Latin-1",
            edited("first", "fianc\u{e9}")
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect::<Vec<_>>(),
            "line 12",
        ),
        Case::damaged(
            "half a character",
            SOUND.bytes().chain([0xe8, 0xaa]).collect::<Vec<_>>(),
            "line 45",
        ),
        Case::damaged(
            "an escape sequence instead of a value",
            edited("\"version\": \"0.1\"", "\"version\": \u{1b}[2J"),
            "line 43 column ",
        ),
        Case::damaged("lists in lists", deep("[", "]"), "line 1 column "),
        Case::damaged(
            "objects in objects",
            deep("{\"servers\":", "}"),
            "line 1 column ",
        ),
        Case::damaged(
            "lists for servers",
            edited(
                "\"servers\": [",
                &format!("\"servers\": [{},", deep("[", "]")),
            ),
            "line 2 column ",
        ),
        Case::damaged(
            "lists for a task's GPUs",
            edited("[0, 1, 2, 3]", &deep("[", "]")),
            "line 13 column ",
        ),
    ];
    for_all(&cases, assert_left_alone);
}

/// Fields stand by name, so that nobody's list is taken for a server.
#[test]
fn a_list_is_no_object() {
    let server = r#"[0, "s", 1, [0], 8, 8, false, []]"#;
    let task = r#"["first", [0, 1, 2, 3], 32, "2025-11-04T10:30:00", null]"#;
    let object = &SOUND[SOUND.find("{\n          \"task_id\": \"first\"").unwrap()..];
    let object = &object[..=object.find('}').unwrap()];
    let cases = [
        Case::damaged(
            "the file",
            format!("[[{server}], \"x\", \"0.1\"]"),
            "line 1 column ",
        ),
        Case::damaged(
            "a server",
            format!("{{\"servers\": [{server}], \"last_updated\": \"x\", \"version\": \"0.1\"}}"),
            "line 1 column ",
        ),
        Case::damaged("a task", edited(object, task), "line 11 column "),
        Case::damaged("a version alone", "[\"0.2\"]", "line 1 column "),
    ];
    for_all(&cases, assert_left_alone);
}

#[test]
fn a_missing_field_is_named() {
    let fields = [
        (
            "last_updated",
            "\n  \"last_updated\": \"2025-11-04T10:32:05\",",
            "line 43 column 1",
        ),
        ("version", ",\n  \"version\": \"0.1\"", "line 43 column 1"),
        ("server_id", "\n      \"server_id\": 0,", "line 23 column 5"),
        (
            "server_name",
            "\n      \"server_name\": \"gpu-server-0\",",
            "line 23 column 5",
        ),
        (
            "total_gpus",
            "\n      \"total_gpus\": 8,",
            "line 23 column 5",
        ),
        (
            "available_gpus",
            "\n      \"available_gpus\": [6, 7],",
            "line 23 column 5",
        ),
        (
            "total_cpus",
            "\n      \"total_cpus\": 64,",
            "line 23 column 5",
        ),
        (
            "available_cpus",
            "\n      \"available_cpus\": 16,",
            "line 23 column 5",
        ),
        (
            "task_id",
            "\n          \"task_id\": \"first\",",
            "line 15 column 9",
        ),
        (
            "allocated_gpus",
            "\n          \"allocated_gpus\": [0, 1, 2, 3],",
            "line 15 column 9",
        ),
        (
            "allocated_cpus",
            "\n          \"allocated_cpus\": 32,",
            "line 15 column 9",
        ),
        (
            "start_time",
            ",\n          \"start_time\": \"2025-11-04T10:30:00\"",
            "line 15 column 9",
        ),
        ("servers", "servers", "line 44 column 1"),
        ("running_tasks", "running_tasks", "line 24 column 5"),
    ];
    let cases: Vec<_> = fields
        .iter()
        .map(|(field, text, place)| {
            // What is too long to be cut out is renamed.
            let with = if text == field { "other" } else { "" };
            Case::damaged(
                *field,
                edited(text, with),
                &format!("missing field `{field}` at {place}"),
            )
        })
        .collect();
    for_all(&cases, assert_left_alone);
}

#[test]
fn a_value_of_another_type_is_placed() {
    let cases = [
        (
            "servers as object",
            "\"servers\": [",
            "\"servers\": {\"x\": [",
            "line 2 column ",
        ),
        (
            "servers as null",
            "\"servers\": [",
            "\"servers\": null, \"x\": [",
            "line 2 column 17",
        ),
        (
            "a server as null",
            "\"servers\": [",
            "\"servers\": [null, ",
            "line 2 column 18",
        ),
        (
            "an ID as text",
            "\"server_id\": 0",
            "\"server_id\": \"0\"",
            "line 4 column 22",
        ),
        (
            "a negative ID",
            "\"server_id\": 0",
            "\"server_id\": -1",
            "line 4 column ",
        ),
        (
            "an ID over u64",
            "\"server_id\": 0",
            "\"server_id\": 18446744073709551616",
            "line 4 column ",
        ),
        (
            "a name as number",
            "\"gpu-server-0\"",
            "0",
            "line 5 column ",
        ),
        (
            "a name as null",
            "\"gpu-server-0\"",
            "null",
            "line 5 column ",
        ),
        (
            "GPUs as text",
            "\"total_gpus\": 8",
            "\"total_gpus\": \"8\"",
            "line 6 column 23",
        ),
        (
            "GPUs as fraction",
            "\"total_gpus\": 8",
            "\"total_gpus\": 8.0",
            "line 6 column ",
        ),
        (
            "GPUs over u32",
            "\"total_gpus\": 8",
            "\"total_gpus\": 4294967296",
            "line 6 column ",
        ),
        (
            "GPUs over all",
            "\"total_gpus\": 8",
            "\"total_gpus\": 1e400",
            "line 6 column ",
        ),
        (
            "negative GPUs",
            "\"total_gpus\": 8",
            "\"total_gpus\": -8",
            "line 6 column ",
        ),
        (
            "GPUs not a number",
            "\"total_gpus\": 8",
            "\"total_gpus\": NaN",
            "line 6 column ",
        ),
        (
            "octal GPUs",
            "\"total_gpus\": 8",
            "\"total_gpus\": 010",
            "line 6 column ",
        ),
        ("free GPUs as number", "[6, 7]", "2", "line 7 column "),
        ("free GPUs as text", "[6, 7]", "\"6,7\"", "line 7 column "),
        ("a GPU as text", "[6, 7]", "[6, \"7\"]", "line 7 column "),
        ("a negative GPU", "[6, 7]", "[6, -7]", "line 7 column "),
        ("a GPU over u16", "[6, 7]", "[6, 65543]", "line 7 column "),
        ("a list in the list", "[6, 7]", "[[6, 7]]", "line 7 column "),
        (
            "CPUs as true",
            "\"total_cpus\": 64",
            "\"total_cpus\": true",
            "line 8 column ",
        ),
        (
            "CPUs as fraction",
            "\"available_cpus\": 16",
            "\"available_cpus\": 16.5",
            "line 9 column ",
        ),
        (
            "CPUs that would wrap to the right sum",
            "\"available_cpus\": 16",
            "\"available_cpus\": 4294967312",
            "line 9 column ",
        ),
        (
            "draining as text",
            "\"total_cpus\": 64",
            "\"drain\": \"yes\", \"total_cpus\": 64",
            "line 8 column ",
        ),
        (
            "a task as text",
            "\"running_tasks\": [",
            "\"running_tasks\": [\"first\",",
            "line 10 column ",
        ),
        ("a task ID as number", "\"first\"", "1", "line 12 column "),
        (
            "a task ID with half a surrogate",
            "\"first\"",
            "\"\\ud83d\"",
            "line 12 column ",
        ),
        (
            "a raw control character",
            "\"first\"",
            "\"fi\u{1b}[31mrst\"",
            "line 12 column ",
        ),
        (
            "a task's GPUs as null",
            "[0, 1, 2, 3]",
            "null",
            "line 13 column ",
        ),
        (
            "a task's CPUs as object",
            "\"allocated_cpus\": 32",
            "\"allocated_cpus\": {}",
            "line 14 column ",
        ),
        (
            "a time as number",
            "\"2025-11-04T10:30:00\"",
            "1762252200",
            "line 15 column ",
        ),
        (
            "an owner as number",
            "\"allocated_cpus\": 32",
            "\"owner\": 1000, \"allocated_cpus\": 32",
            "line 14 column ",
        ),
        ("a version as number", "\"0.1\"", "0.1", "line 43 column "),
        ("a version as null", "\"0.1\"", "null", "line 43 column "),
        (
            "a version as list",
            "\"0.1\"",
            "[\"0.1\"]",
            "line 43 column ",
        ),
        ("a comma too many", "[6, 7]", "[6, 7,]", "line 7 column "),
        ("a comma too few", "[6, 7]", "[6 7]", "line 7 column "),
        ("a comment", "[6, 7]", "[6, 7] // free", "line 7 column "),
        ("single quotes", "\"first\"", "'first'", "line 12 column "),
    ];
    let cases: Vec<_> = cases.iter().map(Case::edited).collect();
    for_all(&cases, assert_left_alone);
}

/// Which of two values counts is for nobody to guess.
#[test]
fn a_field_said_twice_is_damage() {
    let cases = [
        (
            "version",
            "\"version\": \"0.1\"",
            "\"version\": \"0.1\", \"version\": \"0.1\"",
            "duplicate field `version` at line 43",
        ),
        (
            "servers",
            "\"servers\": [",
            "\"servers\": [], \"servers\": [",
            "duplicate field `servers` at line 2",
        ),
        (
            "total_gpus",
            "\"total_gpus\": 8",
            "\"total_gpus\": 8, \"total_gpus\": 9",
            "duplicate field `total_gpus` at line 6",
        ),
        (
            "available_gpus",
            "[6, 7]",
            "[6, 7], \"available_gpus\": []",
            "duplicate field `available_gpus` at line 7",
        ),
        (
            "task_id",
            "\"task_id\": \"first\"",
            "\"task_id\": \"first\", \"task_id\": \"x\"",
            "duplicate field `task_id` at line 12",
        ),
        (
            "an escaped name",
            "\"task_id\": \"first\"",
            "\"task_id\": \"first\", \"\\u0074ask_id\": \"x\"",
            "duplicate field `task_id` at line 12",
        ),
        (
            "owner",
            "\"task_id\": \"first\"",
            "\"owner\": null, \"owner\": \"me\", \"task_id\": \"first\"",
            "duplicate field `owner` at line 12",
        ),
    ];
    let cases: Vec<_> = cases.iter().map(Case::edited).collect();
    for_all(&cases, assert_left_alone);
}

#[test]
fn what_the_file_says_twice_must_agree() {
    let first = "servers[0].running_tasks[0].allocated_gpus";
    let second = "servers[0].running_tasks[1].allocated_gpus";
    let cases = [
        (
            "a task's GPU out of range",
            "[0, 1, 2, 3]",
            "[0, 1, 2, 8]",
            first,
        ),
        (
            "a free GPU out of range",
            "[6, 7]",
            "[6, 8]",
            "servers[0].available_gpus",
        ),
        (
            "the largest GPU ID",
            "[6, 7]",
            "[6, 7, 65535]",
            "servers[0].available_gpus",
        ),
        (
            "a GPU twice in one task",
            "[0, 1, 2, 3]",
            "[0, 1, 2, 3, 3]",
            first,
        ),
        ("a GPU in two tasks", "[4, 5]", "[3, 4, 5]", second),
        ("a GPU of a task and free", "[6, 7]", "[5, 6, 7]", second),
        (
            "a GPU free twice",
            "[6, 7]",
            "[6, 7, 6]",
            "servers[0].available_gpus",
        ),
        ("a lost GPU", "[6, 7]", "[7]", "servers[0].available_gpus"),
        (
            "all free GPUs lost",
            "[6, 7]",
            "[]",
            "servers[0].available_gpus",
        ),
        (
            "a GPU more than there are in the lists",
            "\"total_gpus\": 8",
            "\"total_gpus\": 9",
            "servers[0].available_gpus",
        ),
        (
            "no GPUs at all",
            "\"total_gpus\": 8",
            "\"total_gpus\": 0",
            "servers[0].",
        ),
        (
            "the second server's task",
            "[3],",
            "[2],",
            "servers[1].running_tasks[0].allocated_gpus",
        ),
        (
            "too many free CPUs",
            "\"available_cpus\": 16",
            "\"available_cpus\": 17",
            "servers[0].available_cpus",
        ),
        (
            "too few free CPUs",
            "\"available_cpus\": 16",
            "\"available_cpus\": 0",
            "servers[0].available_cpus",
        ),
        (
            "a task's CPUs over all",
            "\"allocated_cpus\": 32",
            "\"allocated_cpus\": 4294967295",
            "servers[0].available_cpus",
        ),
        (
            "no CPUs at all",
            "\"total_cpus\": 64",
            "\"total_cpus\": 0",
            "servers[0].available_cpus",
        ),
        (
            "a task ID twice on a server",
            "\"second\"",
            "\"first\"",
            "servers[0].running_tasks[1].task_id",
        ),
        (
            "a task ID twice in the cluster",
            "\"third\"",
            "\"first\"",
            "servers[1].running_tasks[0].task_id",
        ),
        (
            "a task ID twice, once escaped",
            "\"third\"",
            "\"\\u0066irst\"",
            "servers[1].running_tasks[0].task_id",
        ),
        (
            "a server name twice",
            "gpu-server-1",
            "gpu-server-0",
            "servers[1].server_name",
        ),
        (
            "server IDs from 1",
            "\"server_id\": 0",
            "\"server_id\": 1",
            "servers[0].server_id",
        ),
        (
            "a server ID twice",
            "\"server_id\": 1",
            "\"server_id\": 0",
            "servers[1].server_id",
        ),
        (
            "the largest server ID",
            "\"server_id\": 1",
            "\"server_id\": 18446744073709551615",
            "servers[1].server_id",
        ),
    ];
    let cases: Vec<_> = cases.iter().map(Case::edited).collect();
    for_all(&cases, assert_left_alone);
}

#[test]
fn names_in_the_file_are_names() {
    let long = "a".repeat(129);
    let names = [
        ("empty", ""),
        ("a leading dash", "-rf"),
        ("an option", "--force"),
        ("129 characters", long.as_str()),
        ("an escape sequence", "\\u001b[2J\\u001b]0;owned\\u0007"),
        ("a control sequence of one character", "a\u{9b}31m"),
        ("a new line", "a\\nb"),
        ("a carriage return", "a\\rb"),
        ("a backspace", "a\\b"),
        ("a delete", "a\u{7f}"),
        ("a NUL", "a\\u0000"),
        ("a bidi override", "a\u{202e}b"),
        ("a bidi isolate", "a\u{2066}b"),
        ("no width", "a\u{200b}"),
        ("a byte-order mark", "\u{feff}a"),
        ("a line separator", "a\u{2028}b"),
        ("a private character", "\u{e000}"),
    ];
    let places = [
        ("first", "servers[0].running_tasks[0].task_id"),
        ("third", "servers[1].running_tasks[0].task_id"),
        ("gpu-server-1", "servers[1].server_name"),
    ];
    let cases: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, (what, bad))| {
            let (good, place) = places[index % places.len()];
            Case::damaged(
                *what,
                edited(&format!("\"{good}\""), &format!("\"{bad}\"")),
                place,
            )
        })
        .collect();
    for_all(&cases, assert_left_alone);
}

#[test]
fn times_in_the_file_are_times() {
    let times = [
        "",
        "now",
        "2025-11-04",
        "10:30:00",
        "2025-11-04T10:30",
        "2025-13-04T10:30:00",
        "2025-02-30T10:30:00",
        "2025-11-04T24:30:00",
        "2025-11-04T10:30:00+25:00",
        "2025-11-04T10:30:00Zulu",
        "2025-11-04T10:30:00 ",
        "99999999999-11-04T10:30:00",
        "\\u001b[31m",
    ];
    let cases: Vec<_> = times
        .iter()
        .map(|time| {
            Case::damaged(
                *time,
                edited("2025-11-04T10:31:00", time),
                "servers[0].running_tasks[1].start_time",
            )
        })
        .collect();
    for_all(&cases, assert_left_alone);
}

#[test]
fn other_versions_are_refused_as_newer() {
    let version = |version: &str| edited("\"0.1\"", &format!("\"{version}\""));
    let cases = [
        Case::damaged("0.2", version("0.2"), "0.2").newer(),
        Case::damaged("1.0", version("1.0"), "1.0").newer(),
        Case::damaged("0.1.0", version("0.1.0"), "0.1.0").newer(),
        Case::damaged("none", version(""), "version").newer(),
        Case::damaged("hostile", version("\\u001b[31m\\u202e"), "version").newer(),
        Case::damaged(
            "another layout",
            "{\"version\": \"3\", \"servers\": {\"a\": 1}}",
            "3",
        )
        .newer(),
        Case::damaged("nothing else", "{\"version\": \"0.2\"}", "0.2").newer(),
        Case::damaged(
            "deep",
            format!(
                "{{\"x\": {}{}, \"version\": \"0.2\"}}",
                "[".repeat(100_000),
                "]".repeat(100_000)
            ),
            "0.2",
        )
        .newer(),
    ];
    for_all(&cases, assert_left_alone);
}

fn server(id: usize, gpus: usize, cpus: usize) -> String {
    let ids: Vec<_> = (0..gpus).map(|gpu| gpu.to_string()).collect();
    format!(
        r#"{{"server_id":{id},"server_name":"s{id}","total_gpus":{gpus},"available_gpus":[{}],"total_cpus":{cpus},"available_cpus":{cpus},"running_tasks":[]}}"#,
        ids.join(",")
    )
}

fn file_of(servers: impl Iterator<Item = String>) -> String {
    let servers: Vec<_> = servers.collect();
    format!(
        r#"{{"servers":[{}],"last_updated":"x","version":"0.1"}}"#,
        servers.join(",")
    )
}

#[test]
fn more_of_anything_than_the_bounds_is_damage() {
    let cases = [
        Case::damaged(
            "1025 GPUs",
            file_of([server(0, 1, 1), server(1, 1025, 1)].into_iter()),
            "servers[1].total_gpus",
        ),
        Case::damaged(
            "65537 CPUs",
            file_of([server(0, 1, 65537)].into_iter()),
            "servers[0].total_cpus",
        ),
        Case::damaged(
            "all of u32",
            edited("\"total_gpus\": 8", "\"total_gpus\": 4294967295"),
            "servers[0].total_gpus",
        ),
    ];
    for_all(&cases, assert_left_alone);
}

#[test]
fn the_bounds_themselves_are_fine() {
    let lab = Lab::new();
    lab.write(STATE, file_of([server(0, 1024, 65536)].into_iter()));
    lab.ok(&["--allocate", &"語".repeat(128), "1024", "65536"]);
    let state = lab.state();
    assert_eq!(state["servers"][0]["available_cpus"], 0);
    assert_eq!(
        state["servers"][0]["running_tasks"][0]["task_id"],
        "語".repeat(128)
    );
    lab.ok(&["--status"]);
}

#[test]
fn a_hundred_thousand_servers_and_one_are_too_many() {
    let lab = Lab::new();
    let text = file_of((0..100_001).map(|id| server(id, 0, 1)));
    lab.write(STATE, &text);
    for arguments in [READING[0], CHANGING[0]] {
        assert_refused(
            &lab,
            arguments,
            1,
            "damaged_state",
            "servers: 100001",
            "100001 servers",
        );
    }
    assert_eq!(lab.state_text(), text);
}

/// Sparse, so that it costs no disk; it must not cost the memory either.
#[test]
fn what_no_state_could_fill_is_not_even_read() {
    let lab = Lab::new();
    let bytes = (512 << 20) + 1;
    fs::File::create(lab.join(STATE))
        .unwrap()
        .set_len(bytes)
        .unwrap();
    for arguments in READING.iter().chain(&CHANGING) {
        assert_refused(&lab, arguments, 1, "damaged_state", STATE, "huge");
    }
    assert_eq!(fs::metadata(lab.join(STATE)).unwrap().len(), bytes);
    lab.ok(&["--reset", "--yes"]);
    lab.ok(&["--allocate", "new", "1", "1"]);
}
