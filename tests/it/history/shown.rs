//! `--history`.

use super::*;
use crate::support::happens;

/// One that people of several names did something in.
const OLD: &str = r#"{"time":"2025-11-04T10:30:00+09:00","user":"alice","host":"h","action":"allocate","task":"train","owner":"alice","server":"a","gpus":[0,1],"cpus":8}
{"time":"2025-11-04T10:31:00+09:00","user":"bob","host":"h","action":"release","task":"train","owner":"alice","server":"a","gpus":[0,1],"cpus":8,"held_seconds":60.0}
{"time":"2025-11-04T10:32:00+09:00","user":"bob","host":"h","action":"allocate","task":"lab-x","owner":"bob","server":"a","gpus":[2],"cpus":8}
"#;

#[test]
fn where_nothing_is_logged_it_says_so_and_makes_nothing() {
    let lab = Lab::new();
    let ran = lab.ok(&["--history"]);
    assert!(ran.stdout.contains(&lab.shown(LOG)), "{ran:?}");
    assert_eq!(
        lab.json(&["--history"]).1,
        serde_json::json!({ "history": [] })
    );
    for language in ["zh", "ja"] {
        let said = lab.ok(&["--history", "--lang", language]).stdout;
        assert!(
            said.contains(&lab.shown(LOG)) && !said.contains("Nothing"),
            "{said}"
        );
    }
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[test]
fn it_shows_the_last_one_last_one_line_each() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "train", "2", "8"]);
    lab.run(&["--release", "nope"]);
    lab.ok(&["--release", "train"]);
    let shown = lab.ok(&["--history"]).stdout;
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 5, "{shown}");
    assert!(
        lines[0].starts_with("Time ") && lines[0].contains("Server"),
        "{shown}"
    );
    let words = |line: &str| {
        line.split_whitespace()
            .skip(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let me = me();
    assert_eq!(words(lines[2]), [&me, "allocate", "train", "a", "0,1"]);
    assert_eq!(words(lines[3])[..4], [&me, "release", "nope", "-"]);
    assert!(
        lines[3].contains("✗ unknown_task; There is no task nope"),
        "{shown}"
    );
    assert!(
        lines[4].contains("train") && lines[4].contains("  held "),
        "{shown}"
    );
    // All columns begin where their headings do.
    let column = lines[0].find("Action").unwrap();
    assert!(
        lines[1..3]
            .iter()
            .all(|line| line[column..].starts_with(['i', 'a'])),
        "{shown}"
    );
    // In local time.
    let event = &events(&lab)[1]["time"];
    let time = chrono::DateTime::parse_from_rfc3339(event.as_str().unwrap()).unwrap();
    let local = time
        .with_timezone(&chrono::Local)
        .format("%Y-%m-%d %H:%M:%S");
    assert!(lines[2].starts_with(&local.to_string()), "{shown}");
    for (language, heading) in [("zh", "用户"), ("ja", "ユーザー")] {
        let shown = lab.ok(&["--history", "--lang", language]).stdout;
        assert!(shown.lines().next().unwrap().contains(heading), "{shown}");
        assert_eq!(shown.lines().count(), 5, "{shown}");
    }
}

#[test]
fn json_is_the_lines_as_they_are() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "train", "2", "8"]);
    lab.ok(&["--release", "train"]);
    assert_eq!(history(&lab, &[]), events(&lab));
}

#[test]
fn a_task_is_found_by_its_name_and_else_with_the_prefix() {
    let lab = server(4, "task_prefix = \"lab-\"\n");
    lab.write(LOG, OLD);
    assert_eq!(
        deeds(&history(&lab, &["train"])),
        ["allocate train", "release train"]
    );
    assert_eq!(deeds(&history(&lab, &["x"])), ["allocate lab-x"]);
    assert_eq!(deeds(&history(&lab, &["lab-x"])), ["allocate lab-x"]);
    assert_eq!(deeds(&history(&lab, &["rain"])), Vec::<String>::new());
    lab.write(LOG, OLD.replace("\"train\"", "\"x\""));
    assert_eq!(deeds(&history(&lab, &["x"])), ["allocate x", "release x"]);
    let nothing = lab.ok(&["--history", "rain"]).stdout;
    assert!(nothing.starts_with("Nothing of that"), "{nothing}");
}

