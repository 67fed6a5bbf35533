//! Configs that say what they must not, and where.

use super::{assert_refused, for_all};
use crate::support::Lab;
use std::fs;
use std::path::Path;

const NAME: &str = "lab.toml";

/// Refused by every action alike, with each of these places and words, and nothing written.
fn assert_invalid(text: &[u8], told: &[&str]) {
    let lab = Lab::new();
    lab.write(NAME, text);
    let shown: String = String::from_utf8_lossy(text).chars().take(100).collect();
    for action in [
        &["--check-config"][..],
        &["--status"],
        &["--init"],
        &["--allocate", "t", "1", "1"],
        &["--reset", "--yes"],
    ] {
        let arguments = [action, &["--config", NAME]].concat();
        for told in told {
            assert_refused(&lab, &arguments, 2, "config", told, &shown);
        }
    }
    let ran = lab.run(&["--check-config", "--config", NAME]);
    ran.assert_sound(&shown);
    for told in told {
        assert!(ran.stderr.contains(told), "{shown}: {ran:?}");
    }
    assert_eq!(lab.files(), [NAME], "{shown}");
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let cases: [(&str, &[&str]); 52] = [
        // Keys.
        (
            "state-file = 'x'\n",
            &["lab.toml:1:1: ", "did you mean state_file?"],
        ),
        (
            "\nlock_timout = '60s'\n",
            &["lab.toml:2:1: ", "did you mean lock_timeout?"],
        ),
        (
            "[cluster]\nserver = 4\n",
            &["lab.toml:2:1: ", "did you mean servers?"],
        ),
        (
            "[cluster]\n  gpu_per_server = 4\n",
            &["lab.toml:2:3: ", "gpus_per_server?"],
        ),
        (
            "[clusters]\nservers = 4\n",
            &["lab.toml:1:2: ", "did you mean cluster?"],
        ),
        (
            "[[servers]]\nname = 'a'\n",
            &["lab.toml:1:3: ", "did you mean server?"],
        ),
        ("[limit]\n", &["lab.toml:1:2: ", "did you mean limits?"]),
        (
            "[limits]\nmax_gpu_per_task = 2\n",
            &["lab.toml:2:1: ", "max_gpus_per_task?"],
        ),
        (
            "[[server]]\nname = 'a'\ngpus = 1\ncpu = 1\n",
            &["lab.toml:4:1: ", "cpus?", "server.cpus is missing"],
        ),
        (
            "banana_split_with_cream = 1\n",
            &["lab.toml:1:1: unknown key banana_split_with_cream"],
        ),
        ("\"\" = 1\n", &["lab.toml:1:1: unknown key"]),
        ("\"\\u001b[31m\" = 1\n", &["lab.toml:1:1: unknown key"]),
        ("servers = 4\n", &["lab.toml:1:1: unknown key servers"]),
        (
            "cluster.servers.x = 4\n",
            &["lab.toml:1:9: ", "cluster.servers must be a whole number"],
        ),
        // Types.
        (
            "state_file = 1\n",
            &["lab.toml:1:14: ", "state_file must be text"],
        ),
        (
            "state_file = ''\n",
            &["lab.toml:1:14: ", "state_file must be a path"],
        ),
        (
            "state_file = ['x']\n",
            &["lab.toml:1:14: ", "state_file must be text"],
        ),
        (
            "lock_timeout = 60\n",
            &["lab.toml:1:16: ", "lock_timeout must be text"],
        ),
        (
            "cluster = 4\n",
            &["lab.toml:1:11: ", "cluster must be a table"],
        ),
        (
            "[[cluster]]\nservers = 4\n",
            &["lab.toml:1:", "cluster must be a table"],
        ),
        (
            "[server]\nname = 'a'\n",
            &["lab.toml:1:2: ", "server must be a list of tables"],
        ),
        (
            "server = [1]\n",
            &["lab.toml:1:10: ", "server must be a list of tables"],
        ),
        (
            "[cluster]\nservers = '4'\n",
            &["lab.toml:2:11: ", "cluster.servers must be a whole number"],
        ),
        (
            "[cluster]\nservers = 4.0\n",
            &["lab.toml:2:11: ", "cluster.servers must be a whole number"],
        ),
        (
            "[cluster]\nservers = inf\n",
            &["lab.toml:2:11: ", "whole number"],
        ),
        (
            "[cluster]\nservers = 2025-11-04\n",
            &["lab.toml:2:11: ", "whole number"],
        ),
        (
            "[[server]]\nname = 1\ngpus = 1\ncpus = 1\n",
            &["lab.toml:2:8: ", "server.name must be text"],
        ),
        (
            "[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\ndrain = 'yes'\n",
            &["lab.toml:5:9: ", "true or false"],
        ),
        (
            "limits = 1\n",
            &["lab.toml:1:10: ", "limits must be a table"],
        ),
        // Ranges.
        (
            "[cluster]\nservers = 0\n",
            &["lab.toml:2:11: ", "from 1 to 100000"],
        ),
        (
            "[cluster]\nservers = 100001\n",
            &["lab.toml:2:11: ", "from 1 to 100000"],
        ),
        (
            "[cluster]\nservers = -1\n",
            &["lab.toml:2:11: ", "from 1 to 100000"],
        ),
        (
            "[cluster]\nservers = 99999999999999999999\n",
            &["lab.toml:2:11: "],
        ),
        (
            "[cluster]\ngpus_per_server = 1025\n",
            &["lab.toml:2:19: ", "from 0 to 1024"],
        ),
        (
            "[cluster]\ngpus_per_server = 4294967304\n",
            &["lab.toml:2:19: ", "from 0 to 1024"],
        ),
        (
            "[cluster]\ncpus_per_server = 0\n",
            &["lab.toml:2:19: ", "from 1 to 65536"],
        ),
        (
            "[cluster]\ncpus_per_server = 0x10001\n",
            &["lab.toml:2:19: ", "from 1 to 65536"],
        ),
        (
            "[limits]\nmin_gpus_per_task = 3\nmax_gpus_per_task = 2\n",
            &["lab.toml:3:21: ", "less than"],
        ),
        (
            "[limits]\nmax_gpus_per_task = 0\n",
            &["lab.toml:2:21: ", "less than"],
        ),
        (
            "[limits]\nmin_gpus_per_task = -1\n",
            &["lab.toml:2:21: ", "from 0 to 1024"],
        ),
        (
            "lock_timeout = 'soon'\n",
            &["lab.toml:1:16: ", "must be a duration"],
        ),
        (
            "lock_timeout = ''\n",
            &["lab.toml:1:16: ", "must be a duration"],
        ),
        (
            "lock_timeout = '-1s'\n",
            &["lab.toml:1:16: ", "must be a duration"],
        ),
        (
            "lock_timeout = '99999999999999999999s'\n",
            &["lab.toml:1:16: ", "must be a duration"],
        ),
        // Servers.
        (
            "[cluster]\n[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\n",
            &["lab.toml:2:", "not by both"],
        ),
        ("server = []\n[cluster]\n", &["lab.toml:1:", "not by both"]),
        (
            "[[server]]\n",
            &[
                "lab.toml:1:1: ",
                "server.name is missing",
                "server.gpus is missing",
                "server.cpus is missing",
            ],
        ),
        (
            "[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\n[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\n",
            &["lab.toml:5:1: ", "a second server named a"],
        ),
        (
            "[[server]]\nname = '-a'\ngpus = 1\ncpus = 1\n",
            &["lab.toml:2:8: ", "begin with '-'"],
        ),
        (
            "[[server]]\nname = \"\\u001b[2J\"\ngpus = 1\ncpus = 1\n",
            &["lab.toml:2:8: ", "character 1"],
        ),
        (
            "[[server]]\nname = ''\ngpus = 1\ncpus = 1\n",
            &["lab.toml:2:8: ", "empty"],
        ),
        (
            "lock_timeout = '1s'\n\nserver = []\n",
            &["lab.toml:3:", "0 servers"],
        ),
    ];
    for_all(&cases, |(text, told)| assert_invalid(text.as_bytes(), told));
}

