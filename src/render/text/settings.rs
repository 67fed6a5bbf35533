//! `--check-config`: what a config says of users, programs, the monitor, whom to tell, and the log.
//! Nothing of what it does not say.

use super::{seconds, span};
use crate::allocator::{Quotas, Scaling};
use crate::config::{Mail, Monitoring, Notification, ProgramTemplate, Rotation, Security};
use crate::outcome::Checked;
use crate::quoting;
use crate::render::messages::{Key, Messages, key, text};

pub(super) fn settings(checked: &Checked, messages: &Messages) -> Vec<String> {
    let largest = checked.servers.iter().map(|server| server.total_gpus).max();
    let most = checked.limits.max_gpus_per_task.or(largest).unwrap_or(0);
    let prefix = checked.task_prefix.as_deref();
    let prefix = prefix.map(|prefix| text!(messages, "check-prefix", prefix = prefix));
    let mut lines: Vec<_> = caps(&checked.limits.caps, messages).into_iter().collect();
    lines.extend(prefix);
    if let Some(program) = &checked.program {
        lines.extend(self::program(program, messages));
    }
    if checked.program.is_some() || checked.monitoring.is_told {
        lines.extend(monitoring(&checked.monitoring, most, messages));
    }
    if let Some(notification) = &checked.notification {
        lines.extend(self::notification(notification, messages));
    }
    if checked.log != Rotation::default() {
        lines.push(rotation(
            key!("check-log", count, size),
            &checked.log,
            messages,
        ));
    }
    lines
}

fn caps(caps: &Quotas, messages: &Messages) -> Option<String> {
    let cap = |key: Key, max: Option<u32>| Some(messages.format(key, &[("max", max?.into())]));
    let caps = [
        cap(key!("check-cap-total", max), caps.total),
        cap(key!("check-cap-manual", max), caps.manual),
        cap(key!("check-cap-auto", max), caps.auto),
    ];
    let caps: Vec<_> = caps.into_iter().flatten().collect();
    (!caps.is_empty()).then(|| text!(messages, "check-caps", caps = caps.join(", ")))
}

fn program(program: &ProgramTemplate, messages: &Messages) -> Vec<String> {
    let command = program.words.iter().map(|word| in_words(&word.to_string()));
    let command = command.collect::<Vec<_>>().join(" ");
    let retries = match program.retries {
        0 => text!(messages, "check-no-retries"),
        count => text!(
            messages,
            "check-retries",
            count = count,
            delay = span(program.retry_delay)
        ),
    };
    let names = program.variables.iter().map(|(name, _)| name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let variables =
        (!names.is_empty()).then(|| text!(messages, "check-program-variables", names = names));
    let lines = [
        Some(text!(messages, "check-program", command = command)),
        variables,
        Some(retries),
        Some(rotation(
            key!("check-program-log", count, size),
            &program.log,
            messages,
        )),
    ];
    lines.into_iter().flatten().collect()
}

/// A word of a command, in quotes where it would not be one without.
fn in_words(word: &str) -> String {
    let is_one = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '\'');
    match is_one {
        true => word.to_owned(),
        false => quoting::sh(word),
    }
}

fn monitoring(monitoring: &Monitoring, most: u32, messages: &Messages) -> Vec<String> {
    let interval = seconds(monitoring.interval);
    let interval = text!(messages, "check-monitor", interval = interval);
    let scaling = match &monitoring.scaling {
        None => text!(messages, "check-scaling-off"),
        Some(scaling) => self::scaling(scaling, most, messages),
    };
    let names = super::names(&monitoring.programs, monitoring.programs.len());
    let programs = (!names.is_empty()).then(|| text!(messages, "check-auto", names = names));
    [interval, scaling].into_iter().chain(programs).collect()
}

fn scaling(scaling: &Scaling, most: u32, messages: &Messages) -> String {
    let percent = |percent: f64| format!("{}%", (percent * 10.0).round() / 10.0);
    text!(
        messages,
        "check-scaling",
        min = scaling.min_gpus,
        max = scaling.max_gpus.unwrap_or(most),
        up = percent(scaling.up),
        down = percent(scaling.down),
        window = scaling.window,
        cooldown = span(scaling.cooldown)
    )
}

fn notification(notification: &Notification, messages: &Messages) -> Vec<String> {
    let mut lines = vec![text!(
        messages,
        "check-notify",
        gpus = notification.gpu_available_threshold,
        wait = span(notification.wait_limit)
    )];
    lines.extend(
        notification
            .mail
            .as_ref()
            .map(|mail| self::mail(mail, messages)),
    );
    if let Some((program, rest)) = notification.command.split_first() {
        // What follows may hold the key of a webhook.
        let more = if rest.is_empty() { "" } else { " …" };
        let command = in_words(program) + more;
        lines.push(text!(messages, "check-notify-command", command = command));
    }
    if lines.len() == 1 {
        lines.push(text!(messages, "check-notify-nobody"));
    }
    lines
}

/// Never the password, nor where it is.
fn mail(mail: &Mail, messages: &Messages) -> String {
    let server = match mail.port {
        Some(port) => format!("{}:{port}", mail.server),
        None => mail.server.clone(),
    };
    let security = match mail.security {
        Security::Tls => "TLS".to_owned(),
        Security::StartTls => "STARTTLS".to_owned(),
        Security::None => text!(messages, "check-notify-unencrypted"),
    };
    text!(
        messages,
        "check-notify-mail",
        to = mail.to.as_str(),
        server = server,
        security = security
    )
}

fn rotation(key: Key, rotation: &Rotation, messages: &Messages) -> String {
    let size = rotation.size.display().iec().to_string();
    messages.format(
        key,
        &[("size", size.into()), ("count", rotation.count.into())],
    )
}
