//! `--check-config`: what a config means, or what is wrong with it, line and column.

use super::*;

#[test]
fn a_config_is_explained() {
    let lab = Lab::with_config(&format!("lock_timeout = '90s'\n{UNEQUAL}"));
    let ran = lab.ok(&["--check-config"]);
    for part in [
        &lab.shown("config.toml"),
        &lab.shown(STATE),
        "90s",
        "1 to 4",
        "2 servers, 6 GPUs, 72 CPUs",
        "small: 2 GPUs, 8 CPUs",
        "large: 4 GPUs, 64 CPUs",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(ran.stderr, "");
    assert_eq!(lab.files(), ["config.toml"]);
}

/// All that a config can say of users, programs and the monitor.
const ALL: &str = r#"
task_prefix = "NDFS_"
monitor_interval = 7
auto_scale = true
[cluster]
servers = 1
[limits]
max_total_gpus = 8
max_manual_gpus = 6
max_auto_gpus = 2
[program_template]
command = "python 'my train.py'"
args = ["--gpus", "{gpu_list}", "{{x}}"]
retries = 3
retry_delay = "20s"
log_size = "1MiB"
log_count = 2
[program_template.env_vars]
CUDA_VISIBLE_DEVICES = "{gpu_list}"
[scaling]
min_gpus = 2
scale_up_threshold = 0.07
scale_down_threshold = 0.05
[auto]
programs = ["nightly", "sweep"]
[notification]
enabled = true
email = "ann@example.org"
smtp_server = "mail.example.org"
smtp_port = 587
smtp_security = "starttls"
smtp_user = "ann"
smtp_password_env = "SECRET_VARIABLE"
command = "notify-send --hint s3cret"
gpu_available_threshold = 4
wait_limit = "2h"
[log]
size = "3MiB"
count = 9
"#;

#[test]
fn what_it_says_of_users_programs_and_the_monitor_is_told_in_each_language() {
    let lab = Lab::with_config(ALL);
    let english = lab.ok(&["--check-config"]).stdout;
    for line in [
        "GPUs per user: at most 8 in all, at most 6 asked for, at most 2 acquired automatically",
        "Task names begin with: NDFS_",
        // As a config has it, on Windows too.
        "Program: python 'my train.py' --gpus {gpu_list} {{x}}",
        "Its variables: CUDA_VISIBLE_DEVICES",
        "Restarts after failures: at most 3, the first after 20s",
        "Monitor: every 7s",
        "Started as GPUs fall free: nightly, sweep",
        "Notifications: at 4 free GPUs, and after waits of 2h 0m",
        "Mail: to ann@example.org, by mail.example.org:587 (encryption: STARTTLS)",
        "Command: notify-send …",
        "Log: up to 3.0 MiB, 9 old ones kept",
    ] {
        assert!(
            english.lines().any(|told| told == line),
            "{line}: {english}"
        );
    }
    assert!(
        english.contains("2 to 8 GPUs; one more at 7% use, one less under 5%"),
        "{english}"
    );
    for language in ["en", "zh", "ja"] {
        let told = lab.ok(&["--check-config", "--lang", language]).stdout;
        for part in [
            "NDFS_",
            "my train.py",
            "20s",
            "7s",
            "nightly, sweep",
            "ann@example.org",
            "mail.example.org:587",
            "notify-send …",
            "3.0 MiB",
            "7%",
            "5%",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("SECRET_VARIABLE"), "{told}");
        // It may be the key of a webhook.
        assert!(!told.contains("s3cret"), "{told}");
        assert_eq!(told.lines().count(), english.lines().count(), "{told}");
    }
}

#[test]
fn scripts_are_told_so_too_but_no_password() {
    let (code, checked) = Lab::with_config(ALL).json(&["--check-config"]);
    assert_eq!(code, 0, "{checked}");
    assert_eq!(
        checked["program"],
        json!({
            "command": ["python", "my train.py", "--gpus", "{gpu_list}", "{{x}}"],
            "env_vars": { "CUDA_VISIBLE_DEVICES": "{gpu_list}" },
            "retries": 3,
            "retry_delay_seconds": 20.0,
            "log": { "size_bytes": 1 << 20, "count": 2 },
        })
    );
    assert_eq!(checked["task_prefix"], "NDFS_");
    assert_eq!(checked["monitor"]["interval_seconds"], 7.0);
    assert_eq!(checked["monitor"]["programs"], json!(["nightly", "sweep"]));
    assert_eq!(checked["monitor"]["scaling"]["max_gpus"], Value::Null);
    assert_eq!(checked["notification"]["mail"]["smtp_security"], "starttls");
    assert_eq!(checked["notification"]["command"], "notify-send");
    assert!(!checked.to_string().contains("s3cret"), "{checked}");
    assert_eq!(checked["notification"]["wait_limit_seconds"], 7200.0);
    assert_eq!(checked["log"], json!({ "size_bytes": 3 << 20, "count": 9 }));
    assert_eq!(checked["limits"]["max_manual_gpus"], 6);
    assert!(
        !checked.to_string().contains("SECRET_VARIABLE"),
        "{checked}"
    );
}

#[test]
fn what_it_does_not_say_is_not_told_and_what_is_off_is() {
    let plain = Lab::with_config("[cluster]\n")
        .ok(&["--check-config"])
        .stdout;
    for word in [
        "per user",
        "Task names",
        "Program",
        "Monitor",
        "Scaling",
        "Notif",
        "Log:",
    ] {
        assert!(!plain.contains(word), "{word}: {plain}");
    }
    let scaling = "[cluster]\n[scaling]\nenabled = true\n";
    let off = Lab::with_config(scaling).ok(&["--check-config"]).stdout;
    assert!(
        off.contains("Scaling: off (it takes auto_scale = true"),
        "{off}"
    );
    let nobody = "[cluster]\n[notification]\nenabled = true\n";
    let told = Lab::with_config(nobody).ok(&["--check-config"]).stdout;
    assert!(told.contains("Nobody is told"), "{told}");
    let disabled = "[cluster]\n[notification]\nemail = 'a@b'\n";
    let told = Lab::with_config(disabled).ok(&["--check-config"]).stdout;
    assert!(!told.contains("a@b"), "{told}");
}

#[test]
fn what_is_not_encrypted_and_who_is_not_run_are_said_to_be_none() {
    let config = "[cluster]\n[notification]\nenabled = true\nemail = 'ann@example.org'\n";
    let lab = Lab::with_config(config);
    for (language, said) in [("en", ": none)"), ("zh", ": 无）"), ("ja", ": なし）")] {
        let told = lab.ok(&["--check-config", "--lang", language]).stdout;
        assert!(told.contains(said), "{told}");
    }
    let (_, checked) = lab.json(&["--check-config"]);
    assert_eq!(checked["notification"]["command"], Value::Null);
}

#[test]
fn without_a_config_it_says_so() {
    let ran = Lab::new().ok(&["--check-config"]);
    assert!(ran.stdout.contains("none found"), "{ran:?}");
    assert!(
        ran.stdout.contains("4 servers, 32 GPUs, 256 CPUs"),
        "{ran:?}"
    );
}

#[test]
fn the_example_is_a_config() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml");
    let lab = Lab::new();
    let ran = lab.ok(&["--config", example, "--check-config"]);
    assert!(
        ran.stdout.contains("4 servers, 32 GPUs, 256 CPUs"),
        "{ran:?}"
    );
}

