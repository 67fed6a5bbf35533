//! What is wrong with a config.

use super::{Message, at_path, bad_name, shown};
use crate::allocator::{BadSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS, MAX_TTL};
use crate::config::{ConfigError, Expected, Mistake, Wrong};
use crate::render::messages::{Key, Messages, key, keys, printable, text};
use crate::render::prompt;
use std::path::Path;

pub(super) fn message(error: &ConfigError, messages: &Messages) -> Message {
    match error {
        ConfigError::NotFound { path } => {
            at_path(messages, keys!("error-config-missing", path), path)
        }
        ConfigError::Io { path, source } => Message {
            details: vec![printable(&source.to_string())],
            ..at_path(messages, keys!("error-config-unreadable", path), path)
        },
        ConfigError::TooLarge { path, limit } => Message {
            details: vec![text!(
                messages,
                "error-config-large.limit",
                megabytes = limit >> 20
            )],
            ..at_path(messages, keys!("error-config-large", path), path)
        },
        ConfigError::Untrusted { path } => {
            at_path(messages, keys!("error-config-untrusted", path), path)
        }
        ConfigError::Mistakes { path, mistakes } => Message {
            details: mistakes
                .iter()
                .map(|mistake| place_of(path, mistake, messages))
                .collect(),
            hint: match is_json(path) {
                true => text!(messages, "hint-config-json", path = prompt::path(path)),
                false => text!(messages, "error-config-mistakes.hint"),
            },
            ..at_path(messages, keys!("error-config-mistakes", path), path)
        },
    }
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// `file:line:column: what`, as compilers write it and editors follow it.
fn place_of(path: &Path, mistake: &Mistake, messages: &Messages) -> String {
    let Mistake {
        line,
        column,
        wrong,
    } = mistake;
    format!(
        "{}:{line}:{column}: {}",
        printable(&shown(path)),
        self::wrong(wrong, messages)
    )
}

fn wrong(wrong: &Wrong, messages: &Messages) -> String {
    match wrong {
        Wrong::NotText => text!(messages, "config-not-text"),
        Wrong::Syntax(message) => {
            let lines: Vec<_> = message.lines().collect();
            text!(messages, "config-syntax", message = lines.join(", "))
        }
        Wrong::Json(message) => text!(messages, "config-json", message = message.as_str()),
        Wrong::UnknownKey {
            key,
            near: Some(near),
        } => text!(
            messages,
            "config-unknown-key.near",
            key = key.as_str(),
            near = near.as_str()
        ),
        Wrong::VariableName { name } => {
            text!(messages, "config-variable-name", name = name.as_str())
        }
        Wrong::VariableReserved { name } => {
            text!(messages, "config-variable-reserved", name = name.as_str())
        }
        Wrong::Placeholder { name, placeholder } => text!(
            messages,
            "config-placeholder",
            name = name.as_str(),
            placeholder = placeholder.as_str()
        ),
        Wrong::Ttl { key } => text!(
            messages,
            "config-ttl",
            key = key.as_str(),
            days = MAX_TTL.num_days()
        ),
        Wrong::Size { key } => text!(messages, "config-size", key = key.as_str()),
        Wrong::NotOneEach { key, found } => text!(
            messages,
            "config-not-one-each",
            key = key.as_str(),
            count = *found
        ),
        Wrong::DefaultOverMaxTtl => text!(messages, "config-default-over-max-ttl"),
        Wrong::UnknownKey { key, near: None } => {
            text!(messages, "config-unknown-key", key = key.as_str())
        }
        Wrong::MissingKey { key } => {
            text!(messages, "config-missing-key", key = key.as_str())
        }
        Wrong::Type { key, expected } => {
            messages.format(expected_key(*expected), &[("key", key.as_str().into())])
        }
        Wrong::Range { key, min, max } => text!(
            messages,
            "config-range",
            key = key.as_str(),
            min = *min,
            max = *max
        ),
        Wrong::Duration { key } => text!(messages, "config-duration", key = key.as_str()),
        Wrong::NoPath { key } => text!(messages, "config-no-path", key = key.as_str()),
        Wrong::Name(why) => text!(messages, "config-name", why = bad_name(*why, messages)),
        Wrong::BothShapes => text!(messages, "config-both-shapes"),
        Wrong::MinOverMax { min, max } => {
            text!(messages, "config-min-over-max", min = *min, max = *max)
        }
        Wrong::ScalingMinOverMax { min, max } => text!(
            messages,
            "config-scaling-min-over-max",
            min = *min,
            max = *max
        ),
        Wrong::NoProgram => text!(messages, "config-no-program"),
        Wrong::DownOverUp => text!(messages, "config-down-over-up"),
        Wrong::Command => text!(messages, "config-command"),
        Wrong::Security => text!(messages, "config-security"),
        Wrong::OpenLogin => text!(messages, "config-open-login"),
        Wrong::Address { key, why } => text!(
            messages,
            "config-address",
            key = key.as_str(),
            why = why.as_str()
        ),
        Wrong::TwoPasswords => text!(messages, "config-two-passwords"),
        Wrong::Cluster(spec) => cluster(spec, messages),
    }
}

fn expected_key(expected: Expected) -> Key {
    match expected {
        Expected::Text => key!("config-type-text", key),
        Expected::Texts => key!("config-type-texts", key),
        Expected::TextOrTexts => key!("config-type-text-or-texts", key),
        Expected::WholeNumber => key!("config-type-number", key),
        Expected::Fraction => key!("config-type-fraction", key),
        Expected::TrueOrFalse => key!("config-type-flag", key),
        Expected::Table => key!("config-type-table", key),
        Expected::Tables => key!("config-type-tables", key),
    }
}

fn cluster(spec: &BadSpec, messages: &Messages) -> String {
    match spec {
        BadSpec::Servers { count } => text!(
            messages,
            "config-servers",
            count = *count,
            max = MAX_SERVERS
        ),
        BadSpec::SameName { server } => {
            text!(messages, "damage-same-server", name = server.as_str())
        }
        BadSpec::Gpus { gpus, .. } => {
            text!(messages, "damage-gpus", count = *gpus, max = MAX_GPUS)
        }
        BadSpec::Cpus { cpus, .. } => {
            text!(messages, "damage-cpus", count = *cpus, max = MAX_CPUS)
        }
    }
}
