//! JSON for scripts. `docs/scripting.md` lists the fields; they are only ever added to.

use crate::allocator::{Change, Limits, Released, Server, Task, Timestamp};
use crate::error::Kind;
use crate::outcome::{Allocated, Checked, Initialized, Outcome, Reset, StateFile, Status, Totals};
use chrono::SecondsFormat;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn outcome(outcome: &Outcome) -> String {
    line(match outcome {
        Outcome::Initialized(init) => initialized(init),
        Outcome::Status(shown) | Outcome::Detail(shown) => status(shown),
        Outcome::Allocated(granted) => allocated(granted),
        Outcome::Released(given_back) => released(given_back),
        Outcome::Reset(done) => reset(done),
        Outcome::Checked(config) => checked(config),
    })
}

pub(super) fn failure(kind: Kind, message: &str, hint: &str) -> String {
    line(json!({ "error": { "kind": kind.name(), "message": message, "hint": hint } }))
}

fn line(document: Value) -> String {
    let mut line = String::new();
    for c in document.to_string().chars() {
        // JSON leaves the second row of controls as they are, but a terminal obeys them.
        if c.is_control() {
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

fn time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn path(path: &Option<PathBuf>) -> Option<String> {
    path.as_ref()
        .map(|path| path.to_string_lossy().into_owned())
}

fn state_path(state: &StateFile) -> String {
    state.path.to_string_lossy().into_owned()
}

fn percent(used: u32, total: u32) -> f64 {
    if total == 0 {
        0.0
    } else {
        (f64::from(used) * 1000.0 / f64::from(total)).round() / 10.0
    }
}

fn totals(totals: &Totals) -> Value {
    json!({
        "servers": totals.servers,
        "total_gpus": totals.total_gpus,
        "available_gpus": totals.free_gpus,
        "total_cpus": totals.total_cpus,
        "available_cpus": totals.free_cpus,
        "running_tasks": totals.tasks,
    })
}

fn initialized(init: &Initialized) -> Value {
    json!({
        "state": state_path(&init.state),
        "created": init.state.created,
        "changes": init.changes.iter().map(change).collect::<Vec<_>>(),
        "totals": totals(&init.totals),
    })
}

fn change(change: &Change) -> Value {
    match change {
        Change::Added { server, gpus, cpus } => {
            json!({ "change": "added", "server_name": server.as_str(), "total_gpus": gpus, "total_cpus": cpus })
        }
        Change::Removed { server } => {
            json!({ "change": "removed", "server_name": server.as_str() })
        }
        Change::Gpus { server, from, to } => {
            json!({ "change": "gpus", "server_name": server.as_str(), "from": from, "to": to })
        }
        Change::Cpus { server, from, to } => {
            json!({ "change": "cpus", "server_name": server.as_str(), "from": from, "to": to })
        }
        Change::Drain { server, on } => {
            json!({ "change": "drain", "server_name": server.as_str(), "drain": on })
        }
        Change::Reordered => json!({ "change": "reordered" }),
    }
}

fn status(status: &Status) -> Value {
    json!({
        "servers": status.servers.iter().map(|(id, shown)| server(*id, shown, status.now)).collect::<Vec<_>>(),
        "totals": totals(&status.totals),
        "config": path(&status.config),
        "state": state_path(&status.state),
        "initialized": status.initialized,
        "config_differs": status.state.differs,
    })
}

fn server(id: usize, server: &Server, now: Timestamp) -> Value {
    let used_gpus =
        server.total_gpus - u32::try_from(server.free_gpus.len()).unwrap_or(server.total_gpus);
    json!({
        "server_id": id,
        "server_name": server.name.as_str(),
        "total_gpus": server.total_gpus,
        "available_gpus": server.free_gpus,
        "gpu_use_percent": percent(used_gpus, server.total_gpus),
        "total_cpus": server.total_cpus,
        "available_cpus": server.free_cpus,
        "cpu_use_percent": percent(server.total_cpus - server.free_cpus, server.total_cpus),
        "drain": server.drain,
        "running_tasks": server.tasks.iter().map(|held| task(held, now)).collect::<Vec<_>>(),
    })
}

fn task(task: &Task, now: Timestamp) -> Value {
    json!({
        "task_id": task.id.as_str(),
        "allocated_gpus": task.gpus,
        "allocated_cpus": task.cpus,
        "owner": task.owner,
        "start_time": time(task.start),
        "age_seconds": (now - task.start).num_seconds().max(0),
    })
}

fn allocated(allocated: &Allocated) -> Value {
    let grant = &allocated.grant;
    json!({
        "task_id": grant.task.as_str(),
        "server_id": grant.server_id,
        "server_name": grant.server_name.as_str(),
        "gpu_ids": grant.gpus,
        "gpu_devices": allocated.gpu_devices(),
        "cpus": grant.cpus,
        "owner": grant.owner,
        "start_time": time(grant.start),
        "environment": { "CUDA_VISIBLE_DEVICES": allocated.gpu_devices() },
        "state": state_path(&allocated.state),
        "created": allocated.state.created,
    })
}

fn released(released: &Released) -> Value {
    json!({
        "task_id": released.task.id.as_str(),
        "server_id": released.server_id,
        "server_name": released.server_name.as_str(),
        "gpu_ids": released.task.gpus,
        "cpus": released.task.cpus,
        "owner": released.task.owner,
        "start_time": time(released.task.start),
    })
}

fn reset(reset: &Reset) -> Value {
    json!({
        "state": state_path(&reset.state),
        "created": reset.state.created,
        "forgotten_tasks": reset.forgotten.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(),
        "kept": path(&reset.kept),
        "totals": totals(&reset.totals),
    })
}

fn checked(checked: &Checked) -> Value {
    let Limits {
        min_gpus_per_task,
        max_gpus_per_task,
    } = checked.limits;
    let server = |server: &Server| {
        json!({
            "server_name": server.name.as_str(),
            "total_gpus": server.total_gpus,
            "total_cpus": server.total_cpus,
            "drain": server.drain,
        })
    };
    json!({
        "config": path(&checked.config),
        "state": state_path(&checked.state),
        "initialized": checked.initialized,
        "config_differs": checked.state.differs,
        "lock_timeout_seconds": checked.lock_timeout.as_secs_f64(),
        "servers": checked.servers.iter().map(server).collect::<Vec<_>>(),
        "totals": totals(&checked.totals),
        "limits": { "min_gpus_per_task": min_gpus_per_task, "max_gpus_per_task": max_gpus_per_task },
    })
}