#[test]
fn every_mistake_is_told_with_its_place() {
    for (text, line, column, needle) in [
        ("state_file = 5\n[cluster]\n", 1, 14, "state_file"),
        ("state_file = ''\n", 1, 14, "state_file"),
        ("lock_timeout = 'soon'\n[cluster]\n", 1, 16, "lock_timeout"),
        ("[cluster]\nservers = 0\n", 2, 11, "servers"),
        ("[cluster]\nservers = 100001\n", 2, 11, "100000"),
        ("[cluster]\nservers = -1\n", 2, 11, "servers"),
        ("[cluster]\nservers = 1.5\n", 2, 11, "servers"),
        ("[cluster]\nservers = '4'\n", 2, 11, "servers"),
        (
            "[cluster]\nservers = 99999999999999999999\n",
            2,
            11,
            "servers",
        ),
        ("[cluster]\n  gpus_per_server = 1025\n", 2, 21, "1024"),
        ("[cluster]\ncpus_per_server = 0\n", 2, 19, "cpus_per_server"),
        ("[cluster]\ncpus_per_server = 65537\n", 2, 19, "65536"),
        (
            "[cluster]\n[limits]\nmin_gpus_per_task = 3\nmax_gpus_per_task = 2\n",
            4,
            21,
            "min_gpus_per_task",
        ),
        (
            "[cluster]\nservers = 1\n[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\n",
            3,
            1,
            "[[server]]",
        ),
        ("[[server]]\nname = 'a'\ngpus = 1\n", 1, 1, "cpus"),
        ("[[server]]\ngpus = 1\ncpus = 1\n", 1, 1, "name"),
        ("[[server]]\nname = ''\ngpus = 1\ncpus = 1\n", 2, 8, "empty"),
        ("[[server]]\nname = '-x'\ngpus = 1\ncpus = 1\n", 2, 8, "'-'"),
        (
            "[[server]]\nname = \"a\\u001b[31m\"\ngpus = 1\ncpus = 1\n",
            2,
            8,
            "printable",
        ),
        (
            "[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\ndrain = 'no'\n",
            5,
            9,
            "drain",
        ),
        ("default_ttl = 'soon'\n[cluster]\n", 1, 15, "default_ttl"),
        ("max_ttl = '0s'\n[cluster]\n", 1, 11, "max_ttl"),
        ("max_ttl = '900y'\n[cluster]\n", 1, 11, "36500d"),
        (
            "max_ttl = '1h'\ndefault_ttl = '2h'\n[cluster]\n",
            2,
            15,
            "default_ttl",
        ),
        ("grace = 5\n[cluster]\n", 1, 9, "grace"),
        ("[cluster]\n[environment]\nA = 1\n", 3, 5, "environment.A"),
        ("[cluster]\n[environment]\n2A = 'x'\n", 3, 1, "2A"),
        ("[cluster]\n[environment]\n'A;B' = 'x'\n", 3, 1, "A;B"),
        (
            "[cluster]\n[environment]\nCUDA_VISIBLE_DEVICES = '0'\n",
            3,
            1,
            "CUDA_VISIBLE_DEVICES",
        ),
        ("[cluster]\n[environment]\nA = '{gpus}'\n", 3, 5, "{gpus}"),
        ("[cluster]\n[environment]\nA = 'x}'\n", 3, 5, "}"),
        (
            "[cluster]\n[environment]\nA = '{gpu_list'\n",
            3,
            5,
            "{gpu_list",
        ),
        (
            "[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\nhost = ''\n",
            5,
            8,
            "empty",
        ),
        ("[cluster]\nservers = 1\nservers = 2\n", 3, 1, "TOML"),
        ("[cluster]\nservers = \n", 2, 11, "TOML"),
    ] {
        let lab = Lab::with_config(text);
        let ran = lab.refused(2, "config", &["--check-config"]);
        let place = format!("{}:{line}:{column}: ", lab.shown("config.toml"));
        let told = ran.stderr.lines().find(|told| told.contains(&place));
        let told = told.unwrap_or_else(|| panic!("{text}\nnot at {line}:{column}: {}", ran.stderr));
        assert!(told.contains(needle), "{text}\n{told}");
        assert!(!ran.stderr.contains('\u{1b}'), "{text}");
        // Nothing runs on a config that is wrong.
        lab.refused(2, "config", &["--allocate", "t"]);
        assert_eq!(lab.files(), ["config.toml"], "{text}");
    }
}

