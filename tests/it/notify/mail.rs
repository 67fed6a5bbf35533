//! Mails that arrive.

use super::*;

#[test]
fn a_mail_arrives() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    let lab = lab_mailing(server.port, "from = 'GPU lab <gpu@example.org>'");
    let ran = lab.ok(&TEST);
    assert!(ran.stdout.contains("ops@example.org"), "{ran:?}");
    assert_eq!(ran.stderr, "");
    let mail = server.mail();
    assert_eq!(mail["from"], "gpu@example.org");
    assert_eq!(mail["to"], json!(["ops@example.org"]));
    assert_eq!(mail["secure"], false);
    let headers = &mail["headers"];
    assert_eq!(headers["To"], "ops@example.org");
    assert_eq!(headers["From"], "GPU lab <gpu@example.org>");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    let subject = headers["Subject"].as_str().unwrap();
    assert_eq!(
        subject,
        "gpumgr: This is a test: notifications come through"
    );
    let body = mail["body"].as_str().unwrap();
    assert!(body.starts_with("This is a test"), "{body}");
    assert!(body.contains(&lab.shown("resource_status.json")), "{body}");
    // A test changes nothing.
    assert_eq!(lab.files(), ["config.toml"]);
}

#[test]
fn several_people_get_one_mail_each() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    let lab = Lab::with_config(&format!(
        "{STATE}[notification]\nenabled = true\nemail = 'Ann <ann@example.org>, bob@example.org'\n\
         smtp_server = '127.0.0.1'\nsmtp_port = {}\n",
        server.port
    ));
    lab.ok(&TEST);
    let mail = server.mail();
    assert_eq!(mail["to"], json!(["ann@example.org", "bob@example.org"]));
    // Without "from" it is from the first of them.
    assert_eq!(mail["from"], "ann@example.org");
}

#[test]
fn other_languages_are_encoded_as_mails_are() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    let lab = lab_mailing(server.port, "");
    lab.ok(&["--test-notification", "--lang", "ja"]);
    let mail = server.mail();
    assert_eq!(mail["ascii"], true);
    let subject = mail["headers"]["Subject"].as_str().unwrap();
    assert_eq!(subject, "gpumgr: これはテストです：通知は届いています");
    let body = mail["body"].as_str().unwrap();
    assert!(
        body.starts_with("これはテストです：通知は届いています\n"),
        "{body}"
    );
}

#[test]
fn a_login_takes_the_password_from_a_file_or_a_variable() {
    for (security, keys) in [
        ("tls", "smtp_password_file = 'secret'"),
        ("tls", "smtp_password_env = 'MAIL_SECRET'"),
        ("starttls", "smtp_password_file = 'secret'"),
        ("starttls", "smtp_password_env = 'MAIL_SECRET'"),
    ] {
        let authority = Lab::new();
        let files = certify(&authority, "IP:127.0.0.1");
        let options = json!({ security: files, "login": ["ann", PASSWORD] });
        let Some(server) = Server::start(options) else {
            return;
        };
        let keys = format!(
            "smtp_security = '{security}'\nsmtp_ca_file = 'trusted.pem'\n\
             smtp_user = 'ann'\n{keys}"
        );
        let lab = lab_mailing(server.port, &keys);
        lab.write("trusted.pem", authority.read("ca.pem"));
        lab.write("secret", format!("{PASSWORD}\r\na second line\n"));
        let ran = lab.run_with(&[("MAIL_SECRET", PASSWORD)], &TEST);
        assert_eq!(ran.code, 0, "{security}: {ran:?}");
        let mail = server.mail();
        assert_eq!(mail["user"], "ann", "{security}");
        assert_eq!(mail["secure"], true, "{security}");
        assert_secret(&lab, &ran);
    }
}

#[test]
fn the_result_is_json_for_scripts() {
    let Some(server) = Server::start(json!({})) else {
        return;
    };
    let lab = lab_mailing(server.port, "");
    let (code, document) = lab.json(&TEST);
    assert_eq!(code, 0);
    let mail = json!({ "sent": true, "to": "ops@example.org", "error": null });
    assert_eq!(document, json!({ "mail": mail, "command": null }));
}
