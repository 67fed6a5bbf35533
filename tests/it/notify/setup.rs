//! What must be written in the config, and by whom.

use super::*;

#[test]
fn where_nobody_is_to_be_told_the_keys_are_named() {
    for config in [
        "[cluster]\n",
        "[notification]\nenabled = true\n",
        "[notification]\nemail = 'ops@example.org'\n",
        "[notification]\nenabled = false\ncommand = 'touch told'\n",
    ] {
        let lab = Lab::new();
        // A config of that name alone counts only if it has what only gpumgr's has.
        lab.write("c.toml", config);
        let arguments = ["--config", "c.toml", "--test-notification"];
        let ran = lab.run(&arguments);
        assert_eq!(ran.code, 2, "{config}: {ran:?}");
        for needle in ["[notification]", "enabled", "email", "command"] {
            assert!(ran.stderr.contains(needle), "{needle}: {ran:?}");
        }
        let (code, document) = lab.json(&arguments);
        assert_eq!((code, &document["error"]["kind"]), (2, &"config".into()));
        assert_eq!(lab.files(), ["c.toml"]);
    }
}

#[cfg(unix)]
#[test]
fn a_config_that_others_may_write_tells_nobody() {
    let lab = lab_running("touch told", "");
    let file = lab.join("config.toml");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let (code, document) = lab.json(&TEST);
    assert_eq!((code, &document["error"]["kind"]), (2, &"config".into()));
    assert_eq!(lab.files(), ["config.toml"]);
    // Whoever names it trusts it.
    lab.ok(&["--config", "config.toml", "--test-notification"]);
    assert_eq!(lab.files(), ["config.toml", "told"]);
}

#[test]
fn half_a_login_and_no_time_are_mistakes_with_their_place() {
    for (line, needle) in [
        ("smtp_user = 'ann'", "smtp_password_file"),
        ("smtp_password_env = 'A'", "smtp_user"),
        ("timeout = '0s'", "timeout"),
        ("smtp_ca_file = 5", "smtp_ca_file"),
    ] {
        let lab = lab_running("true", line);
        let ran = lab.run(&["--config", "config.toml", "--check-config"]);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.stderr.contains(":5:"), "{line}: {ran:?}");
        assert!(ran.stderr.contains(needle), "{line}: {ran:?}");
    }
}

#[test]
fn a_password_goes_unencrypted_to_this_machine_alone() {
    for (server, is_here) in [
        ("localhost", true),
        ("LOCALHOST", true),
        ("127.0.0.1", true),
        ("127.8.9.10", true),
        ("::1", true),
        ("localhost.example.org", false),
        ("10.0.0.1", false),
        ("0.0.0.0", false),
    ] {
        for security in ["", "smtp_security = 'none'\n"] {
            let lab = lab_running(
                "true",
                &format!(
                    "smtp_server = '{server}'\n{security}smtp_user = 'a'\nsmtp_password_env = 'B'"
                ),
            );
            let ran = lab.run(&["--config", "config.toml", "--check-config"]);
            let code = if is_here { 0 } else { 2 };
            assert_eq!(ran.code, code, "{server}: {ran:?}");
        }
        let keys = format!(
            "smtp_server = '{server}'\nsmtp_security = 'starttls'\nsmtp_user = 'a'\n\
             smtp_password_env = 'B'"
        );
        lab_running("true", &keys).ok(&["--check-config"]);
    }
}
