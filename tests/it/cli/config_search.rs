//! Which config counts, and where the state is.

use super::*;
use crate::support::SYSTEM_CONFIG;
use std::fs;

/// A config by whose server one can tell it from others.
fn naming(server: &str) -> String {
    format!("[[server]]\nname = '{server}'\ngpus = 1\ncpus = 1\n")
}

fn write(lab: &Lab, name: &str, text: &str) {
    fs::create_dir_all(lab.join(name).parent().unwrap()).unwrap();
    lab.write(name, text);
}

/// The first server that `--status` shows with these variables and flags.
fn first_server(lab: &Lab, variables: &[(&str, &str)], flags: &[&str]) -> String {
    let ran = lab.run_with(variables, &[&["--status", "--json"], flags].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    document["servers"][0]["server_name"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_nearest_config_wins() {
    let lab = Lab::new();
    for (file, server) in [
        ("by-flag.toml", "by-flag"),
        ("by-variable.toml", "by-variable"),
        ("config.toml", "here"),
    ] {
        lab.write(file, naming(server));
    }
    let user = lab.join("user");
    write(&lab, "user/gpumgr/config.toml", &naming("user"));
    let variables = [
        ("GPUMGR_CONFIG", "by-variable.toml"),
        ("XDG_CONFIG_HOME", user.to_str().unwrap()),
    ];
    let flag = ["--config", "by-flag.toml"];
    assert_eq!(first_server(&lab, &variables, &flag), "by-flag");
    assert_eq!(first_server(&lab, &variables, &[]), "by-variable");
    assert_eq!(first_server(&lab, &variables[1..], &[]), "here");
    fs::remove_file(lab.join("config.toml")).unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(first_server(&lab, &variables[1..], &[]), "user");
    }
    // A variable that is set to nothing is not set.
    lab.write("config.toml", naming("here"));
    assert_eq!(first_server(&lab, &[("GPUMGR_CONFIG", "")], &[]), "here");
}

#[cfg(target_os = "linux")]
#[test]
fn the_users_config_folder_is_in_the_home_folder() {
    let lab = Lab::new();
    write(&lab, ".config/gpumgr/config.toml", &naming("user"));
    assert_eq!(first_server(&lab, &[], &[]), "user");
    // Its state lies beside it, wherever it is used from.
    let ran = lab.ok(&["--init"]);
    let shown = lab.shown(".config/gpumgr/resource_status.json");
    assert!(ran.stdout.contains(&shown), "{ran:?}");
    assert!(!lab.join(STATE).exists());
}

/// A container or a package says where its config is. An empty variable says that there is none.
#[test]
fn system_config_is_the_last_one_searched() {
    let lab = Lab::new();
    let system = lab.join("etc/gpumgr.toml");
    write(&lab, "etc/gpumgr.toml", &naming("system"));
    let named = [(SYSTEM_CONFIG, system.to_str().unwrap())];
    assert_eq!(first_server(&lab, &named, &[]), "system");
    assert_eq!(
        first_server(&lab, &[(SYSTEM_CONFIG, "")], &[]),
        "gpu-server-0"
    );
    assert_eq!(
        first_server(&lab, &[(SYSTEM_CONFIG, "etc/none.toml")], &[]),
        "gpu-server-0"
    );
    // Its state lies beside it, wherever it is used from.
    let relative = [(SYSTEM_CONFIG, "etc/gpumgr.toml")];
    let ran = lab.run_with(&relative, &["--init"]);
    assert!(
        ran.stdout.contains(&lab.shown("etc/resource_status.json")),
        "{ran:?}"
    );
    lab.write("config.toml", naming("here"));
    assert_eq!(first_server(&lab, &named, &[]), "here");
}

#[test]
fn broken_system_config_is_an_error() {
    let lab = Lab::new();
    lab.write("system.toml", "[cluster\n");
    let ran = lab.refused(2, "config", &["--status"]);
    assert!(ran.stderr.contains(&lab.shown("system.toml")), "{ran:?}");
}

/// Naming the system's config does not vouch for a config that other users can write.
#[cfg(unix)]
#[test]
fn system_config_variable_trusts_no_config_in_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::with_config(&format!("{}[environment]\nX = 'y'\n", naming("here")));
    let open = fs::Permissions::from_mode(0o666);
    fs::set_permissions(lab.join("config.toml"), open).unwrap();
    let ran = lab.run_with(
        &[(SYSTEM_CONFIG, "config.toml")],
        &["--run", "t", "--", "touch", "ran"],
    );
    assert_eq!(ran.code, 125, "{ran:?}");
    assert!(!lab.join("ran").exists());
}

#[test]
fn another_programs_config_is_passed_over_with_a_line() {
    for text in [
        "",
        "# nothing\n",
        "theme = 'dark'\n[servers]\nx = 1\n",
        "lock_timeout = '1s'\n",
    ] {
        let lab = Lab::with_config(text);
        let ran = lab.ok(&["--status"]);
        assert!(ran.stdout.contains("gpu-server-3"), "{text}: {ran:?}");
        assert!(
            ran.stderr.contains(&lab.shown("config.toml")),
            "{text}: {ran:?}"
        );
        assert_eq!(ran.stderr.lines().count(), 2, "{text}: {ran:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn behind_another_programs_config_the_search_goes_on() {
    let lab = Lab::with_config("theme = 'dark'\n");
    write(&lab, ".config/gpumgr/config.toml", &naming("user"));
    assert_eq!(first_server(&lab, &[], &[]), "user");
}

#[test]
fn one_of_our_keys_makes_it_ours() {
    for text in ["[cluster]\n", "state_file = 'x.json'\n", &naming("s")] {
        let lab = Lab::with_config(text);
        let (_, checked) = lab.json(&["--check-config"]);
        assert_eq!(checked["config"], lab.shown("config.toml"), "{text}");
    }
    // And then every key counts.
    let lab = Lab::with_config("[cluster]\n[tool]\nx = 1\n");
    lab.refused(2, "config", &["--status"]);
}

#[test]
fn one_that_is_named_is_ours_whatever_it_holds() {
    let lab = Lab::new();
    lab.write("other.toml", "theme = 'dark'\n");
    lab.refused(2, "config", &["--status", "--config", "other.toml"]);
    lab.write("empty.toml", "");
    lab.ok(&["--status", "--config", "empty.toml"]);
}

#[test]
fn one_that_is_no_toml_is_an_error() {
    let lab = Lab::with_config("[cluster\nservers = 1\n");
    for action in [
        &["--status"] as &[&str],
        &["--init"],
        &["--allocate", "t"],
        &["--release", "t"],
    ] {
        let ran = lab.refused(2, "config", action);
        let place = format!("{}:1:", lab.shown("config.toml"));
        assert!(ran.stderr.contains(&place), "{ran:?}");
    }
    assert_eq!(lab.files(), ["config.toml"]);
}

#[test]
fn one_that_is_named_but_not_there_is_an_error() {
    let lab = Lab::with_config(&naming("here"));
    let ran = lab.refused(2, "config", &["--status", "--config", "nope.toml"]);
    assert!(ran.stderr.contains(&lab.shown("nope.toml")), "{ran:?}");
    let ran = lab.run_with(&[("GPUMGR_CONFIG", "nope.toml")], &["--status"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains(&lab.shown("nope.toml")), "{ran:?}");
}

#[test]
fn a_relative_state_file_is_relative_to_the_config() {
    let lab = Lab::new();
    fs::create_dir_all(lab.join("lab/data")).unwrap();
    lab.write("lab/gpus.toml", "state_file = 'data/state.json'\n");
    let ran = lab.ok(&["--config", "lab/gpus.toml", "--init"]);
    assert!(
        ran.stdout.contains(&lab.shown("lab/data/state.json")),
        "{ran:?}"
    );
    assert!(lab.join("lab/data/state.json").is_file());
    assert!(lab.join("lab/data/.resource.lock").is_file());
    // Without the key: beside the config, not here.
    lab.write("lab/gpus.toml", "[cluster]\n");
    lab.ok(&["--config", "lab/gpus.toml", "--init"]);
    assert!(lab.join("lab/resource_status.json").is_file());
    assert_eq!(lab.files(), ["lab"]);
}

#[test]
fn an_absolute_state_file_stays_where_it_is() {
    let lab = Lab::new();
    fs::create_dir(lab.join("lab")).unwrap();
    let state = lab.join("here.json");
    lab.write(
        "lab/gpus.toml",
        format!("state_file = '{}'\n", state.display()),
    );
    lab.ok(&["--config", "lab/gpus.toml", "--init"]);
    assert!(state.is_file());
}

#[test]
fn state_on_the_command_line_is_relative_to_the_current_folder_and_overrides() {
    let lab = Lab::new();
    fs::create_dir(lab.join("lab")).unwrap();
    lab.write("lab/gpus.toml", "state_file = 'from-config.json'\n");
    let named = ["--config", "lab/gpus.toml", "--state", "mine.json"];
    lab.ok(&[&named as &[&str], &["--allocate", "t"]].concat());
    assert!(lab.join("mine.json").is_file());
    assert!(!lab.join("lab/from-config.json").exists());
    lab.ok(&[&named as &[&str], &["--release", "t"]].concat());
}

#[test]
fn without_any_config_v01s_cluster_and_the_current_folder() {
    let lab = Lab::new();
    let (_, document) = lab.json(&["--status"]);
    assert_eq!(
        document["totals"],
        json!({
            "servers": 4, "total_gpus": 32, "available_gpus": 32,
            "total_cpus": 256, "available_cpus": 256, "running_tasks": 0,
        })
    );
    assert_eq!(document["state"], lab.shown(STATE));
}

/// What ends in a slash is a folder, and no state can be one.
#[test]
fn a_state_path_that_names_a_folder_makes_no_file() {
    let lab = Lab::new();
    for _ in 0..2 {
        let ran = lab.run(&["--state", "folder/", "--init"]);
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(!lab.join("folder").exists());
    }
}

/// As in a unit of a service manager, or a container started with a bare environment.
#[test]
fn no_home_is_needed() {
    let lab = Lab::with_config(&naming("here"));
    let mut command = lab.command(&["--allocate", "t"]);
    let ran = Ran::of(command.env_remove("HOME").output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut command = lab.command(&["--status", "--json"]);
    let ran = Ran::of(command.env_clear().output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn another_programs_server_table_is_passed_over() {
    for foreign in [
        "[server]\nport = 8080\n",
        "cluster = \"prod\"\n",
        "state_file = 3\n",
    ] {
        let lab = Lab::with_config(foreign);
        let ran = lab.ok(&["--status"]);
        assert!(ran.stderr.contains("Passed over "), "{foreign}: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_no_config_unless_it_was_named() {
    let lab = Lab::new();
    let made = std::process::Command::new("mkfifo")
        .arg(lab.join("config.toml"))
        .status()
        .unwrap();
    assert!(made.success());
    lab.ok(&["--status"]);
    std::fs::remove_file(lab.join("config.toml")).unwrap();
    std::fs::create_dir(lab.join("config.toml")).unwrap();
    lab.ok(&["--status"]);
    assert_ne!(lab.run(&["--status", "--config", "config.toml"]).code, 0);
}
