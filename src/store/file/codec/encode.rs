//! From a cluster back to text.
//!
//! Over an old text only what changed is written anew: its bytes are spliced in, and everything
//! else, known or not, stays as it was. So a change of one server among ten thousand costs little
//! more than copying the file.

use super::VERSION;
use super::auto_program;
use super::cards;
use super::decode::{layout, one_task};
use super::lease;
use super::object::{self, Field};
use super::places::Places;
use super::program;
use super::splice::{Pieces, Splice};
use super::step;
use super::waiter;
use crate::allocator::{Cluster, GpuId, Name, Server, Task, Timestamp};
use crate::store::error::Damage;
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

/// The field of a task that holds a list of objects.
const STEPS: &str = "steps";

#[derive(Deserialize)]
struct ServerParts<'t> {
    #[serde(borrow)]
    server_name: Cow<'t, str>,
    #[serde(borrow)]
    server_id: &'t RawValue,
    #[serde(borrow)]
    total_gpus: &'t RawValue,
    #[serde(borrow)]
    available_gpus: &'t RawValue,
    #[serde(borrow)]
    total_cpus: &'t RawValue,
    #[serde(borrow)]
    available_cpus: &'t RawValue,
    #[serde(borrow)]
    drain: Option<&'t RawValue>,
    #[serde(borrow)]
    host: Option<&'t RawValue>,
    #[serde(borrow)]
    gpu_model: Option<&'t RawValue>,
    #[serde(borrow)]
    gpu_memory: Option<&'t RawValue>,
    #[serde(borrow)]
    gpu_uuids: Option<&'t RawValue>,
    #[serde(borrow)]
    running_tasks: &'t RawValue,
}

/// The text of this cluster, over the old text it was decoded from, if there is one.
pub(in crate::store) fn encode<'t>(
    old: Option<(&'t str, &Places)>,
    cluster: &Cluster,
    now: Timestamp,
) -> Result<Pieces<'t>, Damage> {
    match old {
        None => Ok(vec![Cow::Owned(fresh_file(cluster, now))]),
        Some((old, places)) => {
            spliced_file(old, places, cluster, now).map_err(|error| layout(&error))
        }
    }
}

fn fresh_file(cluster: &Cluster, now: Timestamp) -> String {
    let servers = cluster
        .servers()
        .iter()
        .enumerate()
        .map(|(id, server)| Cow::Owned(fresh_server(id, server)));
    format!(
        "{{\n  \"servers\": {},\n  \"last_updated\": {},\n  \"version\": {}{}{}\n}}\n",
        list(servers, 4),
        time(now),
        json(VERSION),
        waiter::fresh(cluster.queue()),
        auto_program::fresh(cluster.auto_programs()),
    )
}

fn spliced_file<'t>(
    old: &'t str,
    places: &Places,
    cluster: &Cluster,
    now: Timestamp,
) -> serde_json::Result<Pieces<'t>> {
    let mut splice = Splice::of(old);
    splice_file(&mut splice, places, cluster, now)?;
    let stay = places.servers.len() == cluster.servers().len();
    if !(stay && splice_in_place(&mut splice, places, cluster)?) {
        splice = Splice::of(old);
        splice_file(&mut splice, places, cluster, now)?;
        let servers = list_of_servers(old)?;
        splice.replace(servers.get(), moved_servers(servers, cluster)?);
    }
    Ok(splice.pieces())
}

/// What is not a server's.
fn splice_file(
    splice: &mut Splice<'_>,
    places: &Places,
    cluster: &Cluster,
    now: Timestamp,
) -> serde_json::Result<()> {
    let old = splice.text();
    splice.replace(&old[places.last_updated.clone()], time(now));
    if cluster.queue_edited() {
        waiter::splice(splice, cluster)?;
    }
    if cluster.auto_programs_edited() {
        auto_program::splice(splice, cluster)?;
    }
    Ok(())
}

