//! What must hold of a change of which something failed.

use crate::scene::{GPUS, Played, Scene, Stage};
use crate::strace::Fault;
use gpumgr::store::{FileStore, StateStore};
use serde_json::Value;
use std::time::Duration;

/// What the system says of each error.
pub(crate) const ERRORS: [(&str, &str); 4] = [
    ("ENOSPC", "No space left on device"),
    ("EIO", "Input/output error"),
    ("EINTR", "Interrupted system call"),
    ("EACCES", "Permission denied"),
];

/// What POSIX lets a signal interrupt: to be made again, not to fail.
const RESTARTABLE: [&str; 14] = [
    "open",
    "openat",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "fchown",
    "flock",
    "wait4",
    "recvfrom",
];

/// How a command says that it failed after the change was made.
const IS_IN_PLACE: [&str; 2] = ["The change is in place", "The allocation stands"];

/// All that is wrong; nothing, if this is how it must be.
pub(crate) fn wrongs(
    scene: Scene,
    fault: &Fault,
    mut stage: Stage,
    played: &Played,
) -> Vec<String> {
    let mut wrongs = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrongs.push(what.to_owned());
        }
    };
    let ran = &played.ran;
    must(!played.hung, "it hangs");
    must(
        (0..=127).contains(&ran.code) && ran.code != 101 && !ran.stderr.contains("panicked"),
        "it panics or dies",
    );
    must(is_whole(&stage), "the state file is not whole");
    let after = stage.state();
    must(
        after.as_ref().is_none_or(is_as_described),
        "it is not the cluster of the config",
    );
    let done = is_done(scene, &stage, after.as_ref());
    let told = IS_IN_PLACE.iter().any(|text| ran.stderr.contains(text));
    if ran.code == 0 {
        must(done, "exit 0, but it is not done");
    } else {
        let unchanged = stands(after.as_ref()) == stands(stage.before.as_ref());
        // What a run was granted, if its command was not started, goes back with its lease.
        let runs = matches!(scene, Scene::Run | Scene::Command);
        must(
            scene == Scene::Wait || unchanged || (told && (done || runs)),
            "it failed, and changed the state without a word",
        );
        let (_, reason) = ERRORS
            .iter()
            .find(|(name, _)| *name == fault.error)
            .unwrap();
        // Of a message that cannot be written nothing is seen.
        let mute = fault.call.text.starts_with("write(2,");
        must(
            mute || ran.stderr.contains(reason),
            "the message does not say why",
        );
    }
    let retried = RESTARTABLE.contains(&fault.call.name.as_str());
    must(
        !(fault.error == "EINTR" && retried) || ran.code == 0,
        "it was interrupted, and did not try again",
    );
    for task in tasks(after.as_ref()) {
        let told = told_gpus(&ran.stdout);
        let is_of_it = matches!(scene, Scene::First | Scene::Allocate) && task.0 == "asked"
            || scene == Scene::Wait && task.0 == "waiting" && ran.code == 0;
        must(
            !is_of_it || told.as_ref() == Some(&task.1) || ran.code != 0,
            "other GPUs are told than recorded",
        );
        must(task.2 == owner(), "the owner is another one");
    }
    if told_gpus(&ran.stdout).is_some() {
        must(done, "GPUs are told that are not recorded");
    }
    if let Some(waiter) = stage.waiter.take() {
        if !done {
            let released = stage.lab.run(&["--release", "asked"]);
            must(released.code == 0, "nobody can release it afterwards");
        }
        let (waited, hung) = waiter.ends();
        must(!hung && waited.code == 0, "who waits is lost");
        let granted = tasks(stage.state().as_ref());
        let granted = granted.iter().find(|task| task.0 == "waiting");
        must(
            granted.map(|task| &task.1) == told_gpus(&waited.stdout).as_ref(),
            "who waits is told other GPUs than recorded",
        );
        let again = stage.lab.run(&["--release", "waiting"]);
        must(again.code == 0, "what waited cannot be released");
    }
    let next = stage.lab.run(&["--allocate", "next", "1", "8"]);
    must(next.code == 0, "the next command fails");
    must(stage.litter().is_empty(), "litter stays");
    let left = tasks(stage.state().as_ref());
    let names: Vec<_> = left.iter().map(|task| task.0.as_str()).collect();
    must(names.contains(&"next"), "the next command did nothing");
    must(
        scene == Scene::First || names.contains(&"kept"),
        "somebody else's task is gone",
    );
    let is_over = matches!(scene, Scene::Run | Scene::Command) && !names.contains(&"asked")
        || scene == Scene::Wait && (ran.code == 0 || told) == names.contains(&"waiting")
        || !matches!(scene, Scene::Run | Scene::Command | Scene::Wait);
    must(is_over, "what nobody has any longer is still held");
    wrongs
}

/// By the library and by the binary.
fn is_whole(stage: &Stage) -> bool {
    let path = stage.lab.join("resource_status.json");
    let store = FileStore::new(&path, Duration::ZERO).unwrap();
    let read = store.load();
    let (code, _) = stage.lab.json(&["--status"]);
    read.is_ok() && code == 0
}

/// Whether what was asked for is so.
fn is_done(scene: Scene, stage: &Stage, state: Option<&Value>) -> bool {
    let tasks = tasks(state);
    let has = |name: &str| tasks.iter().any(|task| task.0 == name);
    match scene {
        Scene::First | Scene::Allocate => has("asked"),
        Scene::Release | Scene::Grant => !has("asked"),
        Scene::Run | Scene::Command => stage.lab.join("ran").exists(),
        Scene::Wait => has("waiting"),
    }
}

/// Not the one that is made where there is no config.
fn is_as_described(state: &Value) -> bool {
    let servers = state["servers"].as_array().unwrap();
    servers.len() == 1 && servers[0]["total_gpus"] == GPUS
}

/// All but the moment of the last change.
fn stands(state: Option<&Value>) -> Option<Value> {
    let mut state = state?.clone();
    state.as_object_mut().unwrap().remove("last_updated");
    Some(state)
}

/// The tasks, their GPUs and their owners.
fn tasks(state: Option<&Value>) -> Vec<(String, Vec<u64>, String)> {
    let Some(state) = state else {
        return Vec::new();
    };
    let servers = state["servers"].as_array().unwrap().iter();
    let tasks = servers.flat_map(|server| server["running_tasks"].as_array().unwrap());
    tasks
        .map(|task| {
            let gpus = task["allocated_gpus"].as_array().unwrap().iter();
            (
                task["task_id"].as_str().unwrap().to_owned(),
                gpus.map(|gpu| gpu.as_u64().unwrap()).collect(),
                task["owner"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

/// What whoever asked is told to have got.
fn told_gpus(stdout: &str) -> Option<Vec<u64>> {
    let line = stdout.lines().find(|line| line.contains("GPU IDs: ["))?;
    let list = line.split_once('[')?.1.trim_end_matches(']');
    list.split(", ").map(|gpu| gpu.parse().ok()).collect()
}

fn owner() -> String {
    let uid = nix::unistd::Uid::current();
    let user = nix::unistd::User::from_uid(uid).unwrap();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}
