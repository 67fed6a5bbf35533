//! `--check-config`: what a config means.

use super::settings::settings;
use super::{seconds, span, totals, unreadable};
use crate::Unmeasured;
use crate::allocator::{Name, Reading, Server};
use crate::outcome::Checked;
use crate::render::messages::{Messages, key, text};
use chrono::TimeDelta;

pub(super) fn checked(checked: &Checked, messages: &Messages) -> String {
    let config = match &checked.config {
        Some(path) => text!(
            messages,
            "check-config",
            path = path.to_string_lossy().as_ref()
        ),
        None if checked.state.detected => text!(messages, "check-no-config-detected"),
        None => text!(messages, "check-no-config"),
    };
    let key = if checked.initialized {
        key!("check-state", path)
    } else {
        key!("check-state-absent", path)
    };
    let state = messages.format(
        key,
        &[("path", checked.state.path.to_string_lossy().as_ref().into())],
    );
    let timeout = text!(
        messages,
        "check-timeout",
        timeout = seconds(checked.lock_timeout)
    );
    let largest = checked
        .servers
        .iter()
        .map(|server| server.total_gpus)
        .max()
        .unwrap_or(0);
    let limits = text!(
        messages,
        "check-limits",
        min = checked.limits.min_gpus_per_task,
        max = checked.limits.max_gpus_per_task.unwrap_or(largest)
    );
    let limit = |ttl: Option<TimeDelta>| ttl.map_or_else(|| text!(messages, "no-limit"), span);
    let ttl = text!(
        messages,
        "check-ttl",
        default = limit(checked.limits.default_ttl),
        max = limit(checked.limits.max_ttl),
        grace = span(checked.limits.grace)
    );
    let environment = (!checked.variables.is_empty()).then(|| {
        let names = checked.variables.join(", ");
        text!(messages, "check-environment", names = names) + "\n"
    });
    let environment = environment.unwrap_or_default();
    let measured = measured(&checked.measured, messages);
    let servers: String = alike(&checked.servers)
        .map(|servers| format!("  {}\n", same(servers, messages)))
        .collect();
    let settings: String = settings(checked, messages)
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    format!(
        "{config}\n{state}\n{timeout}\n{limits}\n{ttl}\n{environment}{settings}{measured}\n{}\n{servers}",
        totals(&checked.totals, messages)
    )
}

fn measured(measured: &Result<(Name, Reading<usize>), Unmeasured>, messages: &Messages) -> String {
    match measured {
        Ok((server, Ok(count))) => text!(
            messages,
            "check-measured",
            server = server.as_str(),
            count = *count
        ),
        Ok((_, Err(why))) => {
            text!(
                messages,
                "check-unreadable",
                why = unreadable(why, messages)
            )
        }
        Err(why) => text!(
            messages,
            "check-unmeasured",
            why = unmeasured(why, messages)
        ),
    }
}

/// Why nothing is measured here.
pub(in crate::render) fn unmeasured(why: &Unmeasured, messages: &Messages) -> String {
    match why {
        Unmeasured::NoDriver(why) => {
            text!(messages, "unmeasured-no-driver", why = why.as_str())
        }
        Unmeasured::NoServer { host } => {
            text!(messages, "unmeasured-no-server", host = host.as_str())
        }
        Unmeasured::Several { host } => {
            text!(messages, "unmeasured-several", host = host.as_str())
        }
        Unmeasured::Off => text!(messages, "unmeasured-off"),
    }
}

/// Runs of servers that differ in name alone.
fn alike(servers: &[Server]) -> impl Iterator<Item = &[Server]> {
    servers.chunk_by(|one, next| {
        (one.total_gpus, one.total_cpus, one.drain, &one.host)
            == (next.total_gpus, next.total_cpus, next.drain, &next.host)
    })
}

fn same(servers: &[Server], messages: &Messages) -> String {
    let name = match servers {
        [] => return String::new(),
        [only] => only.name.to_string(),
        [first, .., last] => format!("{} … {}", first.name, last.name),
    };
    let name = if servers[0].drain {
        text!(messages, "server-draining", server = name)
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
        Some(_) => key!("check-server-host", cpus, gpus, host, server),
        None => key!("check-server", cpus, gpus, server),
    };
    messages.format(key, &values)
}
