//! `--adopt`: what computes outside of all tasks becomes one.

use super::{Machine, Stranger, ids};
use crate::support::happens;
use std::process::Command;

fn adopt<'a>(task: &'a str, pid: &'a str) -> [&'a str; 4] {
    ["--adopt", task, "--pid", pid]
}

#[test]
fn it_takes_all_gpus_that_the_process_and_its_children_compute_on() {
    let machine = Machine::with_server(4, "", "count 4\n");
    let script = "sleep 600 & echo $! > new; mv new pid; wait";
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(machine.lab.path());
    let parent = Stranger::of(&mut command);
    assert!(happens(|| machine.lab.join("pid").exists()));
    let child = machine.lab.read("pid").trim().to_owned();
    machine.ok(&["--init"]);
    machine.becomes(&format!(
        "count 4\ngpu 1 process {} 10\ngpu 3 process {child} 10\n",
        parent.pid()
    ));
    let pid = parent.pid().to_string();
    let adopted = machine.json(&adopt("t", &pid));
    assert_eq!(ids(&adopted["gpu_ids"]), [1, 3]);
    assert_eq!(adopted["cpus"], 32);
    let task = &machine.lab.state()["servers"][0]["running_tasks"][0];
    assert_eq!(task["lease"]["pid"].as_u64(), Some(parent.pid().into()));
    let child = nix::unistd::Pid::from_raw(child.parse().unwrap());
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[test]
fn its_share_of_the_cpus_is_what_is_left_if_that_is_less() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(2, "", "count 2\n");
    machine.ok(&["--allocate", "a", "1", "60"]);
    machine.becomes(&format!("count 2\n{}", stranger.on(1)));
    let pid = stranger.pid().to_string();
    let too_many = [&adopt("t", &pid)[..], &["--cpus", "5"]].concat();
    assert_eq!(machine.run(&too_many).code, 3);
    let adopted = machine.json(&[&adopt("t", &pid)[..], &["--ttl", "8h"]].concat());
    assert_eq!(adopted["cpus"], 4);
    assert!(adopted["end_time"].is_string());
}

/// It records what is: nobody asks whether that is too much.
#[test]
fn it_is_not_capped_and_has_the_name_that_all_tasks_have() {
    let stranger = Stranger::new();
    let machine = Machine::with("count 2\n");
    machine.configure(
        "task_prefix = 'NDFS_'\n[[server]]\nname = 's'\ngpus = 2\ncpus = 64\n\
         [limits]\nmax_total_gpus = 1\n",
    );
    machine.ok(&["--allocate", "held", "1", "1"]);
    machine.becomes(&format!("count 2\n{}", stranger.on(1)));
    let pid = stranger.pid().to_string();
    assert_eq!(machine.json(&adopt("t", &pid))["task_id"], "NDFS_t");
    machine.ok(&["--release", "t"]);
}

#[test]
fn what_cannot_be_adopted_is_refused_with_the_reason() {
    let (stranger, idler) = (Stranger::new(), Stranger::new());
    let machine = Machine::with_server(2, "", "count 2\n");
    machine.ok(&["--allocate", "held"]);
    machine.becomes(&format!("count 2\n{}", stranger.on(0)));
    let (pid, idle) = (stranger.pid().to_string(), idler.pid().to_string());
    let before = machine.lab.state_text();
    let refused = [
        (adopt("t", &idle), 2, "computes on no GPU"),
        (adopt("t", &pid), 6, "Task held holds the GPUs"),
        (adopt("held", &pid), 6, "exists already"),
        (adopt("t", "4194305"), 2, "There is no process"),
    ];
    for (arguments, code, words) in refused {
        let ran = machine.run(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(machine.lab.state_text(), before);
}

#[test]
fn it_says_what_it_lacks() {
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--init"]);
    let ran = machine.run(&["--adopt", "t"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--adopt TASK --pid PID"), "{ran:?}");
    // Without a driver nobody can tell what a process computes on.
    let own = std::process::id().to_string();
    let ran = machine.lab.run(&adopt("t", &own));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no NVIDIA driver"), "{ran:?}");
    assert!(ran.stderr.contains("--gpu-ids"), "{ran:?}");
}