#[test]
fn a_users_history_is_what_they_did_and_what_was_done_to_theirs() {
    let lab = server(4, "");
    lab.write(LOG, OLD);
    assert_eq!(
        deeds(&history(&lab, &["--user", "alice"])),
        ["allocate train", "release train"]
    );
    assert_eq!(
        deeds(&history(&lab, &["--user", "bob"])),
        ["release train", "allocate lab-x"]
    );
    assert_eq!(
        deeds(&history(&lab, &["train", "--user", "bob"])),
        ["release train"]
    );
    let shown = lab.ok(&["--history"]).stdout;
    assert!(
        shown
            .lines()
            .nth(2)
            .unwrap()
            .ends_with("of alice; held 1m 0s"),
        "{shown}"
    );
}

#[test]
fn since_leaves_out_what_is_older() {
    let lab = server(4, "");
    lab.write(LOG, OLD);
    lab.ok(&["--allocate", "new"]);
    assert_eq!(
        deeds(&history(&lab, &["--since", "1h"])),
        ["init -", "allocate new"]
    );
    assert_eq!(history(&lab, &["--since", "36000d"]).len(), 5);
    assert!(happens(|| history(&lab, &["--since", "1s"]).is_empty()));
}

/// A full disk cut it off: the next one begins a new line.
#[test]
fn a_torn_line_swallows_no_other() {
    let lab = server(4, "");
    lab.write(LOG, &OLD[..OLD.len() - 20]);
    lab.ok(&["--allocate", "new"]);
    let told = ["allocate train", "release train", "init -", "allocate new"];
    assert_eq!(deeds(&history(&lab, &[])), told);
}

#[test]
fn what_is_no_event_is_passed_over() {
    let lab = server(4, "");
    let huge = "x".repeat(300_000);
    let newer =
        r#"{"time":"2025-11-04T10:33:00+09:00","action":"teleport","task":"train","more":[1]}"#;
    let garbage = format!("\n\0\u{1b}[31m\n{{}}\n[1]\nnull\n{{\"time\":1}}\n{huge}\n{newer}\n");
    let mut bytes = OLD.as_bytes().to_vec();
    bytes.extend(garbage.as_bytes());
    bytes.extend(b"\xff\xfe\n");
    lab.write(LOG, bytes);
    lab.ok(&["--allocate", "new"]);
    let told = [
        "allocate train",
        "release train",
        "allocate lab-x",
        "other train",
        "init -",
        "allocate new",
    ];
    assert_eq!(deeds(&history(&lab, &[])), told);
}

#[test]
fn nothing_in_a_line_is_obeyed_by_a_terminal() {
    let lab = server(4, "");
    let evil = "\\u001b[31mx\\u009b2J\\n";
    lab.write(
        LOG,
        format!(
            "{{\"time\":\"2025-11-04T10:33:00+09:00\",\"action\":\"end\",\"user\":\"{evil}\",\"task\":\"{evil}\",\
             \"server\":\"{evil}\",\"why\":\"{evil}\",\"owner\":\"{evil}u\",\"error\":\"{evil}\",\
             \"held_seconds\":1e300,\"waited_seconds\":-5.0,\"used_gpu_seconds\":1e308}}\n"
        ),
    );
    for more in [&[][..], &["--json"], &["--lang", "ja"]] {
        for action in ["--history", "--report"] {
            let ran = lab.ok(&[&[action], more].concat());
            ran.assert_sound(action);
            assert!(ran.stdout.contains("x\\u"), "{ran:?}");
        }
    }
    assert_eq!(lab.ok(&["--history"]).stdout.lines().count(), 2);
}

/// They have one log, but each its own history.
#[test]
fn two_states_in_one_folder_are_told_apart() {
    let lab = server(4, "");
    lab.ok(&["--allocate", "one"]);
    lab.ok(&["--allocate", "two", "--state", "other.json"]);
    assert_eq!(deeds(&history(&lab, &[])), ["init -", "allocate one"]);
    let other = history(&lab, &["--state", "other.json"]);
    assert_eq!(deeds(&other), ["init -", "allocate two"]);
    assert_eq!(other[0]["state"], "other.json");
    assert_eq!(events(&lab).len(), 4);
    let (_, report) = lab.json(&["--report", "--state", "other.json"]);
    assert_eq!(report["report"]["total"]["tasks"], 1);
}
