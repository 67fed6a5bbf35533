//! What tasks and servers may be called.

use gpumgr::allocator::{BadName, Name};

fn parse(text: &str) -> Result<Name, BadName> {
    text.parse()
}

#[test]
fn people_name_things_in_their_own_language() {
    for text in [
        "task_001",
        "my task",
        "a/b:c=d",
        "学習　1",
        "训练",
        "ガ",
        "e\u{301}tude",
        "🚀",
        "0",
        "$(rm -rf ~)",
        "it's \"x\" \\",
    ] {
        assert_eq!(parse(text).unwrap().as_str(), text);
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_name_has_1_to_128_characters_not_bytes() {
    assert_eq!(parse(""), Err(BadName::Empty));
    for character in ["x", "語", "🚀"] {
        assert!(parse(&character.repeat(Name::MAX_CHARS)).is_ok());
        assert_eq!(
            parse(&character.repeat(129)),
            Err(BadName::TooLong { chars: 129 })
        );
    }
}

#[test]
fn a_name_does_not_read_as_a_flag() {
    for text in ["-", "--", "-x", "--force"] {
        assert_eq!(parse(text), Err(BadName::LeadingDash));
    }
    assert!(parse("x-").is_ok());
}

#[test]
fn what_drives_a_terminal_is_refused_with_its_place() {
    for control in ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}') {
        let position = 3;
        assert_eq!(
            parse(&format!("éa{control}x")),
            Err(BadName::Unprintable { position }),
            "{control:?}"
        );
    }
}

#[test]
fn what_hides_or_reorders_text_is_refused() {
    let bidi = ['\u{61c}', '\u{200e}', '\u{200f}']
        .into_iter()
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}');
    let hidden = "\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{2028}\u{2029}\u{feff}\u{e0041}\u{fff9}";
    for character in bidi.chain(hidden.chars()) {
        assert_eq!(
            parse(&format!("a{character}b")),
            Err(BadName::Unprintable { position: 2 }),
            "{character:?}"
        );
    }
}

#[test]
fn names_are_told_apart_exactly() {
    assert_ne!(parse("Task"), parse("task"));
    assert_ne!(parse("task "), parse("task"));
    assert_eq!(Name::try_from("task".to_owned()), parse("task"));
}
