//! JSON in one line that no terminal obeys.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// The document in one line. Control characters in texts are escaped.
pub(super) fn line(document: &impl Serialize) -> String {
    let mut line = Vec::new();
    // A document has string keys only, and memory takes every byte, so this cannot fail.
    let _ = document.serialize(&mut Serializer::with_formatter(&mut line, Printable));
    line.push(b'\n');
    String::from_utf8(line).unwrap_or_default()
}

/// Escapes also the control characters behind ASCII's, which JSON allows in a text.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        // Only DEL and what begins with this byte can be one.
        if !fragment.bytes().any(|byte| matches!(byte, 0x7f | 0xc2)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(char::is_control) {
            let (plain, control) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = control.chars();
            if let Some(character) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::line;
    use serde_json::json;

    #[test]
    fn control_characters_are_escaped_and_nothing_else_is_changed() {
        let text = "a\n\u{1b}\u{7f}\u{85}\u{9b}é語\"\\ z";
        let document = line(&json!({ "text": text }));
        assert_eq!(
            document,
            "{\"text\":\"a\\n\\u001b\\u007f\\u0085\\u009bé語\\\"\\\\ z\"}\n"
        );
        let read: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(read["text"], text);
    }
}
