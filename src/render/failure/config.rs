//! What is wrong with a config.

use super::{Message, at_path, bad_name, shown};
use crate::allocator::{BadSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS, MAX_TTL};
use crate::config::{ConfigError, Expected, Mistake, Wrong};
use crate::render::prompt;
use crate::render::words::{Words, printable};
use std::path::Path;

pub(super) fn message(error: &ConfigError, words: &Words) -> Message {
    match error {
        ConfigError::NotFound { path } => at_path(words, "error-config-missing", path),
        ConfigError::Io { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(words, "error-config-unreadable", path)
        },
        ConfigError::TooLarge { path, limit } => Message {
            details: vec![words.say(
                "error-config-large.limit",
                [("megabytes", (limit >> 20).into())],
            )],
            ..at_path(words, "error-config-large", path)
        },
        ConfigError::Untrusted { path } => at_path(words, "error-config-untrusted", path),
        ConfigError::Mistakes { path, mistakes } => Message {
            details: mistakes
                .iter()
                .map(|mistake| place_of(path, mistake, words))
                .collect(),
            hint: match is_json(path) {
                true => words.say("hint-config-json", [("path", prompt::path(path).into())]),
                false => words.text("error-config-mistakes.hint"),
            },
            ..at_path(words, "error-config-mistakes", path)
        },
    }
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// `file:line:column: what`, as compilers write it and editors follow it.
fn place_of(path: &Path, mistake: &Mistake, words: &Words) -> String {
    let Mistake {
        line,
        column,
        wrong,
    } = mistake;
    format!(
        "{}:{line}:{column}: {}",
        printable(&shown(path)),
        self::wrong(wrong, words)
    )
}

fn wrong(wrong: &Wrong, words: &Words) -> String {
    match wrong {
        Wrong::NotText => words.text("config-not-text"),
        Wrong::Syntax(message) => {
            let lines: Vec<_> = message.lines().collect();
            words.say("config-syntax", [("message", lines.join(", ").into())])
        }
        Wrong::Json(message) => words.say("config-json", [("message", message.as_str().into())]),
        Wrong::UnknownKey {
            key,
            near: Some(near),
        } => words.say(
            "config-unknown-key.near",
            [("key", key.as_str().into()), ("near", near.as_str().into())],
        ),
        Wrong::VariableName { name } => {
            words.say("config-variable-name", [("name", name.as_str().into())])
        }
        Wrong::VariableReserved { name } => {
            words.say("config-variable-reserved", [("name", name.as_str().into())])
        }
        Wrong::Placeholder { name, placeholder } => words.say(
            "config-placeholder",
            [
                ("name", name.as_str().into()),
                ("placeholder", placeholder.as_str().into()),
            ],
        ),
        Wrong::Ttl { key } => words.say(
            "config-ttl",
            [
                ("key", key.as_str().into()),
                ("days", MAX_TTL.num_days().into()),
            ],
        ),
        Wrong::Size { key } => words.say("config-size", [("key", key.as_str().into())]),
        Wrong::NotOneEach { key, found } => words.say(
            "config-not-one-each",
            [("key", key.as_str().into()), ("count", (*found).into())],
        ),
        Wrong::DefaultOverMaxTtl => words.text("config-default-over-max-ttl"),
        Wrong::UnknownKey { key, near: None } => {
            words.say("config-unknown-key", [("key", key.as_str().into())])
        }
        Wrong::MissingKey { key } => {
            words.say("config-missing-key", [("key", key.as_str().into())])
        }
        Wrong::Type { key, expected } => {
            words.say(expected_key(*expected), [("key", key.as_str().into())])
        }
        Wrong::Range { key, min, max } => words.say(
            "config-range",
            [
                ("key", key.as_str().into()),
                ("min", (*min).into()),
                ("max", (*max).into()),
            ],
        ),
        Wrong::Duration { key } => words.say("config-duration", [("key", key.as_str().into())]),
        Wrong::NoPath { key } => words.say("config-no-path", [("key", key.as_str().into())]),
        Wrong::Name(why) => words.say("config-name", [("why", bad_name(*why, words).into())]),
        Wrong::BothShapes => words.text("config-both-shapes"),
        Wrong::MinOverMax { min, max } => words.say(
            "config-min-over-max",
            [("min", (*min).into()), ("max", (*max).into())],
        ),
        Wrong::ScalingMinOverMax { min, max } => words.say(
            "config-scaling-min-over-max",
            [("min", (*min).into()), ("max", (*max).into())],
        ),
        Wrong::NoProgram => words.text("config-no-program"),
        Wrong::DownOverUp => words.text("config-down-over-up"),
        Wrong::Command => words.text("config-command"),
        Wrong::Security => words.text("config-security"),
        Wrong::OpenLogin => words.text("config-open-login"),
        Wrong::Address { key, why } => words.say(
            "config-address",
            [("key", key.as_str().into()), ("why", why.as_str().into())],
        ),
        Wrong::TwoPasswords => words.text("config-two-passwords"),
        Wrong::Cluster(spec) => cluster(spec, words),
    }
}

fn expected_key(expected: Expected) -> &'static str {
    match expected {
        Expected::Text => "config-type-text",
        Expected::Texts => "config-type-texts",
        Expected::TextOrTexts => "config-type-text-or-texts",
        Expected::WholeNumber => "config-type-number",
        Expected::Fraction => "config-type-fraction",
        Expected::TrueOrFalse => "config-type-flag",
        Expected::Table => "config-type-table",
        Expected::Tables => "config-type-tables",
    }
}

fn cluster(spec: &BadSpec, words: &Words) -> String {
    match spec {
        BadSpec::Servers { count } => words.say(
            "config-servers",
            [("count", (*count).into()), ("max", MAX_SERVERS.into())],
        ),
        BadSpec::SameName { server } => {
            words.say("damage-same-server", [("name", server.as_str().into())])
        }
        BadSpec::Gpus { gpus, .. } => words.say(
            "damage-gpus",
            [("count", (*gpus).into()), ("max", MAX_GPUS.into())],
        ),
        BadSpec::Cpus { cpus, .. } => words.say(
            "damage-cpus",
            [("count", (*cpus).into()), ("max", MAX_CPUS.into())],
        ),
    }
}
