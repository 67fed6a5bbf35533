//! Task IDs, servers, counts and paths as typed.

#[cfg(unix)]
use super::assert_error;
use super::{assert_refused, for_all};
use crate::support::{Lab, is_wine, skipped};

/// Longer than any name, and still short enough for every system to pass on.
fn enormous() -> String {
    "a".repeat(if cfg!(windows) { 30_000 } else { 100_000 })
}

/// What is refused is refused before anything is written.
fn assert_usage(arguments: &[&str], kind: &str, place: &str) {
    let lab = Lab::new();
    let name: String = format!("{arguments:?}").chars().take(200).collect();
    assert_refused(&lab, arguments, 2, kind, place, &name);
    let ran = lab.run(arguments);
    ran.assert_sound(&name);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (2, ""),
        "{name}: {}",
        ran.stderr
    );
    assert_eq!(lab.files(), Vec::<String>::new(), "{name}");
}

#[test]
fn a_task_id_is_1_to_128_printable_characters() {
    let enormous = enormous();
    let long = "語".repeat(129);
    let names = [
        "",
        "-",
        "-x",
        "a\nb",
        "a\tb",
        "a\rb",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "a\u{7f}",
        "a\u{9b}31m",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{2028}b",
        "a\u{a0}b",
        "\u{e000}",
        "\u{fffff}",
        &long,
        &enormous,
    ];
    for_all(&names, |name| {
        assert_usage(&["--allocate", name, "1", "1"], "usage", "");
        assert_usage(&["--release", name], "usage", "");
    });
}

