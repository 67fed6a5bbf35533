//! `[notification]`: who is told of what happens, and how.

use super::document::{Mistakes, Placed, Table};
use super::mistake::Wrong;
use super::program::split;
use crate::allocator::MAX_GPUS;
use chrono::TimeDelta;
use lettre::address::AddressError;
use lettre::message::{Mailbox, Mailboxes};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a mail server and a command may take where the config does not say.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Nothing that long is worth telling any longer.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// The mail server where the config names none: this machine's.
const HERE: &str = "localhost";

/// How to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// By mail, and how.
    pub mail: Option<Mail>,
    /// By a command, its words, that gets the event on standard input.
    pub command: Vec<String>,
    /// From that many free GPUs on, which is told once until they are fewer again.
    pub gpu_available_threshold: u32,
    /// Somebody who waits for longer than that is worth telling.
    pub wait_limit: TimeDelta,
    /// How long a mail server may take for an answer, and the command for all.
    pub timeout: Duration,
}

/// A mail server, and what to tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Who gets the mail.
    pub to: String,
    /// Who it is from; the same, if none.
    pub from: Option<String>,
    /// The server's name.
    pub server: String,
    /// Its port; the usual one of the security, if none.
    pub port: Option<u16>,
    /// How what is said to it is kept secret.
    pub security: Security,
    /// Certificates of authorities that are trusted besides the system's own, as PEM.
    pub authorities: Option<PathBuf>,
    /// As whom to log in there.
    pub user: Option<String>,
    /// Where the password is.
    pub password: Option<Password>,
}

/// How what is said to a mail server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// TLS from the beginning (port 465).
    Tls,
    /// TLS after a first word (port 587).
    StartTls,
    /// Not at all (port 25).
    None,
}

/// Where a password is: never in the config itself, which others may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Password {
    /// The first line of this file.
    File(PathBuf),
    /// This variable's value.
    Variable(String),
}

/// None where it is not enabled. A relative path is relative to that folder.
pub(super) fn read(
    mut table: Table<'_>,
    folder: &Path,
    mistakes: &mut Mistakes<'_>,
) -> Option<Notification> {
    let enabled = table.flag("enabled", mistakes).unwrap_or(false);
    let threshold = table.number("gpu_available_threshold", 1..=MAX_GPUS, mistakes);
    let wait_limit = table.span("wait_limit", mistakes);
    let timeout = table.placed_duration("timeout", mistakes);
    if let Some((_, place)) = timeout.as_ref().filter(|(span, _)| span.is_zero()) {
        let key = "notification.timeout".to_owned();
        mistakes.add(place, Wrong::Duration { key });
    }
    let command = table.text("command", mistakes);
    let command = command.and_then(|command| split(command, mistakes));
    let mail = mail(&mut table, folder, mistakes);
    table.finish(mistakes);
    let command = command.unwrap_or_default().into_iter();
    enabled.then(|| Notification {
        mail,
        command: command.map(|(word, _)| word).collect(),
        gpu_available_threshold: threshold.map_or(1, |(threshold, _)| threshold),
        wait_limit: wait_limit.unwrap_or(TimeDelta::hours(1)),
        timeout: timeout.map_or(TIMEOUT, |(timeout, _)| timeout.min(MAX_TIMEOUT)),
    })
}

fn mail(table: &mut Table<'_>, folder: &Path, mistakes: &mut Mistakes<'_>) -> Option<Mail> {
    let plain = |(text, _)| text;
    let to = table.text("email", mistakes);
    let from = table.text("from", mistakes);
    let server = table.text("smtp_server", mistakes);
    let port = table.number("smtp_port", 1..=u32::from(u16::MAX), mistakes);
    let security = table.text("smtp_security", mistakes);
    let authorities = table.text("smtp_ca_file", mistakes);
    let user = table.text("smtp_user", mistakes);
    let file = table.text("smtp_password_file", mistakes);
    let variable = table.text("smtp_password_env", mistakes);
    let security = security.map_or_else(
        || Some((Security::None, None)),
        |(text, place)| match text.as_str() {
            "tls" => Some((Security::Tls, Some(place))),
            "starttls" => Some((Security::StartTls, Some(place))),
            "none" => Some((Security::None, Some(place))),
            _ => {
                mistakes.add(&place, Wrong::Security);
                None
            }
        },
    );
    check_addresses(to.as_ref(), from.as_ref(), mistakes);
    if let (Some((Security::None, place)), Some((_, user))) = (&security, &user) {
        let place = place.as_ref().unwrap_or(user);
        check_is_here(server.as_ref(), place, mistakes);
    }
    check_login(user.as_ref(), file.as_ref(), variable.as_ref(), mistakes);
    let file = file.map(|(file, _)| Password::File(folder.join(file)));
    let variable = variable.map(|(variable, _)| Password::Variable(variable));
    Some(Mail {
        to: to.map(plain)?,
        from: from.map(plain),
        server: server.map_or_else(|| HERE.to_owned(), plain),
        port: port.and_then(|(port, _)| u16::try_from(port).ok()),
        security: security?.0,
        authorities: authorities.map(|(file, _)| folder.join(file)),
        user: user.map(plain),
        password: file.or(variable),
    })
}

/// Whom a mail could never reach, or be from.
fn check_addresses(
    to: Option<&Placed<String>>,
    from: Option<&Placed<String>>,
    mistakes: &mut Mistakes<'_>,
) {
    let mut wrong = |key: &str, place: &Range<usize>, why: String| {
        let key = format!("notification.{key}");
        mistakes.add(place, Wrong::Address { key, why });
    };
    if let Some((text, place)) = to {
        match text.parse::<Mailboxes>() {
            Ok(to) if to.iter().next().is_none() => {
                wrong("email", place, AddressError::MissingParts.to_string());
            }
            Ok(_) => {}
            Err(error) => wrong("email", place, error.to_string()),
        }
    }
    if let Some((text, place)) = from
        && let Err(error) = text.parse::<Mailbox>()
    {
        wrong("from", place, error.to_string());
    }
}

/// Between here and another machine anybody could read the password.
fn check_is_here(
    server: Option<&Placed<String>>,
    place: &Range<usize>,
    mistakes: &mut Mistakes<'_>,
) {
    let is_here = |(name, _): &Placed<String>| {
        let address = name
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
        address || name.eq_ignore_ascii_case(HERE)
    };
    if !server.is_none_or(is_here) {
        mistakes.add(place, Wrong::OpenLogin);
    }
}

/// The user and the password go together.
fn check_login(
    user: Option<&Placed<String>>,
    file: Option<&Placed<String>>,
    variable: Option<&Placed<String>>,
    mistakes: &mut Mistakes<'_>,
) {
    if let (Some(_), Some((_, place))) = (file, variable) {
        mistakes.add(place, Wrong::TwoPasswords);
    }
    let missing = match (user, file.or(variable)) {
        (Some((_, place)), None) => Some((place, "smtp_password_file")),
        (None, Some((_, place))) => Some((place, "smtp_user")),
        _ => None,
    };
    if let Some((place, key)) = missing {
        let key = format!("notification.{key}");
        mistakes.add(place, Wrong::MissingKey { key });
    }
}
