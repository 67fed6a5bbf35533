//! JSON for scripts. `docs/scripting.md` lists the fields; they are only ever added to.

mod config;
mod gpus;
mod journal;
mod notify;
mod printable;
mod status;
mod steps;

pub(super) use notify::not_told;

use crate::allocator::{
    Change, Cpus, Expired, ExpiryReason, Explained, Gpus, Holding, Renewed, Timestamp, Why,
};
use crate::exit_code::Kind;
use crate::outcome::{
    Allocated, Began, Extended, GivenBack, Initialized, Outcome, Queue, Reset, Started, StateFile,
    Totals,
};
use crate::render::messages::cap_name;
use chrono::SecondsFormat;
use printable::line;
use serde_json::{Value, json};
use status::StatusDocument;
use std::path::PathBuf;

pub(super) fn outcome(outcome: &Outcome) -> String {
    line(&match outcome {
        Outcome::Status(status) | Outcome::Detail(status) => {
            return line(&StatusDocument::of(status));
        }
        Outcome::Initialized(init) => initialized(init),
        Outcome::Allocated(granted) | Outcome::Adopted(granted) => allocated(granted),
        Outcome::Started(began) => started(began),
        Outcome::Stopped(given_back) => released(given_back),
        Outcome::Logs(logs) => json!({
            "task_id": logs.task.as_str(),
            "log": logs.path.to_string_lossy(),
            "text": logs.text,
        }),
        Outcome::Detected(found) => json!({ "servers": [gpus::detected(found)] }),
        Outcome::Released(given_back) => released(given_back),
        Outcome::Renewed(extended) => renewed(extended),
        Outcome::Queue(waiting) => queue(waiting),
        Outcome::Cancelled(cancelled) => json!({
            "task_id": cancelled.waiter.request.task.as_str(),
            "cancelled": true,
            "freed_tasks": freed(&cancelled.state.freed),
        }),
        // The grammar sees to it that nobody asks for these.
        Outcome::Ran(_) | Outcome::Monitored | Outcome::Document(_) => Value::Null,
        Outcome::Reset(done) => reset(done),
        Outcome::History(history) => journal::history(history),
        Outcome::Report(summed) => journal::report(summed),
        Outcome::NotificationTested(told) => notify::tested(told),
        Outcome::Checked(checked) => config::checked(checked),
        Outcome::Translated(translated) => config::translated(translated),
    })
}

pub(super) fn failure(kind: Kind, message: &str, hint: &str) -> String {
    line(&json!({ "error": { "kind": kind.name(), "message": message, "hint": hint } }))
}

fn time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
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
        "open_to_others": init.state.open_to_others.is_some(),
        "freed_tasks": freed(&init.state.freed),
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
        Change::Host { server, host } => {
            json!({ "change": "host", "server_name": server.as_str(), "host": host })
        }
        Change::Cards { server } => {
            json!({ "change": "gpu_cards", "server_name": server.as_str() })
        }
        Change::Reordered => json!({ "change": "reordered" }),
    }
}

fn freed(freed: &[Expired]) -> Vec<Value> {
    let one = |freed: &Expired| {
        json!({
            "task_id": freed.task.id.as_str(),
            "server_name": freed.server_name.as_str(),
            "gpu_ids": freed.task.gpus,
            "cpus": freed.task.cpus,
            "owner": freed.task.owner,
            "why": match freed.why {
                ExpiryReason::Ended => "ended",
                ExpiryReason::Lapsed => "lapsed",
                ExpiryReason::Untaken => "untaken",
            },
        })
    };
    freed.iter().map(one).collect()
}

fn renewed(extended: &Extended) -> Value {
    let Renewed {
        task,
        server_name,
        term,
    } = &extended.renewed;
    json!({
        "task_id": task.id.as_str(),
        "server_name": server_name.as_str(),
        "gpu_ids": task.gpus,
        "end_time": time(term.end),
        "ttl_seconds": term.ttl.num_seconds(),
        "seconds_left": (term.end - extended.now).num_seconds().max(0),
        "freed_tasks": freed(&extended.state.freed),
    })
}

fn queue(queue: &Queue) -> Value {
    let waiting = queue.waiting.iter().enumerate();
    let waiting = waiting.map(|(position, explained)| waiter(position + 1, explained, queue.now));
    json!({
        "queue": waiting.collect::<Vec<_>>(),
        "state": state_path(&queue.state),
    })
}

