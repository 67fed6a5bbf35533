//! From text to a checked cluster.

use super::VERSION;
use super::auto_program::{self, AutoFields};
use super::cards::{self, Written};
use super::lease::{self, LeaseFields};
use super::places::{Object, Places, look_for_servers, range_of, start_of_object};
use super::program::{self, ProgramFields};
use super::step::{self, FoundStep};
use super::waiter::{FoundWaiter, waiters};
use crate::allocator::{
    Availability, Cluster, Deadline, GpuId, MAX_TTL, Name, Server, Task, Timestamp,
};
use crate::store::error::{Damage, NotAState};
use chrono::{DateTime, Local, LocalResult, NaiveDateTime, TimeDelta, TimeZone};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::string::FromUtf8Error;

#[derive(Deserialize)]
struct FileFields<'t> {
    servers: Vec<FoundServer>,
    #[serde(borrow)]
    last_updated: &'t RawValue,
    #[serde(borrow)]
    version: Cow<'t, str>,
    queue: Option<Vec<FoundWaiter>>,
    #[serde(borrow)]
    auto_programs: Option<Vec<Object<AutoFields<'t>>>>,
}

#[derive(Deserialize)]
struct ServerFields<'t> {
    server_id: u64,
    #[serde(borrow)]
    server_name: Cow<'t, str>,
    total_gpus: u32,
    available_gpus: Vec<GpuId>,
    total_cpus: u32,
    available_cpus: u32,
    #[serde(default)]
    drain: bool,
    host: Option<String>,
    gpu_model: Option<Written>,
    gpu_memory: Option<Written>,
    gpu_uuids: Option<Vec<String>>,
    running_tasks: Vec<FoundTask>,
}

#[derive(Deserialize)]
struct TaskFields<'t> {
    #[serde(borrow)]
    task_id: Cow<'t, str>,
    allocated_gpus: Vec<GpuId>,
    allocated_cpus: u32,
    #[serde(borrow)]
    start_time: Cow<'t, str>,
    owner: Option<String>,
    #[serde(borrow)]
    end_time: Option<Cow<'t, str>>,
    ttl_seconds: Option<u64>,
    #[serde(borrow)]
    lease: Option<LeaseFields<'t>>,
    #[serde(borrow)]
    idle_since: Option<Cow<'t, str>>,
    #[serde(borrow)]
    program: Option<ProgramFields<'t>>,
    steps: Option<Vec<FoundStep>>,
}

/// A server as soon as it is read: a large file is never there in two forms at once.
struct FoundServer {
    first_key: Option<usize>,
    id: u64,
    server: Result<Server, Box<Damage>>,
}

impl<'de> Deserialize<'de> for FoundServer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object { value, first_key } = Object::<ServerFields<'de>>::deserialize(deserializer)?;
        Ok(Self {
            first_key,
            id: value.server_id,
            server: server(value),
        })
    }
}

/// A task as soon as it is read.
struct FoundTask(Result<Task, Box<Damage>>);

impl<'de> Deserialize<'de> for FoundTask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<TaskFields<'de>>::deserialize(deserializer).map(|fields| Self(task(fields.value)))
    }
}

/// What a file of another version still has.
#[derive(Deserialize)]
struct VersionField<'t> {
    #[serde(borrow)]
    version: Cow<'t, str>,
}

/// The cluster that this text describes, and where in it things stand.
pub(in crate::store) fn decode(text: &str) -> Result<(Cluster, Places), NotAState> {
    let file: FileFields<'_> = match serde_json::from_str::<Object<_>>(text) {
        Ok(file) => file.value,
        Err(error) => return Err(other_version(text).unwrap_or_else(|| layout(&error).into())),
    };
    if file.version != VERSION {
        return Err(NotAState::OtherVersion(file.version.into_owned()));
    }
    let last_updated = range_of(text, file.last_updated.get());
    let waiters = waiters(file.queue.unwrap_or_default())?;
    let auto_programs = auto_program::decode(file.auto_programs.unwrap_or_default())?;
    let starts: Option<_> = file
        .servers
        .iter()
        .map(|server| start_of_object(text, server.first_key))
        .collect();
    let servers = file.servers.into_iter().enumerate();
    let servers = servers.map(in_its_place).collect::<Result<_, Damage>>()?;
    let cluster = Cluster::new(servers).map_err(Damage::from)?;
    let cluster = cluster
        .with_queue(waiters)
        .with_auto_programs(auto_programs);
    let servers = match starts {
        Some(starts) => starts,
        None => look_for_servers(text).map_err(|error| layout(&error))?,
    };
    Ok((
        cluster,
        Places {
            servers,
            last_updated,
        },
    ))
}

/// The server, if its ID is its position.
fn in_its_place((position, found): (usize, FoundServer)) -> Result<Server, Damage> {
    if usize::try_from(found.id) != Ok(position) {
        let at = format!("servers[{position}].server_id");
        return Err(Damage::ServerId {
            at,
            found: found.id,
            position,
        });
    }
    found
        .server
        .map_err(|damage| damage.within(&format!("servers[{position}].")))
}

