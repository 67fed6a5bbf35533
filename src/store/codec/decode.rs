//! From text to a checked cluster.

use super::VERSION;
use crate::allocator::{Cluster, Disagreement, GpuId, Name, Server, Task, Timestamp, What};
use crate::store::error::Damage;
use chrono::{DateTime, Local, NaiveDateTime, TimeZone};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::string::FromUtf8Error;

#[derive(Deserialize)]
struct FileFields<'t> {
    #[serde(borrow)]
    servers: Vec<Object<ServerFields<'t>>>,
    #[serde(rename = "last_updated")]
    _last_updated: IgnoredAny,
    #[serde(borrow)]
    version: Cow<'t, str>,
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
    #[serde(borrow)]
    running_tasks: Vec<Object<TaskFields<'t>>>,
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
}

/// A JSON object; serde alone would also take a list of the fields' values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// What a file of another version still has.
#[derive(Deserialize)]
struct VersionField<'t> {
    #[serde(borrow)]
    version: Cow<'t, str>,
}

/// The cluster that this text describes.
pub(in crate::store) fn decode(text: &str) -> Result<Cluster, Damage> {
    let file: FileFields<'_> = match serde_json::from_str(text) {
        Ok(Object(file)) => file,
        Err(error) => return Err(other_version(text).unwrap_or_else(|| layout(&error))),
    };
    if file.version != VERSION {
        return Err(Damage::Version(file.version.into_owned()));
    }
    let servers = file.servers.into_iter().enumerate();
    let servers = servers
        .map(|(position, Object(fields))| server(position, fields))
        .collect::<Result<_, _>>()?;
    Ok(Cluster::new(servers)?)
}

/// A newer layout may be any other JSON, so its version is looked for alone.
fn other_version(text: &str) -> Option<Damage> {
    let Object(file): Object<VersionField<'_>> = serde_json::from_str(text).ok()?;
    (file.version != VERSION).then(|| Damage::Version(file.version.into_owned()))
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

fn server(position: usize, fields: ServerFields<'_>) -> Result<Server, Damage> {
    let at = |field: &str| format!("servers[{position}].{field}");
    if usize::try_from(fields.server_id) != Ok(position) {
        return Err(Damage::ServerId {
            at: at("server_id"),
            found: fields.server_id,
            position,
        });
    }
    let tasks = fields.running_tasks.into_iter().enumerate();
    let task = |(index, Object(task))| {
        self::task(task, |field| at(&format!("running_tasks[{index}].{field}")))
    };
    Ok(Server {
        name: name(fields.server_name, || at("server_name"))?,
        total_gpus: fields.total_gpus,
        free_gpus: fields.available_gpus,
        total_cpus: fields.total_cpus,
        free_cpus: fields.available_cpus,
        drain: fields.drain,
        tasks: tasks.map(task).collect::<Result<_, _>>()?,
    })
}

/// The task that this text alone describes.
pub(super) fn one_task(text: &str) -> serde_json::Result<Option<Task>> {
    let fields: TaskFields<'_> = serde_json::from_str(text)?;
    let mut task = task(fields, str::to_owned).ok();
    task.iter_mut().for_each(|task| task.gpus.sort_unstable());
    Ok(task)
}

fn task(fields: TaskFields<'_>, at: impl Fn(&str) -> String) -> Result<Task, Damage> {
    Ok(Task {
        id: name(fields.task_id, || at("task_id"))?,
        gpus: fields.allocated_gpus,
        cpus: fields.allocated_cpus,
        start: time(&fields.start_time).ok_or_else(|| Damage::Time {
            at: at("start_time"),
            text: fields.start_time.into_owned(),
        })?,
        owner: fields.owner,
    })
}

fn name(text: Cow<'_, str>, at: impl Fn() -> String) -> Result<Name, Damage> {
    Name::try_from(text.into_owned()).map_err(|why| Damage::Name { at: at(), why })
}

/// With an offset, or without one: then it is local time, as v0.1 wrote it.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time);
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    // An hour that a clock change skipped never was; read as UTC it is at least a time.
    let local = Local.from_local_datetime(&naive).earliest();
    local
        .or_else(|| Some(Local.from_utc_datetime(&naive)))
        .map(|time| time.fixed_offset())
}

/// Where in the file a disagreement stands.
pub(in crate::store) fn path_of(wrong: &Disagreement) -> String {
    let server = wrong
        .server
        .map(|index| format!("[{index}]"))
        .unwrap_or_default();
    let task = wrong
        .task
        .map(|index| format!(".running_tasks[{index}]"))
        .unwrap_or_default();
    format!(
        "servers{server}{task}{}",
        field(&wrong.what, wrong.task.is_some())
    )
}

fn field(what: &What, in_task: bool) -> &'static str {
    match what {
        What::TooManyServers(_) => "",
        What::TooManyGpus(_) => ".total_gpus",
        What::TooManyCpus(_) => ".total_cpus",
        What::SameServer(_) => ".server_name",
        What::SameTask(_) => ".task_id",
        What::NoSuchGpu(_) | What::GpuTwice(_) | What::GpuLost(_) if in_task => ".allocated_gpus",
        What::NoSuchGpu(_) | What::GpuTwice(_) | What::GpuLost(_) => ".available_gpus",
        What::Cpus { .. } => ".available_cpus",
    }
}
