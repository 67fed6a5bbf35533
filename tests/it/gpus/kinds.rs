//! `--gpu-model` and `--gpu-memory`: asking for a kind.

use super::ids;
use crate::support::Lab;

/// One server of small cards, one of mixed ones; no driver is needed to know.
const MIXED: &str = r#"
[[server]]
name = "small"
gpus = 2
cpus = 16
gpu_model = "NVIDIA A10"
gpu_memory = "23028MiB"

[[server]]
name = "mixed"
gpus = 4
cpus = 64
gpu_model = ["NVIDIA A100-SXM4-40GB", "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB", "NVIDIA H100 80GB HBM3"]
gpu_memory = ["40GiB", "81559MiB", "40GiB", "81559MiB"]

[[server]]
name = "unknown"
gpus = 8
cpus = 64
"#;

fn granted(lab: &Lab, arguments: &[&str]) -> (String, Vec<u64>) {
    let (code, document) = lab.json(&[&["--allocate"], arguments].concat());
    assert_eq!(code, 0, "{document}");
    let server = document["server_name"].as_str().unwrap();
    (server.to_owned(), ids(&document["gpu_ids"]))
}

#[test]
fn the_lowest_free_gpus_of_that_kind_are_taken() {
    let lab = Lab::with_config(MIXED);
    let mixed = |ids: &[u64]| ("mixed".to_owned(), ids.to_vec());
    assert_eq!(granted(&lab, &["a", "--gpu-model", "h100"]), mixed(&[1]));
    assert_eq!(granted(&lab, &["b", "--gpu-memory", "40GiB"]), mixed(&[0]));
    assert_eq!(granted(&lab, &["c", "--gpu-memory", "80GB"]), mixed(&[3]));
    assert_eq!(
        granted(&lab, &["d", "--gpu-model", "a100", "--gpu-memory", "40GiB"]),
        mixed(&[2])
    );
    assert_eq!(granted(&lab, &["e", "2"]).0, "small");
}

#[test]
fn both_must_be_met_and_on_one_server() {
    let lab = Lab::with_config(MIXED);
    for arguments in [
        &["2", "--gpu-model", "H100", "--gpu-memory", "80GiB"][..],
        &["3", "--gpu-model", "H100"],
        &["1", "--gpu-model", "B200"],
        &["1", "--gpu-memory", "1TiB"],
        &["--gpu-ids", "0", "--gpu-model", "H100"],
    ] {
        let ran = lab.run(&[&["--allocate", "t"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {ran:?}"
        );
        for there_is in [
            "2 × NVIDIA A10, 22.5 GiB on small",
            "2 × NVIDIA H100 80GB HBM3, 79.6 GiB on mixed",
            "2 × NVIDIA A100-SXM4-40GB, 40.0 GiB on mixed",
        ] {
            assert!(ran.stderr.contains(there_is), "{there_is}: {ran:?}");
        }
    }
}

#[test]
fn what_is_taken_now_may_be_had_later() {
    let lab = Lab::with_config(MIXED);
    granted(&lab, &["a", "2", "--gpu-model", "H100"]);
    let ran = lab.run(&["--allocate", "b", "--gpu-model", "H100"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("model H100"), "{ran:?}");
    assert!(
        ran.stderr.contains("Nearest: mixed (free: GPUs 0"),
        "{ran:?}"
    );
}

#[test]
fn who_waits_for_a_kind_is_not_helped_by_another() {
    let lab = Lab::with_config(MIXED);
    granted(&lab, &["a", "2", "--gpu-model", "H100"]);
    let arguments = [
        "--allocate",
        "b",
        "--gpu-model",
        "H100",
        "--gpu-memory",
        "80GB",
        "--wait",
    ];
    let mut waiter = lab.command(&arguments);
    let waiter = waiter
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let waiter = waiter.spawn().unwrap();
    let waits = || lab.state()["queue"][0]["gpu_model"] == "H100";
    assert!(crate::support::happens(waits));
    let (_, queue) = lab.json(&["--queue"]);
    assert_eq!(queue["queue"][0]["gpu_memory_bytes"], 80_000_000_000_u64);
    assert_eq!(queue["queue"][0]["why"]["available_gpus"], 0);
    lab.ok(&["--release", "a"]);
    let said = waiter.wait_with_output().unwrap();
    assert!(said.status.success());
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .contains("GPU IDs: [1]")
    );
}

#[test]
fn they_are_for_requests_alone_and_must_make_sense() {
    let lab = Lab::with_config(MIXED);
    for arguments in [
        &["--status", "--gpu-model", "A10"][..],
        &["--allocate", "t", "--gpu-memory", "much"],
        &["--allocate", "t", "--gpu-model", ""],
        &["--release", "t", "--gpu-memory", "1GiB"],
    ] {
        assert_eq!(lab.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_run_chooses_likewise() {
    let lab = Lab::with_config(MIXED);
    let ran = lab.ok(&[
        "--run",
        "t",
        "--gpu-model",
        "H100",
        "--",
        "sh",
        "-c",
        "echo $CUDA_VISIBLE_DEVICES",
    ]);
    assert_eq!(ran.stdout, "1\n");
}
