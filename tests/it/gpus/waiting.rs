//! The queue, where what is free on paper is not free in fact.

use super::{Machine, Stranger};
use crate::support::happens;
use std::fs::File;
use std::process::{Child, Stdio};

fn waits(machine: &Machine) -> Child {
    let script = "echo $CUDA_VISIBLE_DEVICES > got";
    machine
        .command(&["--run", "w", "1", "1", "--wait", "--", "sh", "-c", script])
        .stderr(File::create(machine.lab.join("said")).unwrap())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn is_queued(machine: &Machine) -> bool {
    let state = machine.lab.state_if_any();
    state.is_some_and(|state| state.contains("\"queue\""))
}

#[test]
fn who_waits_for_a_stranger_is_told_so_and_granted_when_that_ends() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(1, "", &format!("count 1\n{}", stranger.on(0)));
    let mut waiter = waits(&machine);
    assert!(happens(|| is_queued(&machine)));
    let queue = machine.ok(&["--queue"]).stdout;
    assert!(
        queue.contains("GPU 0 is used outside gpumgr: sleep"),
        "{queue}"
    );
    let why = &machine.json(&["--queue"])["queue"][0]["why"];
    assert_eq!(why["withheld"]["gpus"][0]["withheld"]["reason"], "busy");
    stranger.ends();
    machine.becomes("count 1\n");
    assert!(happens(|| machine.lab.join("got").exists()));
    assert!(waiter.wait().unwrap().success());
}

#[test]
fn a_grant_of_somebody_who_could_not_know_is_given_back() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--allocate", "holder", "1", "1"]);
    machine.becomes(&format!("count 1\n{}", stranger.on(0)));
    let mut waiter = waits(&machine);
    assert!(happens(|| is_queued(&machine)));
    // As from a machine without this driver: it goes by the books.
    machine.lab.ok(&["--release", "holder"]);
    let said = || machine.lab.read("said");
    assert!(
        happens(|| said().contains("given back, waiting on")),
        "{}",
        said()
    );
    assert!(
        said().contains("GPU 0 is used outside gpumgr"),
        "{}",
        said()
    );
    assert!(happens(|| is_queued(&machine)));
    assert!(!machine.lab.join("got").exists());
    stranger.ends();
    machine.becomes("count 1\n");
    assert!(happens(|| machine.lab.join("got").exists()));
    assert!(waiter.wait().unwrap().success());
}

#[test]
fn an_allocation_that_waits_is_as_careful() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(1, "", &format!("count 1\n{}", stranger.on(0)));
    let waiter = machine
        .command(&["--allocate", "w", "--wait", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(happens(|| is_queued(&machine)));
    let other = machine.run(&["--allocate", "x"]);
    assert_eq!(other.code, 3);
    stranger.ends();
    machine.becomes("count 1\n");
    let ended = waiter.wait_with_output().unwrap();
    assert!(ended.status.success());
}

#[test]
fn an_idle_task_is_named_to_those_who_wait() {
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--allocate", "lazy", "1", "1"]);
    let mut state = machine.lab.state();
    let task = &mut state["servers"][0]["running_tasks"][0];
    task["start_time"] = serde_json::json!("2025-01-01T00:00:00+00:00");
    task["idle_since"] = serde_json::json!("2025-01-01T00:00:00+00:00");
    machine.lab.write("resource_status.json", state.to_string());
    let mut waiter = waits(&machine);
    assert!(happens(|| is_queued(&machine)));
    let queue = machine.ok(&["--queue"]).stdout;
    assert!(
        queue.contains("has no known end (not seen to use them for "),
        "{queue}"
    );
    waiter.kill().unwrap();
    waiter.wait().unwrap();
}

#[test]
fn a_time_out_that_is_due_to_a_stranger_says_so_and_what_helps() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(3, "", "count 3\n");
    machine.ok(&["--allocate", "holder", "1", "1"]);
    machine.becomes(&format!("count 3\n{}", stranger.on(1)));
    let ran = machine.run(&["--run", "w", "2", "2", "--wait", "1s", "--", "true"]);
    assert_eq!(ran.code, 125);
    let expected = [
        "s is nearest with 1".to_owned(),
        "GPU 1 is used outside gpumgr: sleep".to_owned(),
        format!("gpumgr --adopt TASK --pid {}", stranger.pid()),
    ];
    for words in expected {
        assert!(ran.stderr.contains(&words), "{words}: {ran:?}");
    }
}

#[test]
fn a_grant_at_the_last_moment_is_of_no_use_where_a_stranger_sits() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--allocate", "holder", "1", "1"]);
    machine.becomes(&format!("count 1\n{}", stranger.on(0)));
    let mut waiter = machine
        .command(&["--run", "w", "1", "1", "--wait", "2s", "--", "touch", "got"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(happens(|| is_queued(&machine)));
    let pid = nix::unistd::Pid::from_raw(waiter.id().try_into().unwrap());
    // Not while it holds the lock itself.
    let lock = File::open(machine.lab.path()).unwrap();
    lock.lock().unwrap();
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    drop(lock);
    // Somebody who does not see the stranger grants it, while its time runs out.
    machine.lab.ok(&["--release", "holder"]);
    let until = machine.lab.state()["servers"][0]["running_tasks"][0].clone();
    assert_eq!(until["task_id"], "w");
    // Past the end of its wait, which began before it was stopped.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    assert_eq!(waiter.wait().unwrap().code(), Some(125));
    assert!(!machine.lab.join("got").exists());
    assert_eq!(
        machine.lab.state()["servers"][0]["running_tasks"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}
