//! Configs of the manager guide's that say what they must not, and where.

use super::{assert_refused, for_all};
use crate::support::Lab;

const NAME: &str = "old.json";

/// Refused with each of these places and words; nothing is printed that would load.
fn assert_invalid(text: &[u8], told: &[&str]) {
    let lab = Lab::new();
    lab.write(NAME, text);
    let shown: String = String::from_utf8_lossy(text).chars().take(100).collect();
    let arguments = ["--check-config", NAME];
    for told in told {
        assert_refused(&lab, &arguments, 2, "config", told, &shown);
    }
    let ran = lab.run(&arguments);
    ran.assert_sound(&shown);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{shown}");
    assert_eq!(lab.files(), [NAME], "{shown}");
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let cases: [(&[u8], &[&str]); 14] = [
        (b"", &["old.json:1:1: not valid JSON"]),
        (b"// nothing\n", &["old.json:", "not valid JSON"]),
        (b"[1]", &["old.json:1:1: not valid JSON"]),
        (b"5", &["old.json:1:1: not valid JSON"]),
        (b"{", &["old.json:1:1: "]),
        (b"{\n  \"a\" 5\n}", &["old.json:2:"]),
        (b"{\n  \"a\": 5\n  \"b\": 6\n}", &["old.json:", "comma"]),
        (b"{\"a\": 1} {}", &["old.json:1:10: "]),
        (b"{a: 1}", &["old.json:1:2: "]),
        (b"{'a': 1}", &["old.json:1:2: "]),
        (b"{\"a\": 0x10}", &["old.json:1:"]),
        (b"{\"a\": \"\\q\"}", &["old.json:1:"]),
        (b"{} /* open", &["old.json:1:"]),
        (b"{\n\"a\": \"\xff\"}", &["old.json:2:7: not UTF-8"]),
    ];
    for_all(&cases, |(text, told)| assert_invalid(text, told));
}

#[test]
fn what_a_key_must_be_is_told_where_the_json_has_it() {
    let cases: [(&str, &[&str]); 14] = [
        (
            "{\n \"monitor_interval\": true, // always\n}",
            &["old.json:2:22: monitor_interval must be a duration"],
        ),
        (
            "{\"max_total_gpus\": -1,\n\"max_auto_gpus\": 1.5}",
            &[
                "old.json:1:20: limits.max_total_gpus",
                "old.json:2:18: limits.max_auto_gpus",
            ],
        ),
        (
            "{\"max_gpus_per_task\": 0}",
            &["old.json:1:23: ", "less than min_gpus_per_task"],
        ),
        (
            "{\"max_gpus_per_task\": 99999999999999999999}",
            &["old.json:1:23: "],
        ),
        ("{\"task_prefix\": \"-\"}", &["old.json:1:17: "]),
        (
            "{\"program_template\": 1}",
            &["old.json:1:22: ", "must be a table"],
        ),
        (
            "{\"scaling\": {},\n\"program_template\": {}}",
            &["old.json:2:1: program_template.command is missing"],
        ),
        (
            "{\"program_template\": {\"args\": [null],\n\"command\": \"'\"}}",
            &[
                "old.json:1:31: ",
                "list of texts",
                "old.json:2:12: no command",
            ],
        ),
        (
            "{\"program_template\": {\"command\": \"a\", \"env_vars\": {\n\"A B\": \"\", \"C\": {}}}}",
            &[
                "old.json:2:1: A B",
                "old.json:2:12: ",
                "env_vars.C must be text",
            ],
        ),
        (
            "{\"program_template\": {\"command\": \"a {gpu}\"}}",
            &["old.json:1:34: ", "{gpu}"],
        ),
        (
            "{\"scaling\": {\"scale_up_threshold\": 0.3,\n \"scale_down_threshold\": 0.8}}",
            &["old.json:2:26: scale_down_threshold"],
        ),
        (
            "{\"notification\": {\"smtp_password_env\": \"A\", \"smtp_password_file\": \"b\"}}",
            &["old.json:1:40: ", "not both"],
        ),
        // Of two that are called alike the last one counts, as it did.
        (
            "{\"auto_scale\": true,\n\"auto_scale\": 1}",
            &["old.json:2:15: auto_scale must be true or false"],
        ),
        // What is unknown is no mistake, but does not hide one.
        (
            "{\"x\": 1,\n\"auto_scale\": 1}",
            &["old.json:2:15: auto_scale must be true or false"],
        ),
    ];
    for_all(&cases, |(text, told)| assert_invalid(text.as_bytes(), told));
}

#[test]
fn depth_is_no_crash() {
    let depth = 20_000;
    for text in [
        "[".repeat(depth),
        format!("{{\"x\": {}{}}}", "[".repeat(depth), "]".repeat(depth)),
        "{\"x\":".repeat(depth),
    ] {
        assert_invalid(text.as_bytes(), &["old.json:1:"]);
    }
}

/// What takes the square of its size never ends here.
#[test]
fn an_enormous_one_ends() {
    let lab = Lab::new();
    let keys: String = (0..20_000)
        .map(|key| format!("\"key_{key}\": {{}},\n"))
        .collect();
    lab.write(NAME, format!("{{{keys}}}"));
    let ran = lab.run(&["--check-config", NAME]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("# unknown: key_0\n"));
    let variables: String = (0..20_000).map(|key| format!("\"{key}\": 1,\n")).collect();
    let template = format!("\"command\": \"a\", \"env_vars\": {{{variables}}}");
    lab.write(NAME, format!("{{\"program_template\": {{{template}}}}}"));
    let ran = lab.run(&["--check-config", NAME]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("old.json:1:57: "),
        "{}",
        &ran.stderr[..300]
    );
}
