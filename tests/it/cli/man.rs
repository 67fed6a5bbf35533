//! `--man`: the manual page, as man itself shows it.

use super::*;
use crate::support::skipped;
use std::io::Write;
use std::process::{Command, Stdio};

/// What man makes of the page, and what it has to say about it.
fn shown(page: &str) -> Option<Ran> {
    let mut man = Command::new("man");
    man.args(["--warnings", "--local-file", "-"])
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut man) = man.spawn() else {
        skipped("man is not installed");
        return None;
    };
    man.stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    Some(Ran::of(man.wait_with_output().unwrap()))
}

#[test]
fn man_shows_it_without_a_warning() {
    let lab = Lab::with_config("what is this?");
    let page = lab.ok(&["--man"]);
    assert_eq!(page.stderr, "");
    let Some(shown) = shown(&page.stdout) else {
        return;
    };
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    for section in [
        "NAME",
        "SYNOPSIS",
        "EXAMPLES",
        "EXIT STATUS",
        "CONFIGURATION",
        "ENVIRONMENT",
        "FILES",
    ] {
        assert!(
            shown.stdout.lines().any(|line| line == section),
            "{section}: {}",
            shown.stdout
        );
    }
    let footer = format!("gpumgr {}", env!("CARGO_PKG_VERSION"));
    assert!(shown.stdout.contains(&footer), "{}", shown.stdout);
}

#[test]
fn every_flag_of_the_help_is_in_it() {
    let lab = Lab::new();
    let page = lab.ok(&["--man"]).stdout.replace('\\', "");
    let (_, page) = page.split_once("\n.SH DESCRIPTION\n").unwrap();
    let (options, _) = page.split_once("\n.SH EXAMPLES\n").unwrap();
    // Between them roff's own words for fonts, as in fB--runfR.
    let options = options.replace("fB", " ").replace("fR", " ");
    let words: Vec<_> = options
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .collect();
    let help = lab.ok(&["--help"]).stdout;
    let flags = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2);
    for flag in flags {
        let flag = flag.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        assert!(words.contains(&flag), "{flag}");
    }
}

#[test]
fn a_document_is_no_json() {
    let lab = Lab::new();
    for arguments in [&["--man"] as &[&str], &["--completions", "zsh"]] {
        let (code, document) = lab.json(arguments);
        assert_eq!((code, &document["error"]["kind"]), (2, &json!("usage")));
    }
}
