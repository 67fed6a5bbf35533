//! By mail: one letter, one connection, one process.
//!
//! A server that talks without end would fill the memory of whoever listens, or keep it for ever. So
//! each mail is sent by a process of its own, a *mailer*: gpumgr started anew with [`SEND`]. Its
//! memory is limited, and it is waited for no longer than a mail may take.

mod mailer;
mod serve;
mod trouble;

pub(super) use mailer::send;
pub(crate) use serve::serve;
pub use trouble::MailTrouble;

use super::message::Message;
use crate::allocator::Timestamp;
use crate::config::{Mail, Password, Security};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Message as Letter;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, To};
use lettre::message::{Mailbox, Mailboxes};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};
use trouble::{Stage, Talk};

/// No password and no list of certificates is larger.
const LARGEST: u64 = 1 << 20;
/// How a list of certificates tells where one begins.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// Keeps those who are away from answering.
const BY_A_MACHINE: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The only word of a mailer's command line.
pub(crate) const SEND: &str = "--send-one-mail";

/// A mail that a mailer is to send. The password is not in it: only where that is.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    mail: Mail,
    text: String,
    host: String,
    state: String,
    time: Timestamp,
    id: String,
    /// How long each answer of the server may take.
    within: Duration,
}

impl Order {
    fn of(mail: &Mail, message: &Message, within: Duration) -> Self {
        Self {
            mail: mail.clone(),
            text: message.text.clone(),
            host: message.host.clone(),
            state: message.state.clone(),
            time: message.time,
            id: message.id.clone(),
            within,
        }
    }
}

/// Hands it to the server, which then waits for nothing but to be left.
fn deliver(order: &Order) -> Result<SmtpConnection, MailTrouble> {
    let mail = &order.mail;
    let letter = letter(order)?;
    let secure = secure(mail)?;
    let login = login(mail)?;
    let (user, password) = login.unzip();
    let talk = Talk {
        server: server(mail),
        within: order.within,
        secrets: secrets(user.as_deref(), password.as_deref()),
    };
    let credentials = user.zip(password);
    let credentials = credentials.map(|(user, password)| Credentials::new(user, password));
    talk_to(mail, &letter, secure.as_ref(), credentials.as_ref(), &talk)
}

fn talk_to(
    mail: &Mail,
    letter: &Letter,
    secure: Option<&TlsParameters>,
    credentials: Option<&Credentials>,
    talk: &Talk,
) -> Result<SmtpConnection, MailTrouble> {
    let failed = |stage| move |error| talk.failed(stage, &error);
    let address = (mail.server.as_str(), port(mail));
    let hello = hello();
    let at_once = secure.filter(|_| mail.security == Security::Tls);
    let mut server = SmtpConnection::connect(address, Some(talk.within), &hello, at_once, None)
        .map_err(failed(Stage::Connecting))?;
    if let (Some(secure), Security::StartTls) = (secure, mail.security) {
        let secured = server.starttls(secure, &hello);
        secured.map_err(failed(Stage::Securing))?;
    }
    if let Some(credentials) = credentials {
        let logged_in = server.auth(DEFAULT_MECHANISMS, credentials);
        logged_in.map_err(failed(Stage::LoggingIn))?;
    }
    let sent = server.send(letter.envelope(), &letter.formatted());
    sent.map_err(failed(Stage::Sending))?;
    Ok(server)
}

fn letter(order: &Order) -> Result<Letter, MailTrouble> {
    let Order {
        mail,
        text,
        host,
        state,
        time,
        id,
        ..
    } = order;
    let to: Mailboxes = address(&mail.to)?;
    let from: Option<Mailbox> = match &mail.from {
        Some(from) => Some(address(from)?),
        None => to.iter().next().cloned(),
    };
    let letter = from.map_or_else(Letter::builder, |from| Letter::builder().from(from));
    let by_a_machine = HeaderValue::new(BY_A_MACHINE, "auto-generated".to_owned());
    let written = time.format("%Y-%m-%d %H:%M:%S %:z");
    letter
        .mailbox(To::from(to))
        .subject(format!("gpumgr: {text}"))
        .date(SystemTime::from(*time).max(SystemTime::UNIX_EPOCH))
        .message_id(Some(format!("<{id}@{}>", hello())))
        .raw_header(by_a_machine)
        .header(ContentType::TEXT_PLAIN)
        .body(format!("{text}\n\n{host}: {state}\n{written}\n"))
        .map_err(|error| no_address(&mail.to, &error))
}

