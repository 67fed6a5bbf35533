//! `--detect`, and `--init` without a config.

use super::{Machine, host, ids};
use crate::support::Lab;

#[test]
fn it_describes_the_machine_so_that_it_can_be_used_as_it_is() {
    let machine = Machine::with("count 2\ngpu 1 name NVIDIA A10\ngpu 1 total 23028\n");
    let detected = machine.ok(&["--detect"]);
    assert_eq!(detected.stderr, "");
    let host = host();
    let lines = [
        "[[server]]".to_owned(),
        format!("name = \"{host}\""),
        format!("host = \"{host}\""),
        "gpus = 2".to_owned(),
        "gpu_model = [\"NVIDIA A100-SXM4-80GB\", \"NVIDIA A10\"]".to_owned(),
        "gpu_memory = [\"81920MiB\", \"23028MiB\"]".to_owned(),
        "gpu_uuids = [".to_owned(),
        "    \"GPU-00000000-0000-0000-0000-000000000001\", # GPU 1".to_owned(),
    ];
    for line in lines {
        assert!(
            detected.stdout.lines().any(|other| other == line),
            "{line}: {detected:?}"
        );
    }
    let cpus = detected
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("cpus = "));
    assert!(cpus.unwrap().parse::<u32>().unwrap() >= 2);
    machine.configure(&detected.stdout);
    machine.ok(&["--init"]);
    let state = &machine.lab.state()["servers"][0];
    assert_eq!(state["gpu_memory"][1], "23028MiB");
    assert_eq!(
        state["gpu_uuids"][0],
        "GPU-00000000-0000-0000-0000-000000000000"
    );
    assert_eq!(
        machine.run(&["--init"]).stdout.lines().next(),
        Some("✓ Already initialized; nothing changed")
    );
}

#[test]
fn its_comments_are_translated_and_its_keys_are_not() {
    let machine = Machine::with("count 1\n");
    for language in ["zh", "ja"] {
        let detected = machine.ok(&["--detect", "--lang", language]).stdout;
        let comments: Vec<_> = detected
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        assert!(
            comments
                .iter()
                .all(|line| !line.is_ascii() || line.contains("config.example")),
            "{detected}"
        );
        machine.configure(&detected);
        machine.ok(&["--check-config"]);
    }
}

#[test]
fn scripts_get_the_same_as_json() {
    let machine = Machine::with("count 2\ngpu 1 fail all 15\n");
    let detected = machine.json(&["--detect"]);
    let server = &detected["servers"][0];
    assert_eq!(server["server_name"], host());
    assert_eq!(server["total_gpus"], 2);
    assert_eq!(server["gpus"][0]["memory_total_mib"], 81920);
    assert_eq!(
        server["gpus"][0]["uuid"],
        "GPU-00000000-0000-0000-0000-000000000000"
    );
    assert!(server["gpus"][1]["model"].is_null());
}

#[test]
fn a_gpu_that_cannot_be_read_is_said_so_and_counted() {
    let machine = Machine::with("count 2\ngpu 1 fail handle 15\n");
    let detected = machine.ok(&["--detect"]).stdout;
    assert!(detected.contains("# GPU 1 cannot be read: "), "{detected}");
    machine.configure(&detected);
    machine.ok(&["--init"]);
    assert_eq!(machine.lab.state()["servers"][0]["total_gpus"], 2);
}

#[test]
fn a_broken_config_in_the_folder_is_none_of_its_business() {
    let machine = Machine::with("count 1\n");
    machine.configure("no = toml =");
    let detected = machine.ok(&["--detect"]);
    assert!(detected.stdout.contains("gpus = 1"), "{detected:?}");
}

#[test]
fn without_a_driver_there_is_nothing_to_describe() {
    let lab = Lab::new();
    let ran = lab.run(&["--detect"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("there is no NVIDIA driver ("),
        "{ran:?}"
    );
    let (code, document) = lab.json(&["--detect"]);
    assert_eq!((code, document["error"]["kind"].as_str()), (1, Some("io")));
}

#[test]
fn gpus_that_cannot_be_counted_are_not_described_as_none() {
    for gpus in ["init 4\ncount 8\n", "count 5000\n", "init 18\n"] {
        let machine = Machine::with(gpus);
        let ran = machine.run(&["--detect"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{gpus}");
        assert!(ran.stderr.contains("cannot be counted"), "{ran:?}");
    }
}

#[test]
fn init_without_a_config_uses_it_and_says_so() {
    let machine = Machine::with("count 3\n");
    let init = machine.ok(&["--init"]);
    assert!(
        init.stdout.contains("Initialized with this machine's GPUs"),
        "{init:?}"
    );
    assert_eq!(machine.lab.state()["servers"][0]["total_gpus"], 3);
    let again = machine.ok(&["--init"]);
    assert!(again.stdout.contains("Already initialized"), "{again:?}");
}

#[test]
fn so_does_the_first_allocation() {
    let machine = Machine::with("count 3\n");
    let shown = machine.json(&["--status"]);
    assert_eq!(shown["totals"]["total_gpus"], 3);
    let ran = machine.ok(&["--allocate", "t", "2"]);
    assert!(
        ran.stderr
            .contains("for this machine's GPUs, as there is no config"),
        "{ran:?}"
    );
    assert_eq!(
        ids(&machine.lab.state()["servers"][0]["available_gpus"]),
        [2]
    );
}

#[test]
fn a_state_of_v01_is_left_alone() {
    let machine = Machine::with("count 3\n");
    machine.lab.ok(&["--init"]);
    let before = machine.lab.state_text();
    machine.ok(&["--init"]);
    assert_eq!(machine.lab.state_text(), before);
    // Four servers, none of which is known to be this machine: as before.
    assert_eq!(machine.granted(&["t", "8"]), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn whatever_a_card_calls_itself_is_written_so_that_it_is_read_again() {
    let machine = Machine::with("");
    let mut gpus = b"count 1\ngpu 0 uuid \x1b[2JGPU\\n\"0\x7f\n".to_vec();
    gpus.extend("gpu 0 name \u{85}\u{202e}日本\n".as_bytes());
    machine.lab.write("gpus", gpus);
    let detected = machine.run(&["--detect"]);
    detected.assert_sound("detect");
    machine.configure(&detected.stdout);
    machine.ok(&["--init"]);
    assert_eq!(machine.reason(0), "none");
    assert_eq!(machine.granted(&["t", "--gpu-model", "日本"]), [0]);
}