/// False if an edited server is not the one that stood at its position before. Servers move only
/// by being replaced all together, and then all count as edited.
fn splice_in_place(
    splice: &mut Splice<'_>,
    places: &Places,
    cluster: &Cluster,
) -> serde_json::Result<bool> {
    for &id in cluster.edited() {
        let server = &cluster.servers()[id];
        let parts = server_parts(&splice.text()[places.servers[id]..])?;
        if parts.server_name != server.name.as_str() {
            return Ok(false);
        }
        splice_server(splice, &parts, id, server)?;
    }
    Ok(true)
}

/// The parts of the server with which this text begins.
fn server_parts(text: &str) -> serde_json::Result<ServerParts<'_>> {
    ServerParts::deserialize(&mut serde_json::Deserializer::from_str(text))
}

fn list_of_servers(text: &str) -> serde_json::Result<&RawValue> {
    #[derive(Deserialize)]
    struct File<'t> {
        #[serde(borrow)]
        servers: &'t RawValue,
    }
    serde_json::from_str(text).map(|file: File<'_>| file.servers)
}

/// The list of servers after some came, went or moved: each that stays keeps what it had.
fn moved_servers(old: &RawValue, cluster: &Cluster) -> serde_json::Result<String> {
    let old: Vec<&RawValue> = serde_json::from_str(old.get())?;
    let mut by_name = HashMap::with_capacity(old.len());
    for text in old.into_iter().map(RawValue::get) {
        let parts = server_parts(text)?;
        by_name.insert(parts.server_name.clone(), (text, parts));
    }
    let text = |(id, server): (usize, &Server)| match by_name.get(server.name.as_str()) {
        None => Ok(Cow::Owned(fresh_server(id, server))),
        Some((old, parts)) => {
            let mut splice = Splice::of(old);
            splice_server(&mut splice, parts, id, server)?;
            Ok(Cow::Owned(splice.pieces().concat()))
        }
    };
    let texts = cluster.servers().iter().enumerate().map(text);
    Ok(list(
        texts.collect::<serde_json::Result<Vec<_>>>()?.into_iter(),
        4,
    ))
}

fn splice_server<'t>(
    splice: &mut Splice<'t>,
    parts: &ServerParts<'t>,
    id: usize,
    server: &Server,
) -> serde_json::Result<()> {
    splice.replace(parts.server_id.get(), id.to_string());
    splice.replace(parts.total_gpus.get(), server.total_gpus.to_string());
    splice.replace(parts.available_gpus.get(), gpu_list(&server.free_gpus));
    splice.replace(parts.total_cpus.get(), server.total_cpus.to_string());
    splice.replace(parts.available_cpus.get(), server.free_cpus.to_string());
    splice.replace(
        parts.running_tasks.get(),
        spliced_tasks(parts.running_tasks.get(), &server.tasks)?,
    );
    let written = [
        parts.drain,
        parts.host,
        parts.gpu_model,
        parts.gpu_memory,
        parts.gpu_uuids,
    ];
    for (written, (key, value)) in written.into_iter().zip(optional_fields(server)) {
        match (written, value) {
            (Some(written), None) if written.get() == "false" => {}
            (Some(written), None) => splice.remove_field(written.get()),
            (Some(written), Some(value)) => splice.replace(written.get(), value),
            (None, Some(value)) => {
                let field = format!(",\n      \"{key}\": {value}");
                splice.insert_after(parts.running_tasks.get(), field);
            }
            (None, None) => {}
        }
    }
    Ok(())
}

/// What v0.1 does not have, in the order it is written; none where it is to be absent.
fn optional_fields(server: &Server) -> [Field; 5] {
    let [models, memory, uuids] = cards::fields(&server.cards);
    [
        ("drain", server.drain.then(|| "true".to_owned())),
        ("host", server.host.as_deref().map(json)),
        models,
        memory,
        uuids,
    ]
}