#[test]
fn a_bad_task_id_is_told_by_what_is_wrong_with_it() {
    for (name, why) in [
        ("", "empty"),
        ("a\u{1b}b", "2"),
        ("\u{202e}b", "1"),
        (&"x".repeat(129), "129"),
    ] {
        assert_usage(&["--allocate", name], "usage", why);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_harmlessly() {
    let servers = [
        "4",
        "-1",
        "18446744073709551616",
        "gpu-server-4",
        "GPU-SERVER-0",
        " 0",
        "0x0",
        "\u{1b}[31m",
        "a\u{202e}b",
        "a\nb",
        "\u{9b}",
        "",
    ];
    for_all(&servers, |server| {
        assert_usage(&[&format!("--detail={server}")], "usage", "");
        let prefer = format!("--prefer-server={server}");
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let before = lab.state_text();
        assert_refused(
            &lab,
            &["--allocate", "t", "1", "1", &prefer],
            2,
            "usage",
            "",
            server,
        );
        lab.run(&["--allocate", "t", "1", "1", &prefer])
            .assert_sound(server);
        assert_eq!(lab.state_text(), before, "{server:?}");
    });
}

#[test]
fn counts_are_whole_numbers_within_bounds() {
    let numbers = [
        "",
        "x",
        "-1",
        "1.0",
        "1e3",
        "0x1",
        "１",
        "1 ",
        "1,0",
        "NaN",
        "1_0",
        "4294967296",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "\u{1b}[31m",
    ];
    for_all(&numbers, |number| {
        assert_usage(&["--allocate", "t", number], "usage", "");
        assert_usage(&["--allocate", "t", "1", number], "usage", "");
        assert_usage(
            &["--allocate", "t", &format!("--gpus={number}")],
            "usage",
            "",
        );
        assert_usage(
            &["--allocate", "t", &format!("--cpus={number}")],
            "usage",
            "",
        );
    });
}

#[test]
fn counts_beyond_every_server_are_told_apart_from_nonsense() {
    for (arguments, kind) in [
        (["--allocate", "t", "0", "1"], "usage"),
        (["--allocate", "t", "1", "0"], "usage"),
        (["--allocate", "t", "1025", "1"], "usage"),
        (["--allocate", "t", "1", "65537"], "usage"),
        (["--allocate", "t", "4294967295", "4294967295"], "usage"),
        (["--allocate", "t", "9", "1"], "impossible"),
        (["--allocate", "t", "1024", "1"], "impossible"),
        (["--allocate", "t", "1", "65"], "impossible"),
        (["--allocate", "t", "8", "65536"], "impossible"),
    ] {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let before = lab.state_text();
        assert_refused(&lab, &arguments, 2, kind, "", "count");
        assert_eq!(lab.state_text(), before, "{arguments:?}");
    }
}

#[test]
fn gpu_ids_are_a_list_of_different_numbers() {
    let lists = [
        "",
        ",",
        "1,",
        ",1",
        "1,,2",
        "1,1",
        "0-3",
        "-1",
        "65536",
        "a",
        "1, 2",
        "1;2",
        "\u{1b}[31m",
    ];
    for_all(&lists, |list| {
        assert_usage(
            &["--allocate", "t", &format!("--gpu-ids={list}")],
            "usage",
            "",
        );
    });
}

#[test]
fn a_path_that_is_hostile_is_shown_harmlessly() {
    for name in ["\u{1b}[31m.json", "a\nb", "a\u{9b}b", "a\u{202e}b"] {
        let lab = Lab::new();
        for arguments in [
            &["--status"][..],
            &["--check-config"],
            &["--allocate", "t", "1", "1"],
            &["--allocate", "t", "1", "1"],
            &["--detail"],
            &["--init"],
            &["--reset", "--yes"],
            &["--release", "u"],
        ] {
            let arguments = [arguments, &["--state", name]].concat();
            lab.run(&arguments).assert_sound(&format!("{arguments:?}"));
            let json = [&arguments[..], &["--json"]].concat();
            lab.run(&json).assert_sound(&format!("{json:?}"));
        }
        let config = format!("missing-{name}");
        // Windows has no such names at all.
        let is_no_name = cfg!(windows) && name.contains(|c| c < ' ');
        let (code, kind) = if is_no_name { (1, "io") } else { (2, "config") };
        assert_refused(
            &lab,
            &["--status", "--config", &config],
            code,
            kind,
            "missing-",
            name,
        );
    }
}

#[test]
fn a_path_that_leads_nowhere_is_no_panic() {
    let long = "x".repeat(300);
    let deep = "d/".repeat(3000) + "state.json";
    let cases = [
        ("", 2, "usage"),
        ("file/state.json", 1, "io"),
        ("missing/state.json", 1, "io"),
        ("loop", 1, "io"),
        (&long, 1, "io"),
        (&deep, 1, "io"),
    ];
    for_all(&cases, |(path, code, kind)| {
        let lab = Lab::new();
        lab.write("file", "");
        #[cfg(unix)]
        std::os::unix::fs::symlink("loop", lab.join("loop")).unwrap();
        #[cfg(not(unix))]
        if *path == "loop" {
            return;
        }
        if path.len() == long.len() && is_wine() {
            skipped("wine takes a name of 300 letters for one that could be there");
            return;
        }
        let before = lab.files();
        let state = format!("--state={path}");
        let name: String = path.chars().take(40).collect();
        assert_refused(
            &lab,
            &["--allocate", "t", "1", "1", &state],
            *code,
            kind,
            "",
            &name,
        );
        assert_eq!(lab.files(), before, "{name}");
    });
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_usage_errors() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bad = OsStr::from_bytes(b"a\xff\x1b[31m\xfe");
    let lab = Lab::new();
    for before in [
        &["--allocate"][..],
        &["--allocate", "t"],
        &["--release"],
        &["--detail"],
        &["--allocate", "t", "--gpus"],
        &["--allocate", "t", "--prefer-server"],
        &["--status", "--lang"],
        &[],
    ] {
        let ran = lab
            .command(&["--json"])
            .args(before)
            .arg(bad)
            .output()
            .unwrap();
        let ran = crate::support::Ran::of(ran);
        ran.assert_sound(&format!("{before:?}"));
        assert_error(&ran, 2, "usage", "", &format!("{before:?}"));
    }
    assert_eq!(lab.files(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_state_path_that_is_no_text_is_a_path_like_any_other() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let lab = Lab::new();
    let state = OsStr::from_bytes(b"a\xff.json");
    for arguments in [
        &["--allocate", "t", "1", "1"][..],
        &["--status", "--json"],
        &["--release", "t", "--json"],
    ] {
        let ran = lab
            .command(arguments)
            .arg("--state")
            .arg(state)
            .output()
            .unwrap();
        let ran = crate::support::Ran::of(ran);
        ran.assert_sound(&format!("{arguments:?}"));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert!(lab.path().join(state).exists());
}
