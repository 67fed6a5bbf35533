//! What a command finds in its environment.

use super::{SMALL, small};
use crate::people::{Office, Person};
use crate::support::Lab;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

const CONFIGURED: &str = r#"
[[server]]
name = "big one"
gpus = 4
cpus = 32

[environment]
HIP_VISIBLE_DEVICES = "{gpu_list}"
OMP_NUM_THREADS = "{cpu_count}"
ALL = "{gpu_count} of {server} for {task_id}, {{not}} $HOME 'quoted'"
"#;

fn variables(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .collect()
}

#[test]
fn the_devices_replace_what_was_inherited() {
    let lab = small();
    lab.ok(&["--allocate", "first", "1", "1"]);
    let inherited = [
        ("CUDA_VISIBLE_DEVICES", "5,6,7"),
        ("CUDA_DEVICE_ORDER", "FASTEST_FIRST"),
        ("GPUMGR_GPUS", "7"),
        ("KEPT", "as it was"),
    ];
    let ran = lab.run_with(&inherited, &["--run", "t", "1", "3", "--", "env"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = variables(&ran.stdout);
    for (name, value) in [
        ("CUDA_VISIBLE_DEVICES", "1"),
        ("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),
        ("GPUMGR_TASK_ID", "t"),
        ("GPUMGR_SERVER", "gpu-server-0"),
        ("GPUMGR_GPUS", "1"),
        ("GPUMGR_CPUS", "3"),
        ("KEPT", "as it was"),
    ] {
        assert_eq!(found.get(name), Some(&value), "{ran:?}");
    }
}

/// Unset would mean all of them.
#[test]
fn a_task_without_gpus_sees_none() {
    let lab = Lab::with_config(&format!("{SMALL}[limits]\nmin_gpus_per_task = 0\n"));
    let ran = lab.run_with(
        &[("CUDA_VISIBLE_DEVICES", "3")],
        &[
            "--run",
            "t",
            "0",
            "2",
            "--",
            "sh",
            "-c",
            "echo [${CUDA_VISIBLE_DEVICES-unset}]",
        ],
    );
    assert_eq!(ran.stdout, "[]\n", "{ran:?}");
}

#[test]
fn the_config_adds_variables_and_fills_in_every_placeholder() {
    let lab = Lab::with_config(CONFIGURED);
    let ran = lab.ok(&["--run", "t", "2", "5", "--", "env"]);
    let found = variables(&ran.stdout);
    assert_eq!(found["HIP_VISIBLE_DEVICES"], "0,1");
    assert_eq!(found["OMP_NUM_THREADS"], "5");
    assert_eq!(found["ALL"], "2 of big one for t, {not} $HOME 'quoted'");
}

#[test]
fn export_and_run_set_the_same_variables() {
    let lab = Lab::with_config(CONFIGURED);
    let ran = lab.ok(&["--run", "t", "2", "5", "--", "env"]);
    let exported = lab.ok(&["--allocate", "t", "2", "5", "--export"]).stdout;
    let mut sh = std::process::Command::new("sh");
    let output = lab.isolate(sh.args(["-c", &format!("{exported}env")]));
    let output = String::from_utf8(output.output().unwrap().stdout).unwrap();
    let (by_run, by_export) = (variables(&ran.stdout), variables(&output));
    let names: Vec<_> = exported
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.len(), 9, "{exported}");
    for name in names {
        assert_eq!(by_run.get(name), by_export.get(name), "{name}: {exported}");
    }
}

/// Who writes the variables decides what a command does: `LD_PRELOAD`.
#[test]
fn variables_in_a_config_that_others_may_write_are_refused() {
    let lab = Lab::with_config(&format!("{SMALL}[environment]\nLD_PRELOAD = \"x\"\n"));
    let config = lab.join("config.toml");
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o666)).unwrap();
    let ran = lab.run(&["--run", "--", "touch", "ran"]);
    assert_eq!(ran.code, 125, "{ran:?}");
    assert!(ran.stderr.contains("[environment]"), "{ran:?}");
    assert_eq!(lab.run(&["--allocate", "t"]).code, 2);
    assert_eq!(
        lab.files(),
        ["config.toml"],
        "nothing is granted, nothing is run"
    );
    let named = ["--config", "config.toml", "--run", "--", "true"];
    assert_eq!(lab.run(&named).code, 0, "who names it trusts it");
}

#[test]
fn another_users_config_in_the_current_folder_sets_nothing() {
    let Some(office) = Office::open() else { return };
    office.give(0, 0, 0o777);
    let theirs = format!("{SMALL}[environment]\nLD_PRELOAD = \"x\"\n");
    office.lab().write("config.toml", theirs);
    let config = office.lab().join("config.toml");
    std::os::unix::fs::chown(&config, Some(4711), Some(4711)).unwrap();
    let somebody = Person {
        uid: 4712,
        gid: 4712,
        group: 4712,
        umask: "022",
    };
    let refusal = office.refused_as(somebody, &["--allocate", "t"], "config");
    assert!(refusal.contains("[environment]"), "{refusal}");
    let owner = Person {
        uid: 4711,
        gid: 4711,
        group: 4711,
        umask: "022",
    };
    office.ok_as(owner, &["--allocate", "t"]);
}
