//! Who waits: the one part of the file that v0.1 does not have.

use super::decode::{name, seconds, time_of};
use super::demand::{self, DemandFields};
use super::encode::{exact_time, json, list, name_json};
use super::lease::{self, LeaseFields};
use super::object::{self, Field};
use super::places::{Object, QueueParts};
use super::splice::Splice;
use crate::allocator::{Cluster, GpuId, Request, Waiter};
use crate::store::error::Damage;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
struct WaiterFields<'t> {
    #[serde(borrow)]
    task_id: Cow<'t, str>,
    gpus: Option<u32>,
    gpu_ids: Option<Vec<GpuId>>,
    cpus: Option<u32>,
    gpu_model: Option<String>,
    gpu_memory: Option<String>,
    prefer_server: Option<String>,
    owner: Option<String>,
    host: Option<String>,
    ttl_seconds: Option<u64>,
    #[serde(borrow)]
    since: Cow<'t, str>,
    order: Option<i64>,
    #[serde(borrow)]
    until: Option<Cow<'t, str>>,
    #[serde(borrow)]
    reserved_server: Option<Cow<'t, str>>,
    #[serde(borrow)]
    avoid_server: Option<Cow<'t, str>>,
    #[serde(borrow)]
    avoid_until: Option<Cow<'t, str>>,
    #[serde(default)]
    cancelled: bool,
    #[serde(borrow)]
    lease: LeaseFields<'t>,
}

/// A waiter as soon as it is read.
pub(super) struct FoundWaiter(Result<Waiter, Box<Damage>>);

impl<'de> Deserialize<'de> for FoundWaiter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<WaiterFields<'de>>::deserialize(deserializer)
            .map(|fields| Self(waiter(fields.value)))
    }
}

pub(super) fn waiters(found: Vec<FoundWaiter>) -> Result<Vec<Waiter>, Damage> {
    let waiter = |(position, FoundWaiter(waiter)): (usize, FoundWaiter)| {
        waiter.map_err(|damage| damage.within(&format!("queue[{position}].")))
    };
    let waiters: Vec<_> = found
        .into_iter()
        .enumerate()
        .map(waiter)
        .collect::<Result<_, _>>()?;
    let mut ids = HashSet::with_capacity(waiters.len());
    match waiters
        .iter()
        .position(|waiter| !ids.insert(&waiter.lease.id))
    {
        None => Ok(waiters),
        Some(position) => Err(Damage::Value {
            at: format!("queue[{position}].lease.id"),
            why: "it stands there and earlier".to_owned(),
        }),
    }
}

/// The waiter that this text alone describes.
fn one(text: &str) -> serde_json::Result<Option<Waiter>> {
    let FoundWaiter(waiter) = serde_json::from_str(text)?;
    Ok(waiter.ok())
}

fn waiter(fields: WaiterFields<'_>) -> Result<Waiter, Box<Damage>> {
    let demand = demand::decode(DemandFields {
        gpus: fields.gpus,
        gpu_ids: fields.gpu_ids,
        cpus: fields.cpus,
        gpu_model: fields.gpu_model,
        gpu_memory: fields.gpu_memory,
    })?;
    let avoided = fields.avoid_server.map(|at| name(at, "avoid_server"));
    let avoid_until = fields
        .avoid_until
        .map(|until| time_of(&until, "avoid_until"));
    let avoids = avoided.transpose()?.zip(avoid_until.transpose()?);
    let ttl = fields.ttl_seconds.map(|ttl| seconds(ttl, "ttl_seconds"));
    let until = fields.until.map(|until| time_of(&until, "until"));
    let reserved = fields.reserved_server.map(|at| name(at, "reserved_server"));
    Ok(Waiter {
        lease: lease::decode(fields.lease)?,
        request: Request {
            prefer: fields.prefer_server,
            owner: fields.owner,
            host: fields.host,
            ttl: ttl.transpose()?,
            avoids,
            ..Request::new(name(fields.task_id, "task_id")?, demand.gpus, demand.cpus)
                .on(demand.kind)
        },
        since: time_of(&fields.since, "since")?,
        order: fields.order,
        until: until.transpose()?,
        reserved: reserved.transpose()?,
        cancelled: fields.cancelled,
    })
}

/// The queue over what is written of it.
pub(super) fn splice(splice: &mut Splice<'_>, cluster: &Cluster) -> serde_json::Result<()> {
    let parts: QueueParts<'_> = serde_json::from_str(splice.text())?;
    match (parts.queue, cluster.queue()) {
        (None, []) => {}
        (None, queue) => splice.insert_after(parts.version.get(), fresh(queue)),
        (Some(written), []) => splice.remove_field(written.get()),
        (Some(written), queue) => {
            splice.replace(written.get(), spliced(written.get(), queue)?);
        }
    }
    Ok(())
}

/// The field behind the last one of a file; nothing if nobody waits.
pub(super) fn fresh(queue: &[Waiter]) -> String {
    if queue.is_empty() {
        return String::new();
    }
    let texts = queue.iter().map(|waiter| object::fresh(&fields(waiter), 6));
    format!(",\n  \"queue\": {}", list(texts.map(Cow::Owned), 4))
}

/// Who waits as before keeps their text, and whoever changed what is not known of it.
fn spliced(old: &str, queue: &[Waiter]) -> serde_json::Result<String> {
    let texts: Option<Vec<&RawValue>> = serde_json::from_str(old)?;
    let texts = texts.unwrap_or_default();
    let mut old = HashMap::with_capacity(texts.len());
    for text in texts.into_iter().map(RawValue::get) {
        if let Some(waiter) = one(text)? {
            old.insert(waiter.lease.id.clone(), (waiter, text));
        }
    }
    let text = |waiter: &Waiter| match old.get(&waiter.lease.id) {
        Some((same, text)) if same == waiter => Ok(Cow::Borrowed(*text)),
        Some((was, text)) => object::merged(text, &fields(was), &fields(waiter), 6).map(Cow::Owned),
        None => Ok(Cow::Owned(object::fresh(&fields(waiter), 6))),
    };
    let texts: Vec<_> = queue.iter().map(text).collect::<serde_json::Result<_>>()?;
    Ok(list(texts.into_iter(), 4))
}

fn fields(waiter: &Waiter) -> Vec<Field> {
    let Waiter {
        lease,
        request,
        since,
        order,
        until,
        reserved,
        cancelled,
    } = waiter;
    let avoids = request.avoids.as_ref();
    let [gpus, ids, cpus, model, memory] = demand::fields(&request.demand);
    vec![
        ("task_id", Some(name_json(&request.task))),
        gpus,
        ids,
        cpus,
        model,
        memory,
        ("prefer_server", request.prefer.as_deref().map(json)),
        ("owner", request.owner.as_deref().map(json)),
        ("host", request.host.as_deref().map(json)),
        (
            "ttl_seconds",
            request.ttl.map(|ttl| ttl.num_seconds().to_string()),
        ),
        ("since", Some(exact_time(*since))),
        ("order", order.map(|order| order.to_string())),
        ("until", until.map(exact_time)),
        ("reserved_server", reserved.as_ref().map(name_json)),
        ("avoid_server", avoids.map(|(server, _)| name_json(server))),
        ("avoid_until", avoids.map(|(_, until)| exact_time(*until))),
        ("cancelled", cancelled.then(|| "true".to_owned())),
        ("lease", Some(lease::encode(lease))),
    ]
}
