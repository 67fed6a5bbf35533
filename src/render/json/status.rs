//! `--status` and `--detail`: written as they are read, for there may be thousands of servers.
//!
//! The fields stand in the order of the alphabet, as in all other documents.

use super::{freed, gpus, percent, steps, time, totals};
use crate::allocator::{LeaseKind, Phase, Program, Server, Task};
use crate::outcome::Status;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Serialize)]
pub(super) struct StatusDocument<'s> {
    config: Option<Cow<'s, str>>,
    config_differs: bool,
    ended_tasks: Vec<Value>,
    initialized: bool,
    servers: Servers<'s>,
    state: Cow<'s, str>,
    totals: Value,
    waiting: usize,
}

struct Servers<'s>(&'s Status);

#[derive(Serialize)]
struct ServerEntry<'s> {
    available_cpus: u32,
    available_gpus: &'s [u16],
    cpu_use_percent: f64,
    drain: bool,
    gpu_use_percent: f64,
    /// What the driver tells of each GPU; `None` if the server is not this machine.
    gpus: Option<Vec<Value>>,
    host: Option<&'s str>,
    running_tasks: Tasks<'s>,
    server_id: usize,
    server_name: &'s str,
    total_cpus: u32,
    total_gpus: u32,
}

struct Tasks<'s> {
    tasks: &'s [Task],
    status: &'s Status,
}

#[derive(Serialize)]
struct TaskEntry<'s> {
    age_seconds: i64,
    allocated_cpus: u32,
    allocated_gpus: &'s [u16],
    end_time: Option<String>,
    ends_with: Option<&'static str>,
    idle_seconds: Option<i64>,
    owner: Option<&'s str>,
    program: Option<ProgramEntry<'s>>,
    seconds_left: Option<i64>,
    start_time: String,
    steps: Vec<Value>,
    task_id: &'s str,
    ttl_seconds: Option<i64>,
}

#[derive(Serialize)]
struct ProgramEntry<'s> {
    attended: bool,
    automatic_gpus: u32,
    leaving_gpus: &'s [u16],
    phase: &'static str,
    pid: Option<u32>,
    restarts: u32,
    scaled: Option<String>,
}

impl<'s> StatusDocument<'s> {
    pub(super) fn of(status: &'s Status) -> Self {
        Self {
            config: status.config.as_deref().map(|path| path.to_string_lossy()),
            config_differs: status.state.differs,
            ended_tasks: freed(&status.ended),
            initialized: status.initialized,
            servers: Servers(status),
            state: status.state.path.to_string_lossy(),
            totals: totals(&status.totals),
            waiting: status.waiting,
        }
    }
}

impl Serialize for Servers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let servers = self.0.servers.iter();
        serializer.collect_seq(servers.map(|(id, server)| ServerEntry::of(*id, server, self.0)))
    }
}

impl<'s> ServerEntry<'s> {
    fn of(id: usize, server: &'s Server, status: &'s Status) -> Self {
        let free_gpus = u32::try_from(server.free_gpus.len()).unwrap_or(server.total_gpus);
        let measured = status.measured.as_ref().filter(|(other, _)| *other == id);
        Self {
            available_cpus: server.free_cpus,
            available_gpus: &server.free_gpus,
            cpu_use_percent: percent(server.total_cpus - server.free_cpus, server.total_cpus),
            drain: server.drain,
            gpu_use_percent: percent(server.total_gpus - free_gpus, server.total_gpus),
            gpus: measured.map(|(_, sample)| gpus::measured(server, sample)),
            host: server.host.as_deref(),
            running_tasks: Tasks {
                tasks: &server.tasks,
                status,
            },
            server_id: id,
            server_name: server.name.as_str(),
            total_cpus: server.total_cpus,
            total_gpus: server.total_gpus,
        }
    }
}

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tasks = self.tasks.iter();
        serializer.collect_seq(tasks.map(|task| TaskEntry::of(task, self.status)))
    }
}

impl<'s> TaskEntry<'s> {
    fn of(task: &'s Task, status: &'s Status) -> Self {
        let now = status.now;
        let idle = task.idle(now, status.idle_warning);
        let program = task.program.as_deref();
        Self {
            age_seconds: (now - task.start).num_seconds().max(0),
            allocated_cpus: task.cpus,
            allocated_gpus: &task.gpus,
            end_time: task.term.map(|term| time(term.end)),
            ends_with: task.lease.as_deref().map(|lease| ends_with(lease.tie)),
            idle_seconds: idle.map(|idle| idle.num_seconds()),
            owner: task.owner.as_deref(),
            program: program.map(|program| ProgramEntry::of(program, task, status)),
            seconds_left: task.term.map(|term| (term.end - now).num_seconds().max(0)),
            start_time: time(task.start),
            steps: steps::of_task(task, now),
            task_id: task.id.as_str(),
            ttl_seconds: task.term.map(|term| term.ttl.num_seconds()),
        }
    }
}

impl<'s> ProgramEntry<'s> {
    fn of(program: &'s Program, task: &Task, status: &Status) -> Self {
        Self {
            attended: !status.unattended.contains(&task.id),
            automatic_gpus: program.automatic,
            leaving_gpus: &program.leaving,
            phase: match program.phase {
                Phase::Starting => "starting",
                Phase::Running => "running",
                Phase::Retrying => "retrying",
                Phase::Stopping => "stopping",
            },
            pid: program.pid,
            restarts: program.restarts,
            scaled: program.scaled.map(time),
        }
    }
}

fn ends_with(tie: LeaseKind) -> &'static str {
    match tie {
        LeaseKind::Run => "command",
        LeaseKind::Process => "process",
        LeaseKind::Claim => "waiting",
    }
}
