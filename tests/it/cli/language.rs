//! Which language is spoken.

use super::*;

const TITLES: [(&str, &str); 3] = [
    ("en", "GPU resource status"),
    ("zh", "GPU资源状态"),
    ("ja", "GPU リソース状態"),
];

/// The language that `--status` speaks.
fn spoken(variables: &[(&str, &str)], flags: &[&str]) -> &'static str {
    let lab = Lab::new();
    let ran = lab.run_with(variables, &[&["--status"], flags].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let title = ran.stdout.lines().next().unwrap();
    let known = TITLES.iter().find(|(_, words)| title.contains(words));
    known.unwrap_or_else(|| panic!("{ran:?}")).0
}

#[test]
fn english_unless_told_otherwise() {
    assert_eq!(spoken(&[], &[]), "en");
    for locale in [
        "C",
        "C.UTF-8",
        "POSIX",
        "en_US.UTF-8",
        "de_DE.UTF-8",
        "",
        "j",
        "日本",
    ] {
        assert_eq!(spoken(&[("LANG", locale)], &[]), "en", "{locale}");
    }
}

#[test]
fn the_locale_decides() {
    for (locale, language) in [
        ("ja_JP.UTF-8", "ja"),
        ("ja", "ja"),
        ("zh_CN.UTF-8", "zh"),
        ("zh_TW", "zh"),
        ("zh", "zh"),
    ] {
        for variable in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            assert_eq!(
                spoken(&[(variable, locale)], &[]),
                language,
                "{variable}={locale}"
            );
        }
    }
}

#[test]
fn the_flag_then_lc_all_then_lc_messages_then_lang() {
    let all = [
        ("LC_ALL", "ja_JP.UTF-8"),
        ("LC_MESSAGES", "zh_CN.UTF-8"),
        ("LANG", "en_US.UTF-8"),
    ];
    assert_eq!(spoken(&all, &["--lang", "zh"]), "zh");
    assert_eq!(spoken(&all, &["--lang", "en"]), "en");
    assert_eq!(spoken(&all, &[]), "ja");
    assert_eq!(spoken(&all[1..], &[]), "zh");
    // The first that is set decides, also for a language there is no translation for.
    assert_eq!(
        spoken(&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")], &[]),
        "en"
    );
    // Set to nothing is not set.
    assert_eq!(
        spoken(&[("LC_ALL", ""), ("LANG", "ja_JP.UTF-8")], &[]),
        "ja"
    );
}

#[test]
fn japanese_without_a_home() {
    // Without $HOME the home folder is that of the user database, and may hold a config.
    let lab = Lab::with_config("[cluster]\nservers = 1\n");
    let mut command = lab.command(&["--allocate", "t"]);
    command.env_remove("HOME").env("LANG", "ja_JP.UTF-8");
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("✓ リソース割り当て成功！"), "{ran:?}");
}

#[test]
fn errors_are_translated_too_and_kinds_are_not() {
    for (language, words) in [
        ("en", "✗ Not enough resources free"),
        ("zh", "✗ 资源不足，请稍后重试\n"),
        ("ja", "✗ リソース不足、後で再試行してください\n"),
    ] {
        let lab = one_server(1, 1);
        lab.ok(&["--allocate", "a"]);
        let lack = ["--allocate", "b", "--lang", language];
        let ran = lab.refused(3, "insufficient", &lack);
        assert!(ran.stderr.starts_with(words), "{ran:?}");
    }
}

/// Help and wrong usage are English: they are clap's.
#[test]
fn help_is_english() {
    let lab = Lab::new();
    let help = lab.run_with(&[("LANG", "ja_JP.UTF-8")], &["--help"]);
    assert_eq!(help.stdout, lab.ok(&["--help"]).stdout);
}
