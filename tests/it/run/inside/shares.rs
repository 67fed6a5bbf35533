//! Steps never overlap.

use super::{BINARY, Outer, script_inside};
use crate::run::{Running, written};
use crate::support::{Lab, happens};
use serde_json::json;

/// Takes a folder named as its GPU for a moment; two at once cannot.
const ALONE: &str = "#!/bin/sh
mkdir busy-$CUDA_VISIBLE_DEVICES || echo $1 >> overlaps
sleep 0.05
echo $1 >> ran
rmdir busy-$CUDA_VISIBLE_DEVICES
";

fn lines(lab: &Lab, file: &str) -> Vec<String> {
    let text = lab.text_if_any(file).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn four_runs_inside_a_run_of_four_gpus_get_one_each() {
    let lab =
        Lab::with_config("[cluster]\nservers = 1\ngpus_per_server = 4\ncpus_per_server = 8\n");
    lab.write(
        "job.sh",
        "echo $CUDA_VISIBLE_DEVICES $GPUMGR_GPUS $GPUMGR_CPUS > new-$1; mv new-$1 got-$1
         until [ -e go ]; do sleep 0.02; done",
    );
    let script = "for i in 1 2 3 4; do \"$0\" --run job$i 1 -- sh job.sh $i & done; wait";
    let sweep = Running::start(
        &lab,
        &["--run", "sweep", "4", "--", "sh", "-c", script, BINARY],
    );
    let got = |job: u32| lab.text_if_any(&format!("got-{job}"));
    assert!(happens(|| (1..=4).all(|job| got(job).is_some())));
    let mut shares: Vec<_> = (1..=4).filter_map(got).collect();
    shares.sort();
    assert_eq!(shares, ["0 0 2\n", "1 1 2\n", "2 2 2\n", "3 3 2\n"]);
    lab.write("go", "");
    assert_eq!(sweep.ends().code, 0);
    assert_eq!(written(&lab), [""; 0]);
}

#[test]
fn more_runs_than_gpus_all_run_in_turn_with_wait() {
    let jobs = "for i in 1 2 3 4 5 6; do \"$0\" --run job$i 1 --wait -- ./alone $i & done; wait";
    let xargs = "seq 6 | xargs -P 4 -I {} \"$0\" --run job 1 --wait -- ./alone {}";
    for jobs in [jobs, xargs] {
        let script = format!("cp alone.txt alone; chmod +x alone; {jobs}");
        let prepared = format!("cat > alone.txt <<'END'\n{ALONE}END\n{script}");
        let (lab, ran) = script_inside(2, &prepared);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(
            lines(&lab, "ran"),
            ["1", "2", "3", "4", "5", "6"],
            "{ran:?}"
        );
        assert_eq!(lines(&lab, "overlaps"), [""; 0], "{ran:?}");
        assert_eq!(written(&lab), [""; 0]);
    }
}

/// Each level takes of the one around it alone.
#[test]
fn a_run_inside_a_step_takes_of_that_step() {
    let outer = Outer::with(4, 8);
    let _first = outer.stays("pid-a", &["a", "1"]);
    assert!(happens(|| outer.lab.join("pid-a").exists()));
    let script = "\"$0\" --run x 1 -- sh -c 'echo $CUDA_VISIBLE_DEVICES > x; until [ -e go ]; do sleep 0.02; done' &
        until [ -e x ]; do sleep 0.02; done
        \"$0\" --run y 1 -- sh -c 'echo $CUDA_VISIBLE_DEVICES > y'
        \"$0\" --run z 2 -- touch z; echo $? > code; touch go; wait";
    let ran = outer.run(&["--run", "b", "2", "--", "sh", "-c", script, BINARY]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(outer.lab.read("x"), "1\n");
    assert_eq!(outer.lab.read("y"), "2\n");
    assert_eq!(outer.lab.read("code"), "125\n", "{ran:?}");
    assert_eq!(outer.steps().len(), 1, "{:?}", outer.steps());
}

#[test]
fn a_step_knows_the_run_and_its_own_lease() {
    let outer = Outer::with(2, 8);
    let ran = outer.run(&[
        "--run",
        "--",
        "sh",
        "-c",
        "echo $GPUMGR_RUN $GPUMGR_STEP; cat resource_status.json",
    ]);
    let (run, step) = ran.stdout.lines().next().unwrap().split_once(' ').unwrap();
    assert_eq!(run, outer.lease);
    let state: String = ran.stdout.lines().skip(1).collect();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    let steps = &state["servers"][0]["running_tasks"][0]["steps"];
    assert_eq!(steps[0]["lease"]["id"], json!(step), "{steps}");
    assert_eq!(
        (&steps[0]["gpu_ids"], &steps[0]["cpus"]),
        (&json!([0]), &json!(4))
    );
    assert!(outer.steps().is_empty(), "absent where unused");
}

#[test]
fn without_wait_it_is_refused_and_told_what_is_free_and_who_holds_the_rest() {
    let outer = Outer::with(2, 8);
    let step = outer.stays("pid", &["a", "--gpu-ids", "1"]);
    assert!(happens(|| outer.lab.join("pid").exists()));
    let refused = outer.run(&["--run", "b", "2", "--", "touch", "ran"]);
    assert_eq!(refused.code, 125, "{refused:?}");
    for part in [
        "outer",
        "GPUs [0], CPUs 4",
        "--wait",
        &format!("PID {}", step.pid()),
    ] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
    let taken = outer.run(&["--run", "b", "--gpu-ids", "1", "--", "touch", "ran"]);
    assert_eq!(taken.code, 125, "{taken:?}");
    assert!(!outer.lab.join("ran").exists());
    let free = outer.run(&[
        "--run",
        "b",
        "--gpu-ids",
        "0",
        "--",
        "sh",
        "-c",
        "echo $CUDA_VISIBLE_DEVICES",
    ]);
    assert_eq!((free.code, free.stdout.as_str()), (0, "0\n"), "{free:?}");
}

/// By default a step gets the CPUs of its GPUs, or the rest of them.
#[test]
fn cpus_of_a_step_are_its_own() {
    let outer = Outer::with(4, 8);
    let _first = outer.stays("pid", &["a", "1", "5"]);
    assert!(happens(|| outer.lab.join("pid").exists()));
    let show = ["--", "sh", "-c", "echo $GPUMGR_CPUS"];
    let cpus = |asked: &[&str]| {
        let ran = outer.run(&[&["--run", "b"], asked, &show].concat());
        (ran.code, ran.stdout)
    };
    assert_eq!(cpus(&["1"]), (0, "2\n".to_owned()));
    assert_eq!(cpus(&["3"]), (0, "3\n".to_owned()));
    assert_eq!(cpus(&["1", "4"]), (125, String::new()));
    assert_eq!(cpus(&["0", "3"]), (0, "3\n".to_owned()));
}

#[test]
fn detail_shows_the_steps_of_a_task() {
    let outer = Outer::with(2, 8);
    let step = outer.stays("pid", &["a", "2", "6"]);
    assert!(happens(|| outer.lab.join("pid").exists()));
    let waits = outer.start(&["--run", "b", "1", "--wait", "--", "true"]);
    assert!(outer.waiting(1));
    let (_, detail) = outer.lab.json(&["--detail"]);
    let steps = &detail["servers"][0]["running_tasks"][0]["steps"];
    assert_eq!(steps[0]["pid"], json!(step.pid()), "{steps}");
    assert_eq!(
        (&steps[0]["gpu_ids"], &steps[0]["cpus"]),
        (&json!([0, 1]), &json!(6))
    );
    assert_eq!(
        (&steps[0]["waiting"], &steps[1]["waiting"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&steps[1]["pid"], &steps[1]["gpus"]),
        (&json!(waits.pid()), &json!(1))
    );
    for language in ["en", "zh", "ja"] {
        let text = outer.lab.ok(&["--detail", "--lang", language]).stdout;
        for pid in [step.pid(), waits.pid()].map(|pid| pid.to_string()) {
            let line = text.lines().find(|line| line.contains(&pid));
            assert!(line.is_some_and(|line| line.chars().count() < 80), "{text}");
        }
    }
}