/// What the manager guide's keys must be.
#[test]
fn each_mistake_about_programs_is_told_with_its_place() {
    let cases: [(&str, &[&str]); 47] = [
        (
            "max_total_gpus = 8\n",
            &["lab.toml:1:1: ", "did you mean limits.max_total_gpus?"],
        ),
        (
            "[limits]\nmax_total_gpu = 8\n",
            &["lab.toml:2:1: ", "did you mean max_total_gpus?"],
        ),
        (
            "[limits]\nmax_manual_gpus = -1\n",
            &["lab.toml:2:19: limits.max_manual_gpus must be from 0"],
        ),
        (
            "[limits]\nmax_auto_gpus = '2'\n",
            &["lab.toml:2:17: ", "whole number"],
        ),
        ("task_prefix = 5\n", &["lab.toml:1:15: ", "must be text"]),
        ("task_prefix = ''\n", &["lab.toml:1:15: ", "empty"]),
        ("task_prefix = '-x'\n", &["lab.toml:1:15: ", "'-'"]),
        (
            "task_prefix = \"a\\n\"\n",
            &["lab.toml:1:15: ", "character 2"],
        ),
        (
            "task_prefx = 'x'\n",
            &["lab.toml:1:1: ", "did you mean task_prefix?"],
        ),
        (
            "monitor_intervall = 5\n",
            &["lab.toml:1:1: ", "did you mean monitor_interval?"],
        ),
        (
            "monitor_interval = true\n",
            &["lab.toml:1:20: ", "duration"],
        ),
        ("monitor_interval = -1\n", &["lab.toml:1:20: ", "duration"]),
        ("monitor_interval = nan\n", &["lab.toml:1:20: ", "duration"]),
        (
            "monitor_interval = 'soon'\n",
            &["lab.toml:1:20: ", "duration"],
        ),
        (
            "monitor_interval = '999999999999999s'\n",
            &["lab.toml:1:20: ", "duration"],
        ),
        ("auto_scale = 1\n", &["lab.toml:1:14: ", "true or false"]),
        (
            "autoscale = true\n",
            &["lab.toml:1:1: ", "mean auto_scale?"],
        ),
        (
            "[program_template]\n",
            &["lab.toml:1:2: program_template.command is missing"],
        ),
        (
            "[program_template]\ncommand = ''\n",
            &["lab.toml:2:11: ", "no command"],
        ),
        (
            "[program_template]\ncommand = \"a 'b\"\n",
            &["lab.toml:2:11: ", "quote"],
        ),
        (
            "[program_template]\ncommand = ['a']\n",
            &["lab.toml:2:11: ", "must be text"],
        ),
        (
            "[program_template]\ncommand = 'a'\nargs = 'b'\n",
            &["lab.toml:3:8: ", "list of texts"],
        ),
        (
            "[program_template]\ncommand = 'a'\nargs = ['b', '{gpus}']\n",
            &["lab.toml:3:14: ", "{gpus}"],
        ),
        (
            "[program_template]\ncommand = 'a {'\n",
            &["lab.toml:2:11: ", "stands for nothing"],
        ),
        (
            "[program_template]\ncommand = 'a'\n[program_template.env_vars]\nA = 1\n",
            &["lab.toml:4:5: ", "env_vars.A must be text"],
        ),
        (
            "[program_template]\ncommand = 'a'\n[program_template.env_vars]\n'A-B' = '1'\n",
            &["lab.toml:4:1: ", "A-B"],
        ),
        (
            "[program_template]\ncommand = 'a'\nretries = -1\n",
            &["lab.toml:3:11: ", "retries must be from 0"],
        ),
        (
            "[program_template]\ncommand = 'a'\nretry_dely = 1\n",
            &["lab.toml:3:1: ", "retry_delay?"],
        ),
        (
            "[program_template]\ncommand = 'a'\nlog_size = 'much'\nlog_count = 0\n",
            &[
                "lab.toml:3:12: ",
                "size",
                "lab.toml:4:13: ",
                "from 1 to 1000",
            ],
        ),
        (
            "[scaling]\nmin_gpus = 0\n",
            &["lab.toml:2:12: ", "from 1 to"],
        ),
        (
            "[scaling]\nmin_gpus = 3\nmax_gpus = 2\n",
            &["lab.toml:3:12: ", "scaling.max_gpus is 2"],
        ),
        (
            "[scaling]\nscale_up_threshold = 80\n",
            &["lab.toml:2:22: ", "from 0 to 1"],
        ),
        (
            "[scaling]\nscale_up_threshold = 0.3\nscale_down_threshold = 0.3\n",
            &["lab.toml:3:24: ", "must be less than"],
        ),
        (
            "[scaling]\nscale_up_threshold = 0.2\n",
            &["lab.toml:2:22: ", "must be less than"],
        ),
        (
            "[scaling]\nscale_up_treshold = 0.8\n",
            &["lab.toml:2:1: ", "scale_up_threshold?"],
        ),
        (
            "[auto]\nprograms = 'a'\n",
            &["lab.toml:2:12: ", "list of texts"],
        ),
        (
            "[auto]\nprograms = ['a', '']\n",
            &["lab.toml:2:18: ", "empty"],
        ),
        (
            "[notification]\nsmtp_security = 'ssl'\n",
            &["lab.toml:2:17: ", "starttls"],
        ),
        (
            "[notification]\nsmtp_password_file = 'a'\nsmtp_password_env = 'b'\n",
            &["lab.toml:3:21: ", "not both"],
        ),
        (
            "[notification]\nemail = 'not an address'\nfrom = 'nobody'\n",
            &[
                "lab.toml:2:9: notification.email must be a mail address",
                "lab.toml:3:8: notification.from must be a mail address",
            ],
        ),
        (
            "[notification]\nemail = ''\n",
            &["lab.toml:2:9: notification.email must be a mail address"],
        ),
        (
            "[notification]\nemail = 'ann@example.org, bob'\n",
            &["lab.toml:2:9: notification.email must be a mail address"],
        ),
        (
            // Several get it, and one sends it.
            "[notification]\nfrom = 'ann@example.org, bob@example.org'\n",
            &["lab.toml:2:8: notification.from must be a mail address"],
        ),
        (
            "[notification]\nsmtp_server = 'mail.example.org'\nsmtp_user = 'a'\n\
             smtp_password_file = 'b'\n",
            &["lab.toml:3:13: ", "for all to read"],
        ),
        (
            "[notification]\nsmtp_server = '192.0.2.7'\nsmtp_security = 'none'\n\
             smtp_user = 'a'\nsmtp_password_file = 'b'\n",
            &["lab.toml:3:17: ", "for all to read"],
        ),
        (
            "[notification]\nsmtp_port = 70000\nsmtp_password = 'x'\n",
            &[
                "lab.toml:2:13: ",
                "from 1 to 65535",
                "lab.toml:3:1: unknown key",
            ],
        ),
        ("[log]\nsize = 5\n", &["lab.toml:2:8: ", "must be text"]),
    ];
    for_all(&cases, |(text, told)| assert_invalid(text.as_bytes(), told));
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    let cases: [(&[u8], &[&str]); 13] = [
        (b"[cluster\n", &["lab.toml:1:"]),
        (b"[cluster]\nservers 4\n", &["lab.toml:2:"]),
        (b"[cluster]\nservers =\n", &["lab.toml:2:"]),
        (b"[cluster]\nservers = 4 4\n", &["lab.toml:2:"]),
        (b"[cluster]\n[cluster]\n", &["lab.toml:2:2: ", "duplicate"]),
        (
            b"[cluster]\nservers = 1\nservers = 2\n",
            &["lab.toml:3:1: ", "duplicate"],
        ),
        (b"state_file = \"x\n", &["lab.toml:1:"]),
        (b"state_file = \"\x1b[31m\"\n", &["lab.toml:1:"]),
        (b"state_file = \"\\ud800\"\n", &["lab.toml:1:"]),
        (b"{\"cluster\": {\"servers\": 4}}\n", &["lab.toml:1:1: "]),
        (b"servers = 4\0\n", &["lab.toml:1:"]),
        (b"[cluster]\nservers = 4 # \xff\n", &["lab.toml:2:"]),
        (b"\xff\xfe[\0c\0", &["lab.toml:1:1: "]),
    ];
    for_all(&cases, |(text, told)| assert_invalid(text, told));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text =
        "lock_timeout = 'x'\nfoo_bar_baz = 1\n[cluster]\nservers = 0\ngpus_per_server = 'x'\n";
    assert_invalid(
        text.as_bytes(),
        &[
            "lab.toml:1:16: ",
            "lab.toml:2:1: ",
            "lab.toml:4:11: ",
            "lab.toml:5:19: ",
        ],
    );
}

