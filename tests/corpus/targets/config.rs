//! The bytes of a config: TOML, or the manager guide's JSON.

use gpumgr::allocator::Cluster;
use gpumgr::config::{Config, ConfigError, Mistake};
use std::fs;
use std::path::Path;

/// It is settings that make sense, or mistakes with their places in the text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let path = super::file("config.toml");
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match start.starts_with(['{', '/']) {
        true => check_translated(text),
        false => check_settings(text, Config::parse(&path, text)),
    }
}

fn check_settings(text: &str, settings: Result<Config, ConfigError>) {
    match settings {
        Ok(config) => {
            assert!(config.state_file.is_absolute());
            Cluster::fresh(&config.cluster).check().unwrap();
        }
        Err(ConfigError::Mistakes { mistakes, .. }) => assert_in(text, &mistakes),
        Err(other) => panic!("{other}"),
    }
}

/// What was JSON is a config that loads, and that a terminal can show.
fn check_translated(text: &str) {
    let path = super::file("config.json");
    fs::write(&path, text).unwrap();
    match Config::translate(&path) {
        Ok(translated) => {
            assert!(super::is_plain(&translated.toml));
            Config::parse(Path::new("/config.toml"), &translated.toml).unwrap();
        }
        Err(ConfigError::Mistakes { mistakes, .. }) => assert_in(text, &mistakes),
        Err(other) => panic!("{other}"),
    }
}

fn assert_in(text: &str, mistakes: &[Mistake]) {
    assert!(!mistakes.is_empty());
    assert!(mistakes.is_sorted_by_key(|mistake| (mistake.line, mistake.column)));
    let lines: Vec<_> = text.split('\n').collect();
    for mistake in mistakes {
        let line = lines.get(mistake.line.wrapping_sub(1));
        let columns = line.map(|line| line.chars().count() + 1);
        let is_in = columns.is_some_and(|columns| (1..=columns).contains(&mistake.column));
        assert!(is_in, "{mistake:?}");
    }
}