#[test]
fn an_unknown_key_suggests_the_near_one() {
    for (text, key, near) in [
        ("[cluster]\nserver = 3\n", "server", "servers"),
        (
            "[cluster]\ngpus_per_servers = 3\n",
            "gpus_per_servers",
            "gpus_per_server",
        ),
        (
            "lock_timout = '1s'\n[cluster]\n",
            "lock_timout",
            "lock_timeout",
        ),
        ("state_file = 'x'\n[limit]\n", "limit", "limits"),
        (
            "[cluster]\n[limits]\nmin_gpu_per_task = 1\n",
            "min_gpu_per_task",
            "min_gpus_per_task",
        ),
        ("[[server]]\nname = 'a'\ngpu = 1\ncpus = 1\n", "gpu", "gpus"),
    ] {
        let ran = Lab::with_config(text).refused(2, "config", &["--check-config"]);
        let told = ran
            .stderr
            .lines()
            .find(|line| line.contains("did you mean"));
        let told = told.unwrap_or_else(|| panic!("{text}\n{}", ran.stderr));
        assert!(told.contains(&format!("{key};")), "{told}");
        assert!(told.contains(&format!("mean {near}?")), "{told}");
    }
    // What resembles nothing suggests nothing.
    let ran = Lab::with_config("[cluster]\nquantum_flux = 1\n").refused(2, "config", &["--init"]);
    assert!(ran.stderr.contains("quantum_flux"), "{ran:?}");
    assert!(!ran.stderr.contains("did you mean"), "{ran:?}");
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let text = "lock_timeout = 5\n[cluster]\nservers = 0\ncpus_per_server = 0\n[limit]\n";
    let ran = Lab::with_config(text).refused(2, "config", &["--check-config"]);
    let lines: Vec<_> = ran
        .stderr
        .lines()
        .filter_map(|line| line.split("config.toml:").nth(1)?.split(':').next())
        .collect();
    assert_eq!(lines, ["1", "3", "4", "5"], "{ran:?}");
}

#[test]
fn two_servers_of_one_name_are_told_at_the_second() {
    let one = "[[server]]\nname = 'a'\ngpus = 1\ncpus = 1\n";
    let ran = Lab::with_config(&one.repeat(2)).refused(2, "config", &["--check-config"]);
    assert!(ran.stderr.contains("config.toml:5:"), "{ran:?}");
}

/// TOML is UTF-8 by definition, so this is a wrong config, not a disk that failed.
#[test]
fn what_is_no_text_is_no_config() {
    let lab = Lab::new();
    lab.write("config.toml", b"[cluster]\n# caf\xe9\n");
    let ran = lab.refused(2, "config", &["--check-config"]);
    assert!(ran.stderr.contains(&lab.shown("config.toml")), "{ran:?}");
}

/// It is asked about the config; whoever has to mend the state asks it where that is.
#[test]
fn a_damaged_state_does_not_keep_it_from_answering() {
    let lab = Lab::with_config(UNEQUAL);
    lab.write(STATE, "{");
    let ran = lab.ok(&["--check-config"]);
    assert!(ran.stdout.contains(&lab.shown(STATE)), "{ran:?}");
}
