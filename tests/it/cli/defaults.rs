//! What is left out: 1 GPU, and CPUs in proportion to the server that grants them.

use super::*;

#[test]
fn a_task_alone_means_one_gpu_and_its_share() {
    let lab = Lab::new();
    assert_eq!(lab.grant(&["t"]), json!(["gpu-server-0", [0], 8]));
}

#[test]
fn the_share_is_rounded_down_a_gpu_and_at_least_one() {
    // GPUs and CPUs of the server, GPUs asked for, CPUs granted.
    for (gpus, cpus, asked, granted) in [
        (8, 64, 4, 32),
        (8, 64, 8, 64),
        (3, 10, 1, 3),
        // 3 a GPU, not 20 / 3 in all.
        (3, 10, 2, 6),
        (3, 10, 3, 9),
        (8, 7, 1, 1),
        (8, 7, 5, 5),
        (4, 4, 4, 4),
    ] {
        let lab = one_server(gpus, cpus);
        let grant = lab.grant(&["t", &asked.to_string()]);
        assert_eq!(grant[2], granted, "{asked} of {gpus} GPUs, {cpus} CPUs");
    }
}

#[test]
fn a_share_that_a_server_could_never_give_is_impossible() {
    // 8 GPUs, and at least a CPU for each.
    one_server(8, 7).refused(2, "impossible", &["--allocate", "t", "8"]);
}

#[test]
fn the_share_is_that_of_the_server_that_grants_it() {
    let lab = Lab::with_config(UNEQUAL);
    assert_eq!(lab.grant(&["a", "2"]), json!(["small", [0, 1], 8]));
    assert_eq!(lab.grant(&["b", "2"]), json!(["large", [0, 1], 32]));
    assert_eq!(
        lab.grant(&["c", "--gpu-ids", "3"]),
        json!(["large", [3], 16])
    );
}

#[test]
fn cpus_alone_can_be_given_by_flag() {
    let lab = Lab::new();
    assert_eq!(
        lab.grant(&["t", "--cpus", "3"]),
        json!(["gpu-server-0", [0], 3])
    );
    assert_eq!(
        lab.grant(&["u", "2", "--cpus", "3"]),
        json!(["gpu-server-0", [1, 2], 3])
    );
    assert_eq!(
        lab.grant(&["v", "--gpus", "2"]),
        json!(["gpu-server-0", [3, 4], 16])
    );
}

#[test]
fn a_config_may_allow_tasks_of_cpus_alone() {
    let lab = Lab::with_config("[cluster]\nservers = 1\n[limits]\nmin_gpus_per_task = 0\n");
    let said = lab.ok(&["--allocate", "a", "0", "16"]).stdout;
    assert!(said.contains("GPU IDs: []"), "{said}");
    assert_eq!(lab.grant(&["b", "0"]), json!(["gpu-server-0", [], 1]));
    let (_, document) = lab.json(&["--allocate", "c", "--gpus", "0", "--cpus", "2"]);
    assert_eq!(document["gpu_devices"], "");
    assert_eq!(document["environment"]["CUDA_VISIBLE_DEVICES"], "");
    // Left out it is still 1.
    assert_eq!(lab.grant(&["d"])[1], json!([0]));
    assert_eq!(lab.server(0)["available_cpus"], 64 - 16 - 1 - 2 - 8);
    lab.ok(&["--release", "a"]);
    assert_eq!(lab.server(0)["available_cpus"], 64 - 1 - 2 - 8);
}

#[test]
fn a_server_without_gpus_serves_tasks_of_cpus_alone() {
    let lab = Lab::with_config(
        "[cluster]\nservers = 1\ngpus_per_server = 0\n[limits]\nmin_gpus_per_task = 0\n",
    );
    assert_eq!(lab.grant(&["t", "0", "4"]), json!(["gpu-server-0", [], 4]));
    lab.refused(2, "impossible", &["--allocate", "u"]);
    lab.ok(&["--status"]);
}