/// A newer layout may be any other JSON, so its version is looked for alone.
fn other_version(text: &str) -> Option<NotAState> {
    let file: VersionField<'_> = serde_json::from_str::<Object<_>>(text).ok()?.value;
    (file.version != VERSION).then(|| NotAState::OtherVersion(file.version.into_owned()))
}

pub(super) fn layout(error: &serde_json::Error) -> Damage {
    Damage::Layout {
        message: error.to_string(),
        torn: error.is_eof() || error.is_syntax(),
    }
}

/// The damage of a file that is no text at all.
pub(in crate::store) fn not_text(error: &FromUtf8Error) -> Damage {
    let valid = error.utf8_error().valid_up_to();
    let line = 1 + error.as_bytes()[..valid]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count();
    Damage::Layout {
        message: format!("invalid UTF-8 at line {line}"),
        torn: true,
    }
}

fn server(fields: ServerFields<'_>) -> Result<Server, Box<Damage>> {
    let tasks = fields.running_tasks.into_iter().enumerate();
    let tasks = tasks.map(|(index, FoundTask(task))| {
        task.map_err(|damage| Box::new(damage.within(&format!("running_tasks[{index}]."))))
    });
    Ok(Server {
        name: name(fields.server_name, "server_name")?,
        total_gpus: fields.total_gpus,
        free_gpus: fields.available_gpus,
        total_cpus: fields.total_cpus,
        free_cpus: fields.available_cpus,
        drain: fields.drain,
        host: fields.host,
        cards: cards::decode(fields.gpu_model, fields.gpu_memory, fields.gpu_uuids)?,
        outlook: Availability::default(),
        tasks: tasks.collect::<Result<_, _>>()?,
    })
}

/// The task that this text alone describes.
pub(super) fn one_task(text: &str) -> serde_json::Result<Option<Task>> {
    let FoundTask(task) = serde_json::from_str(text)?;
    let mut task = task.ok();
    task.iter_mut().for_each(|task| task.gpus.sort_unstable());
    Ok(task)
}

fn task(fields: TaskFields<'_>) -> Result<Task, Box<Damage>> {
    let start = time_of(&fields.start_time, "start_time")?;
    let end = fields.end_time.map(|end| time_of(&end, "end_time"));
    let ttl = fields.ttl_seconds.map(|ttl| seconds(ttl, "ttl_seconds"));
    let idle_since = fields.idle_since.map(|since| time_of(&since, "idle_since"));
    let (end, ttl) = (end.transpose()?, ttl.transpose()?);
    Ok(Task {
        id: name(fields.task_id, "task_id")?,
        gpus: fields.allocated_gpus,
        cpus: fields.allocated_cpus,
        start,
        owner: fields.owner,
        term: end.map(|end| Deadline {
            ttl: ttl.unwrap_or(end - start),
            end,
        }),
        lease: fields.lease.map(lease::decode).transpose()?.map(Box::new),
        idle_since: idle_since.transpose()?,
        program: fields
            .program
            .map(program::decode)
            .transpose()?
            .map(Box::new),
        steps: step::decode(fields.steps.unwrap_or_default())?,
    })
}

pub(super) fn seconds(seconds: u64, field: &str) -> Result<TimeDelta, Damage> {
    let known = i64::try_from(seconds).ok().map(TimeDelta::try_seconds);
    let within = known.flatten().filter(|seconds| *seconds <= MAX_TTL);
    within.ok_or_else(|| Damage::Value {
        at: field.to_owned(),
        why: format!("{seconds} seconds are too long"),
    })
}

pub(super) fn time_of(text: &str, field: &str) -> Result<Timestamp, Damage> {
    time(text).ok_or_else(|| Damage::Time {
        at: field.to_owned(),
        text: text.to_owned(),
    })
}

pub(super) fn name(text: Cow<'_, str>, field: &str) -> Result<Name, Damage> {
    Name::try_from(text.into_owned()).map_err(|why| Damage::Name {
        at: field.to_owned(),
        why,
    })
}

/// With an offset, or without one: then it is local time, as v0.1 wrote it.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time);
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let local = match Local.from_local_datetime(&naive) {
        LocalResult::Single(time) => Some(time),
        LocalResult::Ambiguous(one, other) => earlier(&naive, [one, other]),
        LocalResult::None => skipped(&naive),
    };
    let local = local.unwrap_or_else(|| Local.from_utc_datetime(&naive));
    Some(local.fixed_offset())
}

/// The first moment at which a clock shows that time. chrono tells them in any order, and one too many at
/// the end of the hour that comes twice.
fn earlier(naive: &NaiveDateTime, moments: [DateTime<Local>; 2]) -> Option<DateTime<Local>> {
    let shown = |moment: &DateTime<Local>| Local.from_utc_datetime(&moment.naive_utc());
    let moments = moments.into_iter();
    moments
        .filter(|moment| shown(moment).naive_local() == *naive)
        .min()
}

/// The moment meant by a time that a clock change skipped: a clock that was not changed shows it.
fn skipped(naive: &NaiveDateTime) -> Option<DateTime<Local>> {
    let day_before = naive.checked_sub_signed(TimeDelta::days(1))?;
    let before = Local.offset_from_utc_datetime(&day_before);
    let meant = before.from_local_datetime(naive).earliest()?;
    Some(meant.with_timezone(&Local))
}