fn address<T: FromStr<Err: ToString>>(text: &str) -> Result<T, MailTrouble> {
    text.parse().map_err(|error| no_address(text, &error))
}

fn no_address(text: &str, why: &impl ToString) -> MailTrouble {
    MailTrouble::Address {
        text: text.to_owned(),
        why: why.to_string(),
    }
}

/// What this machine calls itself, if a mail server may hear that.
fn hello() -> ClientId {
    let host = crate::system::here().host;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    match !host.is_empty() && host.chars().all(fits) {
        true => ClientId::Domain(host),
        false => ClientId::default(),
    }
}

fn server(mail: &Mail) -> String {
    format!("{}:{}", mail.server, port(mail))
}

fn port(mail: &Mail) -> u16 {
    mail.port.unwrap_or(match mail.security {
        Security::Tls => SUBMISSIONS_PORT,
        Security::StartTls => SUBMISSION_PORT,
        Security::None => SMTP_PORT,
    })
}

/// Whose certificates are trusted: those that the system trusts, and the config's own.
fn secure(mail: &Mail) -> Result<Option<TlsParameters>, MailTrouble> {
    if mail.security == Security::None {
        return Ok(None);
    }
    let secure = TlsParameters::builder(mail.server.clone());
    let Some(path) = &mail.authorities else {
        let built = secure.build();
        return built.map(Some).map_err(|error| MailTrouble::Tls {
            server: server(mail),
            why: error.to_string(),
        });
    };
    let built = authorities(path).and_then(|authorities| {
        let built = secure.add_root_certificate(authorities).build();
        built.map_err(|error| error.to_string())
    });
    built.map(Some).map_err(|why| MailTrouble::Authorities {
        place: path.to_string_lossy().into_owned(),
        why,
    })
}

/// All certificates in that file.
fn authorities(path: &Path) -> Result<Certificate, String> {
    let text = read(path).map_err(|error| error.to_string())?;
    let mut places = text.windows(CERTIFICATE.len());
    if !places.any(|place| place == CERTIFICATE) {
        return Err("there is no certificate in it (PEM)".to_owned());
    }
    Certificate::from_pem(&text).map_err(|error| error.to_string())
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// The user and the password, which is read only now, and kept no longer than this takes.
fn login(mail: &Mail) -> Result<Option<(String, String)>, MailTrouble> {
    let (Some(user), Some(password)) = (&mail.user, &mail.password) else {
        return Ok(None);
    };
    let (place, found) = match password {
        Password::File(path) => (path.to_string_lossy().into_owned(), first_line(path)),
        Password::Variable(name) => (format!("${name}"), variable(name)),
    };
    let found = found.and_then(|password| match password.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(password),
    });
    match found {
        Ok(password) => Ok(Some((user.clone(), password))),
        Err(why) => Err(MailTrouble::Password { place, why }),
    }
}

fn first_line(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut line = String::new();
    let read = BufReader::new(file.take(LARGEST)).read_line(&mut line);
    read.map_err(|error| error.to_string())?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[allow(
    clippy::disallowed_methods,
    reason = "a password is nowhere until it is needed"
)]
fn variable(name: &str) -> Result<String, String> {
    match std::env::var(name) {
        Ok(password) => Ok(password),
        Err(std::env::VarError::NotPresent) => Err("it is not set".to_owned()),
        // What it holds is not shown.
        Err(std::env::VarError::NotUnicode(_)) => Err("it is not UTF-8 text".to_owned()),
    }
}

/// What is sent of a password, by both mechanisms, and the password itself.
fn secrets(user: Option<&str>, password: Option<&str>) -> Vec<String> {
    let Some((user, password)) = user.zip(password) else {
        return Vec::new();
    };
    vec![
        password.to_owned(),
        BASE64.encode(password),
        BASE64.encode(format!("\0{user}\0{password}")),
    ]
}
