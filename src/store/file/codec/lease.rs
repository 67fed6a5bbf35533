//! What a task lives with, on one line.

use super::encode::json;
use super::object::{self, Field};
use crate::allocator::{Lease, LeaseId, LeaseKind, Process};
use crate::store::error::Damage;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct LeaseFields<'t> {
    #[serde(borrow)]
    id: Cow<'t, str>,
    tie: TieField,
    host: String,
    boot: Option<String>,
    pid_namespace: Option<u64>,
    pid: u32,
    started: u64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TieField {
    Run,
    Process,
    Claim,
}

pub(super) fn decode(fields: LeaseFields<'_>) -> Result<Lease, Box<Damage>> {
    let id = fields.id.parse::<LeaseId>().map_err(|why| Damage::Value {
        at: "lease.id".to_owned(),
        why: why.to_string(),
    })?;
    Ok(Lease {
        id,
        tie: match fields.tie {
            TieField::Run => LeaseKind::Run,
            TieField::Process => LeaseKind::Process,
            TieField::Claim => LeaseKind::Claim,
        },
        process: Process {
            host: fields.host,
            boot: fields.boot,
            namespace: fields.pid_namespace,
            pid: fields.pid,
            started: fields.started,
        },
    })
}

pub(super) fn encode(lease: &Lease) -> String {
    let Process {
        host,
        boot,
        namespace,
        pid,
        started,
    } = &lease.process;
    let tie = match lease.tie {
        LeaseKind::Run => "run",
        LeaseKind::Process => "process",
        LeaseKind::Claim => "claim",
    };
    let fields: [Field; 7] = [
        ("id", Some(json(lease.id.as_str()))),
        ("tie", Some(json(tie))),
        ("host", Some(json(host))),
        ("boot", boot.as_deref().map(json)),
        ("pid_namespace", namespace.map(|id| id.to_string())),
        ("pid", Some(pid.to_string())),
        ("started", Some(started.to_string())),
    ];
    object::in_one_line(&fields)
}