/// A task that is as it was keeps its text, and with it what gpumgr does not know. One that got the
/// name of another, which ended at the same moment, has nothing of that.
fn spliced_tasks(old: &str, tasks: &[Task]) -> serde_json::Result<String> {
    let texts: Vec<&RawValue> = serde_json::from_str(old)?;
    let mut old = HashMap::with_capacity(texts.len());
    for text in texts.into_iter().map(RawValue::get) {
        if let Some(task) = one_task(text)? {
            old.insert(task.id.clone(), (task, text));
        }
    }
    let text = |task: &Task| match old.get(&task.id) {
        Some((same, text)) if same == task => Ok(Cow::Borrowed(*text)),
        Some((was, text)) if was.start == task.start => {
            merged_task(text, was, task).map(Cow::Owned)
        }
        _ => Ok(Cow::Owned(fresh_task(task))),
    };
    let texts: Vec<_> = tasks.iter().map(text).collect::<serde_json::Result<_>>()?;
    Ok(list(texts.into_iter(), 8))
}

/// Unknown fields stay, of the task and of the steps that go on.
fn merged_task(text: &str, was: &Task, task: &Task) -> serde_json::Result<String> {
    let mut fields = task_fields(task);
    if was.steps != task.steps
        && let Some(steps) = fields.iter_mut().find(|(key, _)| *key == STEPS)
    {
        steps.1 = step::encode_over(text, &task.steps)?;
    }
    object::merged(text, &task_fields(was), &fields, 10)
}

fn fresh_server(id: usize, server: &Server) -> String {
    let Server {
        name,
        total_gpus,
        free_gpus,
        total_cpus,
        free_cpus,
        drain: _,
        host: _,
        cards: _,
        outlook: _,
        tasks,
    } = server;
    let optional: String = optional_fields(server)
        .into_iter()
        .filter_map(|(key, value)| Some(format!(",\n      \"{key}\": {}", value?)))
        .collect();
    format!(
        r#"{{
      "server_id": {id},
      "server_name": {},
      "total_gpus": {total_gpus},
      "available_gpus": {},
      "total_cpus": {total_cpus},
      "available_cpus": {free_cpus},
      "running_tasks": {}{optional}
    }}"#,
        name_json(name),
        gpu_list(free_gpus),
        list(tasks.iter().map(|task| Cow::Owned(fresh_task(task))), 8),
    )
}

fn fresh_task(task: &Task) -> String {
    object::fresh(&task_fields(task), 10)
}

fn task_fields(task: &Task) -> Vec<Field> {
    let Task {
        id,
        gpus,
        cpus,
        start,
        owner,
        term,
        lease,
        idle_since,
        program,
        steps,
    } = task;
    vec![
        ("task_id", Some(name_json(id))),
        ("allocated_gpus", Some(gpu_list(gpus))),
        ("allocated_cpus", Some(cpus.to_string())),
        ("start_time", Some(exact_time(*start))),
        ("owner", owner.as_deref().map(json)),
        ("end_time", term.map(|term| exact_time(term.end))),
        (
            "ttl_seconds",
            term.map(|term| term.ttl.num_seconds().to_string()),
        ),
        ("lease", lease.as_deref().map(lease::encode)),
        ("idle_since", idle_since.map(exact_time)),
        ("program", program.as_deref().map(program::encode)),
        (STEPS, step::encode(steps)),
    ]
}

pub(super) fn name_json(name: &Name) -> String {
    json(name.as_str())
}

pub(super) fn json(text: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_value(text)
        .map(|value| value.to_string())
        .unwrap_or_default()
}

fn time(time: Timestamp) -> String {
    json(&time.to_rfc3339_opts(SecondsFormat::Secs, false))
}

/// As exact as v0.1 writes it; a second is long for who waits.
pub(super) fn exact_time(time: Timestamp) -> String {
    json(&time.to_rfc3339_opts(SecondsFormat::AutoSi, false))
}

pub(super) fn gpu_list(gpus: &[GpuId]) -> String {
    let ids: Vec<_> = gpus.iter().map(GpuId::to_string).collect();
    format!("[{}]", ids.join(", "))
}

/// A list with an item a line, indented by that many columns.
pub(super) fn list<'t>(items: impl Iterator<Item = Cow<'t, str>>, indent: usize) -> String {
    let mut text = String::from("[");
    let mut separator = "";
    for item in items {
        let _ = write!(text, "{separator}\n{:indent$}{item}", "");
        separator = ",";
    }
    if !separator.is_empty() {
        let _ = write!(text, "\n{:1$}", "", indent - 2);
    }
    text.push(']');
    text
}