#[test]
fn depth_is_no_crash() {
    let depth = 20_000;
    for text in [
        format!("x = {}", "[".repeat(depth)),
        format!("x = {}{}", "[".repeat(depth), "]".repeat(depth)),
        format!("x = {}", "{a=".repeat(depth)),
        format!("a{} = 1", ".a".repeat(depth)),
        format!("[a{}]", ".a".repeat(depth)),
        format!("[[a{}]]", ".a".repeat(depth)),
    ] {
        assert_invalid(text.as_bytes(), &["lab.toml:"]);
    }
}

/// A wrong file given by mistake is told as such; what takes the square of its size never ends here.
#[test]
fn an_enormous_config_is_refused() {
    let many: String = (0..20_000).map(|key| format!("key_{key} = 1\n")).collect();
    assert_told(&many);
    let servers = "[[server]]\nname = 'a'\ngpus = 1\nkpus = 1\n".repeat(10_000);
    assert_told(&servers);
    assert_told(&format!("{} = 1\n", "k".repeat(1_000_000)));
}

fn assert_told(text: &str) {
    let lab = Lab::with_config("");
    lab.write(NAME, text);
    let ran = lab.run(&["--check-config", "--config", NAME]);
    ran.assert_sound("enormous");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("lab.toml:1:1: "));
}

