//! `--check-config` in JSON.

use super::{gpus, path, state_path, totals};
use crate::allocator::{Limits, Quota, Scaling, Server};
use crate::config::{
    Mail, Monitoring, Notification, ProgramTemplate, Rotation, Security, Translated,
};
use crate::outcome::Checked;
use crate::render::messages::cap_name;
use crate::system::LocalLocks;
use chrono::TimeDelta;
use serde_json::{Value, json};

pub(super) fn checked(checked: &Checked) -> Value {
    let Limits {
        min_gpus_per_task,
        max_gpus_per_task,
        default_ttl,
        max_ttl,
        caps,
        grace,
        idle_warning,
    } = checked.limits;
    let (measured, not_measured) = match &checked.measured {
        Ok((_, Ok(count))) => (Some(*count), None),
        Ok((_, Err(why))) => (None, Some(gpus::unreadable(why).to_owned())),
        Err(why) => (None, Some(gpus::unmeasured(why))),
    };
    let seconds = |ttl: Option<TimeDelta>| ttl.map(|ttl| ttl.num_seconds());
    let server = |server: &Server| {
        json!({
            "server_name": server.name.as_str(),
            "total_gpus": server.total_gpus,
            "total_cpus": server.total_cpus,
            "drain": server.drain,
            "host": server.host,
        })
    };
    let mut limits = json!({
        "min_gpus_per_task": min_gpus_per_task,
        "max_gpus_per_task": max_gpus_per_task,
    });
    // Only those that are written.
    for (cap, max) in [
        (Quota::Total, caps.total),
        (Quota::Manual, caps.manual),
        (Quota::Auto, caps.auto),
    ] {
        if let Some(max) = max {
            limits[cap_name(cap)] = max.into();
        }
    }
    json!({
        "config": path(&checked.config),
        "state": state_path(&checked.state),
        "initialized": checked.initialized,
        "config_differs": checked.state.differs,
        "open_to_others": checked.state.open_to_others.is_some(),
        "local_locks": checked.local_locks.as_ref().map(local_locks),
        "allow_local_locks": checked.allow_local_locks,
        "lock_timeout_seconds": checked.lock_timeout.as_secs_f64(),
        "servers": checked.servers.iter().map(server).collect::<Vec<_>>(),
        "totals": totals(&checked.totals),
        "default_ttl_seconds": seconds(default_ttl),
        "max_ttl_seconds": seconds(max_ttl),
        "grace_seconds": grace.num_seconds(),
        "idle_warning_seconds": idle_warning.num_seconds(),
        "gpus_measured": measured,
        "gpus_not_measured": not_measured,
        "environment": checked.variables,
        "limits": limits,
        "task_prefix": checked.task_prefix,
        "program": checked.program.as_ref().map(program),
        "monitor": monitoring(&checked.monitoring),
        "notification": checked.notification.as_ref().map(notification),
        "log": rotation(&checked.log),
    })
}

fn local_locks(local: &LocalLocks) -> Value {
    json!({ "file_system": local.file_system, "option": local.option })
}

fn program(program: &ProgramTemplate) -> Value {
    let texts = program.words.iter().map(ToString::to_string);
    let variables = program.variables.iter();
    let variables: serde_json::Map<_, _> = variables
        .map(|(name, value)| (name.clone(), value.to_string().into()))
        .collect();
    json!({
        "command": texts.collect::<Vec<_>>(),
        "env_vars": variables,
        "retries": program.retries,
        "retry_delay_seconds": seconds(program.retry_delay),
        "log": rotation(&program.log),
    })
}

fn monitoring(monitoring: &Monitoring) -> Value {
    let programs = monitoring.programs.iter().map(|name| name.as_str());
    json!({
        "interval_seconds": monitoring.interval.as_secs_f64(),
        "scaling": monitoring.scaling.as_ref().map(scaling),
        "programs": programs.collect::<Vec<_>>(),
    })
}

fn scaling(scaling: &Scaling) -> Value {
    json!({
        "min_gpus": scaling.min_gpus,
        "max_gpus": scaling.max_gpus,
        "scale_up_percent": scaling.up,
        "scale_down_percent": scaling.down,
        "window": scaling.window,
        "cooldown_seconds": seconds(scaling.cooldown),
    })
}

/// Never the password, nor what may be the key of a webhook.
fn notification(notification: &Notification) -> Value {
    let mail = |mail: &Mail| {
        json!({
            "email": mail.to,
            "from": mail.from,
            "smtp_server": mail.server,
            "smtp_port": mail.port,
            "smtp_security": match mail.security {
                Security::Tls => "tls",
                Security::StartTls => "starttls",
                Security::None => "none",
            },
        })
    };
    json!({
        "mail": notification.mail.as_ref().map(mail),
        "command": notification.command.first(),
        "gpu_available_threshold": notification.gpu_available_threshold,
        "wait_limit_seconds": seconds(notification.wait_limit),
    })
}

fn rotation(rotation: &Rotation) -> Value {
    json!({ "size_bytes": rotation.size.as_u64(), "count": rotation.count })
}

fn seconds(span: TimeDelta) -> f64 {
    span.as_seconds_f64()
}

pub(super) fn translated(translated: &Translated) -> Value {
    let unknown = translated.left_out.iter().map(|left_out| &left_out.key);
    json!({ "toml": translated.toml, "unknown": unknown.collect::<Vec<_>>() })
}
