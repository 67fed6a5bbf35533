//! `--check-config`: what a config means.

use super::settings::settings;
use super::{seconds, span, totals, unreadable};
use crate::Unmeasured;
use crate::allocator::{Name, Reading, Server};
use crate::outcome::Checked;
use crate::render::words::Words;
use chrono::TimeDelta;

pub(super) fn checked(checked: &Checked, words: &Words) -> String {
    let config = match &checked.config {
        Some(path) => words.say(
            "check-config",
            [("path", path.to_string_lossy().as_ref().into())],
        ),
        None if checked.state.detected => words.text("check-no-config-detected"),
        None => words.text("check-no-config"),
    };
    let key = if checked.initialized {
        "check-state"
    } else {
        "check-state-absent"
    };
    let state = words.say(
        key,
        [("path", checked.state.path.to_string_lossy().as_ref().into())],
    );
    let timeout = words.say(
        "check-timeout",
        [("timeout", seconds(checked.lock_timeout).into())],
    );
    let largest = checked
        .servers
        .iter()
        .map(|server| server.total_gpus)
        .max()
        .unwrap_or(0);
    let limits = words.say(
        "check-limits",
        [
            ("min", checked.limits.min_gpus_per_task.into()),
            (
                "max",
                checked.limits.max_gpus_per_task.unwrap_or(largest).into(),
            ),
        ],
    );
    let limit = |ttl: Option<TimeDelta>| ttl.map_or_else(|| words.text("no-limit"), span);
    let ttl = words.say(
        "check-ttl",
        [
            ("default", limit(checked.limits.default_ttl).into()),
            ("max", limit(checked.limits.max_ttl).into()),
            ("grace", span(checked.limits.grace).into()),
        ],
    );
    let environment = (!checked.variables.is_empty()).then(|| {
        let names = checked.variables.join(", ");
        words.say("check-environment", [("names", names.into())]) + "\n"
    });
    let environment = environment.unwrap_or_default();
    let measured = measured(&checked.measured, words);
    let servers: String = alike(&checked.servers)
        .map(|servers| format!("  {}\n", same(servers, words)))
        .collect();
    let settings: String = settings(checked, words)
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    format!(
        "{config}\n{state}\n{timeout}\n{limits}\n{ttl}\n{environment}{settings}{measured}\n{}\n{servers}",
        totals(&checked.totals, words)
    )
}

fn measured(measured: &Result<(Name, Reading<usize>), Unmeasured>, words: &Words) -> String {
    match measured {
        Ok((server, Ok(count))) => words.say(
            "check-measured",
            [
                ("server", server.as_str().into()),
                ("count", (*count).into()),
            ],
        ),
        Ok((_, Err(why))) => {
            words.say("check-unreadable", [("why", unreadable(why, words).into())])
        }
        Err(why) => words.say("check-unmeasured", [("why", unmeasured(why, words).into())]),
    }
}

/// Why nothing is measured here.
pub(in crate::render) fn unmeasured(why: &Unmeasured, words: &Words) -> String {
    match why {
        Unmeasured::NoDriver(why) => {
            words.say("unmeasured-no-driver", [("why", why.as_str().into())])
        }
        Unmeasured::NoServer { host } => {
            words.say("unmeasured-no-server", [("host", host.as_str().into())])
        }
        Unmeasured::Several { host } => {
            words.say("unmeasured-several", [("host", host.as_str().into())])
        }
        Unmeasured::Off => words.text("unmeasured-off"),
    }
}

/// Runs of servers that differ in name alone.
fn alike(servers: &[Server]) -> impl Iterator<Item = &[Server]> {
    servers.chunk_by(|one, next| {
        (one.total_gpus, one.total_cpus, one.drain, &one.host)
            == (next.total_gpus, next.total_cpus, next.drain, &next.host)
    })
}

fn same(servers: &[Server], words: &Words) -> String {
    let name = match servers {
        [] => return String::new(),
        [only] => only.name.to_string(),
        [first, .., last] => format!("{} … {}", first.name, last.name),
    };
    let name = if servers[0].drain {
        words.say("server-draining", [("server", name.into())])
    } else {
        name
    };
    let values = [
        ("server", name.into()),
        ("gpus", servers[0].total_gpus.into()),
        ("cpus", servers[0].total_cpus.into()),
        (
            "host",
            servers[0].host.as_deref().unwrap_or_default().into(),
        ),
    ];
    let key = match servers[0].host {
        Some(_) => "check-server-host",
        None => "check-server",
    };
    words.say(key, values)
}