#[test]
fn what_no_config_could_fill_is_refused() {
    let lab = Lab::new();
    for (name, byte) in [("ascii.toml", "#"), ("wide.toml", "é")] {
        lab.write(name, format!("#{}", byte.repeat((16 << 20) + 1)));
        assert_refused(
            &lab,
            &["--status", "--config", name],
            2,
            "config",
            name,
            name,
        );
    }
}

#[test]
fn a_config_that_cannot_be_read_is_named() {
    let lab = Lab::new();
    assert_refused(
        &lab,
        &["--status", "--config", "none.toml"],
        2,
        "config",
        "none.toml",
        "absent",
    );
    assert_refused(
        &lab,
        &["--status", "--config", "a/b/c"],
        2,
        "config",
        Path::new("a").join("b").join("c").to_str().unwrap(),
        "absent folder",
    );
    fs::create_dir(lab.join("folder")).unwrap();
    assert_refused(
        &lab,
        &["--status", "--config", "folder"],
        1,
        "io",
        "folder",
        "folder",
    );
    assert_refused(
        &lab,
        &["--status", "--config", ""],
        2,
        "usage",
        "--config",
        "empty",
    );
}

#[test]
fn the_variable_names_a_config_as_the_flag_does() {
    let lab = Lab::new();
    lab.write(NAME, "[cluster]\nservers = x\n");
    for (value, told) in [(NAME, "lab.toml:2:11: "), ("none.toml", "none.toml")] {
        let ran = lab
            .command(&["--status", "--json"])
            .env("GPUMGR_CONFIG", value)
            .output();
        let ran = crate::support::Ran::of(ran.unwrap());
        ran.assert_sound(value);
        super::assert_error(&ran, 2, "config", told, value);
    }
}

