//! Who is told of what happens, with a real mail server on loopback and real commands.

#[cfg(unix)]
mod command;
#[cfg(unix)]
mod mail;
mod setup;
mod trouble;

#[cfg(target_os = "linux")]
pub(crate) use trouble::dripping;

use crate::support::{Lab, Ran, happens, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const TEST: [&str; 1] = ["--test-notification"];
/// By that a `config.toml` is known as gpumgr's.
const STATE: &str = "state_file = 'resource_status.json'\n";
/// Long enough to be found wherever it comes out, whole or in part.
const PASSWORD: &str = "Xq7-open-sesame-w9Z";

/// A mail server that ends with the test.
pub(crate) struct Server {
    child: Child,
    lab: Lab,
    pub(crate) port: u16,
}

impl Server {
    /// None, with the reason said, where there is none to be had.
    pub(crate) fn start(options: Value) -> Option<Self> {
        let Some(python) = python() else {
            skipped("no python3 has aiosmtpd (Debian: python3-aiosmtpd)");
            return None;
        };
        let lab = Lab::new();
        let mut options = options;
        options["folder"] = lab.path().to_str().unwrap().into();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/notify/smtp.py");
        let mut child = Command::new(python)
            .arg(program)
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut port).unwrap();
        let port = port.trim().parse().unwrap();
        Some(Self { child, lab, port })
    }

    /// All mails that came.
    pub(crate) fn mails(&self) -> Vec<Value> {
        let names = self.lab.files();
        let mails = names.iter().filter(|name| name.ends_with(".mail"));
        mails
            .map(|name| serde_json::from_str(&self.lab.read(name)).unwrap())
            .collect()
    }

    /// The one mail that came.
    #[cfg(unix)]
    fn mail(&self) -> Value {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that has the mail server's package: what the path calls python3 may be another one than the
/// system's.
fn python() -> Option<&'static str> {
    let has = |python: &&str| {
        let mut command = Command::new(python);
        let tried = command.args(["-c", "import aiosmtpd"]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has)
}

/// A lab whose config tells somebody by mail, by way of the server at that port.
fn lab_mailing(port: u16, keys: &str) -> Lab {
    Lab::with_config(&format!(
        "{STATE}[notification]\nenabled = true\nemail = 'ops@example.org'\nsmtp_server = '127.0.0.1'\n\
         smtp_port = {port}\n{keys}\n"
    ))
}

/// A lab whose config tells somebody by that command.
fn lab_running(command: &str, keys: &str) -> Lab {
    let command = toml_text(command);
    Lab::with_config(&format!(
        "{STATE}[notification]\nenabled = true\ncommand = {command}\n{keys}\n"
    ))
}

fn toml_text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Makes an authority `ca.pem`, and a certificate of it for that name: its file and its key.
#[cfg(unix)]
fn certify(lab: &Lab, name: &str) -> Value {
    let key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ];
    let openssl = |arguments: &[&str]| {
        let mut openssl = Command::new("openssl");
        let made = openssl.args(arguments).current_dir(lab.path()).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    let own = [
        "req", "-x509", "-subj", "/CN=lab", "-keyout", "ca.key", "-out", "ca.pem",
    ];
    openssl(&[&own[..], &key].concat());
    let asked = [
        "req", "-subj", "/CN=mail", "-keyout", "mail.key", "-out", "mail.csr",
    ];
    openssl(&[&asked[..], &key].concat());
    lab.write("names", format!("subjectAltName = {name}\n"));
    openssl(&[
        "x509",
        "-req",
        "-in",
        "mail.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "names",
        "-out",
        "mail.pem",
    ]);
    json!([lab.join("mail.pem"), lab.join("mail.key")])
}

/// Nothing that came out, and nothing that was written, holds the password or what is sent of it.
fn assert_secret(lab: &Lab, ran: &Ran) {
    // In base64, where it begins at the beginning, and after "ann" between two NULs.
    let forms = [PASSWORD, "WHE3LW9wZW4tc2VzYW1l", "YW5uAFhxNy1vcGVu"];
    let log = lab.text_if_any("gpu_manager.log").unwrap_or_default();
    for form in forms {
        for text in [&ran.stdout, &ran.stderr, &log] {
            assert!(!text.contains(form), "{form}: {ran:?}");
        }
    }
}
