//! Mail servers that are not there, hang, refuse, or are not who they say.

use super::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A server that does this with everybody who comes, until nobody does any more.
fn listening(does: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(does));
    port
}

/// A port at which nothing ever listens.
const NOBODY: u16 = 1;

/// It ends with 1, and says that of the server.
fn assert_fails(lab: &Lab, needles: &[&str]) -> Ran {
    let ran = lab.run(&TEST);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.stdout, "");
    for needle in needles {
        assert!(ran.stderr.contains(needle), "{needle}: {ran:?}");
    }
    ran
}

#[test]
fn a_server_that_is_not_there_is_told_of() {
    let address = format!("127.0.0.1:{NOBODY}");
    let lab = lab_mailing(NOBODY, "");
    assert_fails(
        &lab,
        &[&address, "not reached", "smtp_port", "ops@example.org"],
    );
    let (code, document) = lab.json(&TEST);
    assert_eq!(code, 1);
    assert_eq!(document["error"]["kind"], "io");
    assert_eq!(document["mail"]["sent"], false);
    let why = document["mail"]["error"].as_str().unwrap();
    assert!(why.contains(&address), "{document}");
    assert_eq!(document["command"], Value::Null);
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    for greeting in ["", "220 hello\r\n"] {
        let held = std::sync::Mutex::new(Vec::new());
        let port = listening(move |mut stream| {
            stream.write_all(greeting.as_bytes()).unwrap();
            held.lock().unwrap().push(stream);
        });
        for security in ["none", "tls", "starttls"] {
            let keys = format!("timeout = '200ms'\nsmtp_security = '{security}'");
            let lab = lab_mailing(port, &keys);
            let ran = lab.run(&TEST);
            assert_eq!(ran.code, 1, "{security}: {ran:?}");
            // In TLS, a greeting is something else that is wrong.
            if security != "tls" || greeting.is_empty() {
                // Where processes begin slowly, the time for all of it is over first.
                let told = ["0.2s", "0.6s"].map(|time| format!("did not answer within {time}"));
                assert!(told.iter().any(|told| ran.stderr.contains(told)), "{ran:?}");
            }
        }
    }
}

#[test]
fn a_server_that_never_comes_to_an_end_is_not_waited_for() {
    let left = Arc::new(AtomicBool::new(false));
    let port = dripping(&left);
    let lab = lab_mailing(port, "timeout = '200ms'");
    assert_fails(&lab, &["did not answer within 0.6s"]);
    assert!(happens(|| left.load(Ordering::SeqCst)));
}

/// A server that says something all the time, so that no single answer is late, until it is left.
pub(crate) fn dripping(left: &Arc<AtomicBool>) -> u16 {
    let left = Arc::clone(left);
    listening(move |mut stream| {
        while stream.write_all(b"2").is_ok() {
            thread::sleep(std::time::Duration::from_millis(20));
        }
        left.store(true, Ordering::SeqCst);
    })
}

// The command is a shell.
#[cfg(unix)]
#[test]
fn a_server_that_talks_without_end_is_the_end_of_the_mail_alone() {
    for (timeout, why) in [
        // No single line of an answer is that long, and the memory for it is soon used up.
        ("300s", "broke off: signal"),
        ("100ms", "did not answer within 0.3s"),
    ] {
        let port = listening(|mut stream| {
            let _ = stream.write_all(b"220-");
            while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
        });
        let keys = format!("timeout = '{timeout}'\ncommand = \"sh -c 'cat > told'\"");
        let lab = lab_mailing(port, &keys);
        assert_fails(&lab, &[why, "smtp_port"]);
        assert!(lab.read("told").contains("\"test\""));
    }
}

#[test]
fn what_a_server_refuses_is_told_in_its_words() {
    let Some(server) = Server::start(json!({ "refuse": "554 no such lab" })) else {
        return;
    };
    let lab = lab_mailing(server.port, "");
    assert_fails(&lab, &["554 no such lab", "from"]);
    let port = listening(|mut stream| {
        let _ = stream.write_all(b"554 go away\r\n");
    });
    assert_fails(&lab_mailing(port, ""), &["554 go away"]);
}

#[test]
fn a_refused_login_gives_no_password_away() {
    let options = json!({ "login": ["ann", "another"] });
    let Some(server) = Server::start(options) else {
        return;
    };
    let keys = "smtp_user = 'ann'\nsmtp_password_file = 'secret'";
    let lab = lab_mailing(server.port, keys);
    lab.write("secret", PASSWORD);
    // The server repeats the password.
    let ran = assert_fails(&lab, &["refused the login", "535 ann is not", "smtp_user"]);
    assert_secret(&lab, &ran);
    let ran = lab.run(&["--test-notification", "--json"]);
    assert_eq!(ran.document()["mail"]["sent"], false);
    assert_secret(&lab, &ran);
    assert_eq!(server.mails(), Vec::<Value>::new());
}

#[cfg(unix)]
#[test]
fn who_is_not_trusted_gets_neither_password_nor_mail() {
    for security in ["tls", "starttls"] {
        for (name, trusted) in [("IP:127.0.0.1", false), ("DNS:other.example.org", true)] {
            let authority = Lab::new();
            let files = certify(&authority, name);
            // Any login would be refused, and noted.
            let options = json!({ security: files, "login": ["ann", "another"] });
            let Some(server) = Server::start(options) else {
                return;
            };
            let trust = if trusted {
                "smtp_ca_file = 'ca.pem'\n"
            } else {
                ""
            };
            let keys = format!(
                "smtp_security = '{security}'\n{trust}smtp_user = 'ann'\n\
                 smtp_password_file = 'secret'"
            );
            let lab = lab_mailing(server.port, &keys);
            lab.write("ca.pem", authority.read("ca.pem"));
            lab.write("secret", PASSWORD);
            let ran = assert_fails(&lab, &["certificate", "smtp_ca_file"]);
            assert_secret(&lab, &ran);
            assert_eq!(
                server.lab.files(),
                Vec::<String>::new(),
                "{security} {name}"
            );
        }
    }
}

#[test]
fn without_the_security_that_was_asked_for_nothing_is_sent() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    for security in ["tls", "starttls"] {
        let keys = format!("smtp_security = '{security}'");
        let lab = lab_mailing(server.port, &keys);
        assert_fails(&lab, &["no secure connection", "smtp_security"]);
    }
    assert_eq!(server.mails(), Vec::<Value>::new());
}

#[test]
fn a_password_that_is_not_there_is_told_of_by_its_place() {
    for (keys, place) in [
        ("smtp_password_file = 'nowhere'", "nowhere"),
        ("smtp_password_file = 'empty'", "empty"),
        ("smtp_password_env = 'MAIL_SECRET'", "$MAIL_SECRET"),
    ] {
        let lab = lab_mailing(NOBODY, &format!("smtp_user = 'ann'\n{keys}"));
        lab.write("empty", "\n");
        // Nobody was asked for anything.
        let ran = assert_fails(&lab, &[place, "password"]);
        assert!(!ran.stderr.contains("not reached"), "{ran:?}");
    }
}

#[test]
fn certificates_that_are_none_are_told_of() {
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n",
    ] {
        let keys = "smtp_security = 'tls'\nsmtp_ca_file = 'ca.pem'";
        let lab = lab_mailing(NOBODY, keys);
        lab.write("ca.pem", text);
        let path = lab.shown("ca.pem");
        assert_fails(&lab, &[&path, "cannot be used"]);
    }
}