/// It might have been meant for gpumgr: nobody can tell.
#[test]
fn a_config_in_the_current_folder_that_is_no_toml_is_an_error() {
    let lab = Lab::with_config("[cluster\n");
    assert_refused(&lab, &["--status"], 2, "config", "config.toml:1:", "syntax");
    lab.write("config.toml", b"\xff");
    assert_refused(&lab, &["--status"], 2, "config", "config.toml:1:1", "bytes");
}

/// The place must be one where a file can be.
#[test]
fn a_state_file_that_cannot_be_named_is_the_configs_mistake() {
    assert_invalid(b"\nstate_file = \"a\\u0000b\"\n", &["lab.toml:2:14: "]);
}

#[test]
fn a_broken_config_leaves_the_state_alone() {
    let lab = Lab::with_config("[cluster]\nservers = 2\n");
    lab.ok(&["--allocate", "t", "1", "1"]);
    let before = lab.state_text();
    lab.write("config.toml", "[cluster]\nservers = two\n");
    for arguments in [
        &["--init"][..],
        &["--status"],
        &["--allocate", "u", "1", "1"],
        &["--release", "t"],
        &["--reset", "--yes"],
    ] {
        assert_refused(&lab, arguments, 2, "config", "config.toml:2:11: ", "broken");
    }
    assert_eq!(lab.state_text(), before);
}
