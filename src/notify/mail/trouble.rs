//! Why a mail was not sent, without any word that would give the password away.

use lettre::transport::smtp::Error;
use serde::{Deserialize, Serialize};
use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// More than that of what a server says tells nobody more.
const SAID: usize = 400;
/// A shorter piece of a secret is taken for an ordinary word.
const PIECE: usize = 6;
/// What stands for a secret.
const HIDDEN: &str = "…";

/// Why nobody was told by mail. None of it ever holds the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum MailTrouble {
    /// Something that is no mail address.
    #[error("{text:?} is no mail address: {why}")]
    Address {
        /// As written.
        text: String,
        /// Why not.
        why: String,
    },
    /// There is no password where it should be.
    #[error("the password cannot be read from {place}: {why}")]
    Password {
        /// The file, or the variable.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// The further certificates cannot be used.
    #[error("the certificates in {place} cannot be used: {why}")]
    Authorities {
        /// The file.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// There is no such server, or it does not listen, or it broke off.
    #[error("{server} was not reached: {why}")]
    Unreachable {
        /// The server and its port.
        server: String,
        /// What the system said.
        why: String,
    },
    /// It does not answer.
    #[error("{server} did not answer within {} s", .within.as_secs_f64())]
    Late {
        /// The server and its port.
        server: String,
        /// How long it had.
        within: Duration,
    },
    /// What is said to it cannot be kept secret, or it is not who it says.
    #[error("no secure connection with {server}: {why}")]
    Tls {
        /// The server and its port.
        server: String,
        /// Why not.
        why: String,
    },
    /// It does not take the user and the password.
    #[error("{server} refused the login: {why}")]
    Login {
        /// The server and its port.
        server: String,
        /// What it said.
        why: String,
    },
    /// The process that talks to it came to an end before the mail was sent, or never began.
    #[error("sending by {server} broke off: {why}")]
    BrokeOff {
        /// The server and its port.
        server: String,
        /// How it ended, or what the system said.
        why: String,
    },
    /// It does not take the mail.
    #[error("{server} refused the mail: {why}")]
    Refused {
        /// The server and its port.
        server: String,
        /// What it said.
        why: String,
    },
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Securing,
    LoggingIn,
    Sending,
}

/// With whom it was talked, and what must not be told.
pub(super) struct Talk {
    pub(super) server: String,
    pub(super) within: Duration,
    /// The password, in all forms in which a server could repeat it.
    pub(super) secrets: Vec<String>,
}

impl Talk {
    /// What an error at that stage means.
    pub(super) fn failed(&self, stage: Stage, error: &Error) -> MailTrouble {
        let server = self.server.clone();
        let why = self.told(error);
        let system = system_error(error).map(io::Error::kind);
        match (system, stage) {
            (Some(ErrorKind::TimedOut | ErrorKind::WouldBlock), _) => MailTrouble::Late {
                server,
                within: self.within,
            },
            (Some(ErrorKind::InvalidData), _) | (None, Stage::Securing) => {
                MailTrouble::Tls { server, why }
            }
            (None, Stage::LoggingIn) => MailTrouble::Login { server, why },
            (None, _) if error.status().is_some() || error.is_client() => {
                MailTrouble::Refused { server, why }
            }
            _ => MailTrouble::Unreachable { server, why },
        }
    }

    /// What the server or the system said, in one line.
    fn told(&self, error: &Error) -> String {
        let said = error.source().map(ToString::to_string);
        let code = error.status().map(|code| code.to_string());
        let parts: Vec<_> = code.into_iter().chain(said).collect();
        let text = match parts.is_empty() {
            true => error.to_string(),
            false => parts.join(" "),
        };
        let text = without(&text, &self.secrets);
        text.chars().take(SAID).collect()
    }
}

/// What the system, or TLS, said.
fn system_error(error: &Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref() {
            return Some(error);
        }
        source = cause.source();
    }
    None
}

/// The text without these: there are servers that repeat what they do not understand, or a part of
/// it.
fn without(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), HIDDEN);
    }
    let is_piece = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        word.chars().count() >= PIECE && secrets.iter().any(|secret| secret.contains(word))
    };
    let words = text.split_whitespace();
    let words: Vec<_> = words
        .map(|word| if is_piece(word) { HIDDEN } else { word })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_a_server_repeats_of_a_password_is_hidden() {
        let secrets = ["open sesame".to_owned(), "b3BlbiBzZXNhbWU=".to_owned()];
        for (said, shown) in [
            ("535 no: b3BlbiBzZXNhbWU=", "535 no: …"),
            ("500 what is 'b3BlbiBzZ'?", "500 what is …"),
            ("535 open sesame is wrong", "535 … is wrong"),
            ("535 5.7.8 try again later", "535 5.7.8 try again later"),
        ] {
            assert_eq!(without(said, &secrets), shown);
        }
        assert_eq!(without("535 no", &[String::new()]), "535 no");
    }
}
