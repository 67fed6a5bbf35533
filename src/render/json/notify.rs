//! What came of a test notification.

use super::line;
use crate::exit_code::Kind;
use crate::notify::Tested;
use serde_json::{Value, json};

pub(super) fn tested(tested: &Tested) -> Value {
    let mail = tested.mail.as_ref().map(|(to, sent)| {
        json!({
            "sent": sent.is_ok(),
            "to": to,
            "error": sent.as_ref().err().map(ToString::to_string),
        })
    });
    let command = tested.command.as_ref().map(|(program, ran)| {
        json!({
            "sent": ran.is_ok(),
            "program": program,
            "error": ran.as_ref().err().map(ToString::to_string),
        })
    });
    json!({ "mail": mail, "command": command })
}

/// The failure, and what came of each way to tell.
pub(in crate::render) fn not_told(told: &Tested, kind: Kind, message: &str, hint: &str) -> String {
    let mut document = tested(told);
    document["error"] = json!({ "kind": kind.name(), "message": message, "hint": hint });
    line(&document)
}
