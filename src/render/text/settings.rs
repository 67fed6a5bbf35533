//! `--check-config`: what a config says of users, programs, the monitor, whom to tell, and the log.
//! Nothing of what it does not say.

use super::{seconds, span};
use crate::allocator::{Caps, Scaling};
use crate::config::{Mail, Monitoring, Notification, ProgramTemplate, Rotation, Security};
use crate::outcome::Checked;
use crate::quoting;
use crate::render::words::Words;

pub(super) fn settings(checked: &Checked, words: &Words) -> Vec<String> {
    let largest = checked.servers.iter().map(|server| server.total_gpus).max();
    let most = checked.limits.max_gpus_per_task.or(largest).unwrap_or(0);
    let prefix = checked.task_prefix.as_deref();
    let prefix = prefix.map(|prefix| words.say("check-prefix", [("prefix", prefix.into())]));
    let mut lines: Vec<_> = caps(&checked.limits.caps, words).into_iter().collect();
    lines.extend(prefix);
    if let Some(program) = &checked.program {
        lines.extend(self::program(program, words));
    }
    if checked.program.is_some() || checked.monitoring.is_told {
        lines.extend(monitoring(&checked.monitoring, most, words));
    }
    if let Some(notification) = &checked.notification {
        lines.extend(self::notification(notification, words));
    }
    if checked.log != Rotation::default() {
        lines.push(rotation("check-log", &checked.log, words));
    }
    lines
}

fn caps(caps: &Caps, words: &Words) -> Option<String> {
    let cap = |key: &str, max: Option<u32>| Some(words.say(key, [("max", max?.into())]));
    let caps = [
        cap("check-cap-total", caps.total),
        cap("check-cap-manual", caps.manual),
        cap("check-cap-auto", caps.auto),
    ];
    let caps: Vec<_> = caps.into_iter().flatten().collect();
    (!caps.is_empty()).then(|| words.say("check-caps", [("caps", caps.join(", ").into())]))
}

fn program(program: &ProgramTemplate, words: &Words) -> Vec<String> {
    let command = program.words.iter().map(|word| in_words(&word.to_string()));
    let command = command.collect::<Vec<_>>().join(" ");
    let retries = match program.retries {
        0 => words.text("check-no-retries"),
        count => words.say(
            "check-retries",
            [
                ("count", count.into()),
                ("delay", span(program.retry_delay).into()),
            ],
        ),
    };
    let names = program.variables.iter().map(|(name, _)| name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let variables = (!names.is_empty())
        .then(|| words.say("check-program-variables", [("names", names.into())]));
    let lines = [
        Some(words.say("check-program", [("command", command.into())])),
        variables,
        Some(retries),
        Some(rotation("check-program-log", &program.log, words)),
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

fn monitoring(monitoring: &Monitoring, most: u32, words: &Words) -> Vec<String> {
    let interval = seconds(monitoring.interval);
    let interval = words.say("check-monitor", [("interval", interval.into())]);
    let scaling = match &monitoring.scaling {
        None => words.text("check-scaling-off"),
        Some(scaling) => self::scaling(scaling, most, words),
    };
    let names = super::names(&monitoring.programs, monitoring.programs.len());
    let programs = (!names.is_empty()).then(|| words.say("check-auto", [("names", names.into())]));
    [interval, scaling].into_iter().chain(programs).collect()
}

fn scaling(scaling: &Scaling, most: u32, words: &Words) -> String {
    let percent = |percent: f64| format!("{}%", (percent * 10.0).round() / 10.0);
    let values = [
        ("min", scaling.min_gpus.into()),
        ("max", scaling.max_gpus.unwrap_or(most).into()),
        ("up", percent(scaling.up).into()),
        ("down", percent(scaling.down).into()),
        ("window", scaling.window.into()),
        ("cooldown", span(scaling.cooldown).into()),
    ];
    words.say("check-scaling", values)
}

fn notification(notification: &Notification, words: &Words) -> Vec<String> {
    let values = [
        ("gpus", notification.gpu_available_threshold.into()),
        ("wait", span(notification.wait_limit).into()),
    ];
    let mut lines = vec![words.say("check-notify", values)];
    lines.extend(
        notification
            .mail
            .as_ref()
            .map(|mail| self::mail(mail, words)),
    );
    if let Some((program, rest)) = notification.command.split_first() {
        // What follows may hold the key of a webhook.
        let more = if rest.is_empty() { "" } else { " …" };
        let command = in_words(program) + more;
        lines.push(words.say("check-notify-command", [("command", command.into())]));
    }
    if lines.len() == 1 {
        lines.push(words.text("check-notify-nobody"));
    }
    lines
}

/// Never the password, nor where it is.
fn mail(mail: &Mail, words: &Words) -> String {
    let server = match mail.port {
        Some(port) => format!("{}:{port}", mail.server),
        None => mail.server.clone(),
    };
    let security = match mail.security {
        Security::Tls => "TLS".to_owned(),
        Security::StartTls => "STARTTLS".to_owned(),
        Security::None => words.text("check-notify-unencrypted"),
    };
    let values = [
        ("to", mail.to.as_str().into()),
        ("server", server.into()),
        ("security", security.into()),
    ];
    words.say("check-notify-mail", values)
}

fn rotation(key: &str, rotation: &Rotation, words: &Words) -> String {
    let size = rotation.size.display().iec().to_string();
    words.say(
        key,
        [("size", size.into()), ("count", rotation.count.into())],
    )
}