fn waiter(place: usize, explained: &Explained, now: Timestamp) -> Value {
    let waiter = &explained.waiter;
    let request = &waiter.request;
    let (gpus, ids) = match &request.demand.gpus {
        Gpus::Count(count) => (*count, None),
        Gpus::These(ids) => (request.demand.gpus.count(), Some(ids)),
    };
    let cpus = match request.demand.cpus {
        Cpus::PerGpu => None,
        Cpus::Exactly(count) => Some(count.get()),
    };
    json!({
        "place": place,
        "task_id": request.task.as_str(),
        "owner": request.owner,
        "gpus": gpus,
        "gpu_ids": ids,
        "gpu_model": request.demand.kind.model,
        "gpu_memory_bytes": request.demand.kind.memory.map(|memory| memory.as_u64()),
        "cpus": cpus,
        "prefer_server": request.prefer,
        "since": time(waiter.since),
        "waiting_seconds": (now - waiter.since).num_seconds().max(0),
        "until": waiter.until.map(time),
        "ttl_seconds": request.ttl.map(|ttl| ttl.num_seconds()),
        "why": why(&explained.why),
    })
}

fn why(why: &Why) -> Value {
    match why {
        Why::Ready => json!({ "reason": "ready" }),
        Why::NameTaken => json!({ "reason": "name_taken" }),
        Why::QuotaExceeded(over) => json!({
            "reason": "over_limit",
            "limit": cap_name(over.cap),
            "allowed_gpus": over.max,
            "held_gpus": over.held,
        }),
        Why::Draining => json!({ "reason": "draining" }),
        Why::Impossible => json!({ "reason": "impossible" }),
        Why::Behind { task, server } => json!({
            "reason": "behind",
            "task_id": task.as_str(),
            "server_name": server.as_str(),
        }),
        Why::Lacks {
            nearest,
            start,
            holders,
            withheld,
        } => json!({
            "reason": "lacks",
            "server_name": nearest.server_name.as_str(),
            "available_gpus": nearest.free_gpus,
            "available_cpus": nearest.free_cpus,
            "lacking_gpus": nearest.lacks_gpus,
            "lacking_cpus": nearest.lacks_cpus,
            "start_by": start.map(time),
            "tasks": holders.iter().map(holding).collect::<Vec<_>>(),
            "withheld": withheld.as_ref().map(gpus::withheld),
        }),
    }
}

fn holding(holding: &Holding) -> Value {
    json!({
        "task_id": holding.task.as_str(),
        "owner": holding.owner,
        "gpu_ids": holding.gpus,
        "cpus": holding.cpus,
        "ends_by": holding.ends_by.map(time),
        "idle_seconds": holding.idle.map(|idle| idle.num_seconds()),
    })
}

fn started(started: &Started) -> Value {
    let grant = &started.grant;
    let (pid, began) = match started.began {
        Began::Runs { pid } => (Some(pid), "started"),
        Began::TakenOver { pid } => (Some(pid), "taken_over"),
        Began::Ended => (None, "ended"),
    };
    json!({
        "task_id": grant.task.as_str(),
        "server_id": grant.server_id,
        "server_name": grant.server_name.as_str(),
        "gpu_ids": grant.gpus,
        "cpus": grant.cpus,
        "owner": grant.owner,
        "began": began,
        "pid": pid,
        "log": started.log.to_string_lossy(),
        "state": state_path(&started.state),
        "created": started.state.created,
        "freed_tasks": freed(&started.state.freed),
    })
}

fn allocated(allocated: &Allocated) -> Value {
    let grant = &allocated.grant;
    let environment: serde_json::Map<_, _> = allocated
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    json!({
        "task_id": grant.task.as_str(),
        "server_id": grant.server_id,
        "server_name": grant.server_name.as_str(),
        "gpu_ids": grant.gpus,
        "gpu_devices": allocated.gpu_devices(),
        "cpus": grant.cpus,
        "owner": grant.owner,
        "start_time": time(grant.start),
        "end_time": grant.term.map(|term| time(term.end)),
        "environment": environment,
        "state": state_path(&allocated.state),
        "created": allocated.state.created,
        "freed_tasks": freed(&allocated.state.freed),
    })
}

fn released(given_back: &GivenBack) -> Value {
    let released = &given_back.released;
    json!({
        "freed_tasks": freed(&given_back.state.freed),
        "still_running": given_back.running.iter().map(|process| process.pid).collect::<Vec<_>>(),
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
