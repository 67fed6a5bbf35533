//! The keys there are, and what they mean.

use super::document::{self, Mistakes, Placed, Table};
use super::mistake::{ConfigError, Wrong};
use super::names::server_name;
use super::translate::LIMITS;
use super::{Config, LOCK_TIMEOUT, STATE_FILE, V01_CLUSTER};
use super::{environment, gpus, monitor, notification, program, rotation};
use crate::allocator::{
    BadSpec, ClusterSpec, Limits, MAX_CPUS, MAX_GPUS, MAX_SERVERS, MAX_TTL, Quotas, ServerSpec,
};
use chrono::TimeDelta;
use std::path::Path;
use std::sync::Arc;

/// The settings that this text, standing in the file at this absolute path, describes.
pub(super) fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let failed = |mistakes| ConfigError::Mistakes {
        path: path.to_owned(),
        mistakes,
    };
    let document = document::parse(text).map_err(|mistake| failed(vec![mistake]))?;
    let mut mistakes = Mistakes::in_text(text);
    let config = settle(path, Table::root(document), &mut mistakes);
    let mistakes = mistakes.into_sorted();
    match config {
        Some(config) if mistakes.is_empty() => Ok(Config {
            text: text.into(),
            ..config
        }),
        _ => Err(failed(mistakes)),
    }
}

/// The settings where there is no file.
pub(super) fn without_file(folder: &Path) -> Result<Config, ConfigError> {
    let config = parse(&folder.join("config.toml"), "")?;
    Ok(Config {
        path: None,
        ..config
    })
}

fn settle(path: &Path, mut root: Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<Config> {
    let state_file = root.text("state_file", mistakes);
    let no_path = |(text, _): &&Placed<String>| text.is_empty() || text.contains('\0');
    if let Some((_, place)) = state_file.as_ref().filter(no_path) {
        mistakes.add(
            place,
            Wrong::NoPath {
                key: "state_file".to_owned(),
            },
        );
    }
    let lock_timeout = root.duration("lock_timeout", mistakes);
    let allow_local_locks = root.flag("allow_local_locks", mistakes).unwrap_or(false);
    let cluster = cluster(&mut root, mistakes);
    let limits = root
        .table("limits", mistakes)
        .map(|table| limits(table, mistakes))
        .unwrap_or_default();
    let limits = terms(&mut root, limits, mistakes);
    let environment = root
        .table("environment", mistakes)
        .map(|table| environment::read(table, mistakes));
    let (measuring, idle_warning) = root
        .table("gpu", mistakes)
        .map(|table| gpus::read(table, mistakes))
        .unwrap_or_default();
    let idle_warning = idle_warning.and_then(|warning| TimeDelta::from_std(warning).ok());
    let limits = Limits {
        idle_warning: idle_warning.unwrap_or(limits.idle_warning),
        ..limits
    };
    let task_prefix = root
        .text("task_prefix", mistakes)
        .and_then(|text| server_name(text, mistakes));
    let template = root.table("program_template", mistakes);
    let can_start = template.is_some();
    let program = template.and_then(|table| program::read(table, mistakes));
    let monitoring = monitor::read(&mut root, can_start, mistakes);
    let folder = path.parent().unwrap_or(path);
    let notification = root
        .table("notification", mistakes)
        .and_then(|table| notification::read(table, folder, mistakes));
    let log = root.table("log", mistakes).map(|mut table| {
        let log = rotation::read(&mut table, ["size", "count"], mistakes);
        table.finish(mistakes);
        log
    });
    // The guide has them there.
    root.misplaced(&LIMITS, "limits", mistakes);
    root.finish(mistakes);
    Some(Config {
        path: Some(path.to_owned()),
        passed_over: None,
        state_file: folder.join(state_file.map_or_else(|| STATE_FILE.to_owned(), |(text, _)| text)),
        lock_timeout: lock_timeout.unwrap_or(LOCK_TIMEOUT),
        allow_local_locks,
        cluster: cluster?,
        limits,
        environment: environment.unwrap_or_default(),
        measuring,
        task_prefix: task_prefix.map(|prefix| prefix.to_string()),
        program,
        monitoring,
        notification,
        log: log.unwrap_or_default(),
        text: Arc::default(),
        untrusted: false,
    })
}

fn cluster(root: &mut Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<ClusterSpec> {
    let equal = root.table("cluster", mistakes);
    let one_by_one = root.tables("server", mistakes);
    match (equal, one_by_one) {
        (Some(_), Some((servers, place))) => {
            let place = servers.first().map_or(&place, Table::place);
            mistakes.add(place, Wrong::BothShapes);
            None
        }
        (None, Some(servers)) => listed_servers(servers, mistakes),
        (Some(table), None) => equal_servers(table, mistakes),
        (None, None) => {
            let (servers, gpus, cpus) = V01_CLUSTER;
            ClusterSpec::equal(servers as usize, gpus, cpus).ok()
        }
    }
}

fn equal_servers(mut table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<ClusterSpec> {
    let (servers, gpus, cpus) = V01_CLUSTER;
    let max_servers = u32::try_from(MAX_SERVERS).unwrap_or(u32::MAX);
    let mut number = |key, range, default| {
        table
            .number(key, range, mistakes)
            .map_or(default, |(number, _)| number)
    };
    let servers = number("servers", 1..=max_servers, servers);
    let gpus = number("gpus_per_server", 0..=MAX_GPUS, gpus);
    let cpus = number("cpus_per_server", 1..=MAX_CPUS, cpus);
    table.finish(mistakes);
    ClusterSpec::equal(servers as usize, gpus, cpus).ok()
}

fn listed_servers(
    (tables, place): Placed<Vec<Table<'_>>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<ClusterSpec> {
    let places: Vec<_> = tables.iter().map(|table| table.place().clone()).collect();
    let servers: Option<Vec<_>> = {
        // All of them are read, for all mistakes are to be told.
        let servers: Vec<_> = tables
            .into_iter()
            .map(|table| listed_server(table, mistakes))
            .collect();
        servers.into_iter().collect()
    };
    let servers = servers?;
    let names: Vec<_> = servers.iter().map(|server| server.name.clone()).collect();
    match ClusterSpec::new(servers) {
        Ok(cluster) => Some(cluster),
        Err(wrong) => {
            let second = match &wrong {
                BadSpec::SameName { server } => names.iter().rposition(|name| name == server),
                _ => None,
            };
            let place = places.get(second.unwrap_or(0)).unwrap_or(&place);
            mistakes.add(place, Wrong::Cluster(wrong));
            None
        }
    }
}

fn listed_server(mut table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<ServerSpec> {
    let name = table.text("name", mistakes);
    let name = table
        .require(name, "name", mistakes)
        .and_then(|name| server_name(name, mistakes));
    let count = table.number("gpus", 0..=MAX_GPUS, mistakes);
    let count = table.require(count, "gpus", mistakes);
    let cpus = table.number("cpus", 1..=MAX_CPUS, mistakes);
    let cpus = table.require(cpus, "cpus", mistakes);
    let drain = table.flag("drain", mistakes).unwrap_or(false);
    let host = table
        .text("host", mistakes)
        .and_then(|host| server_name(host, mistakes));
    let cards = gpus::cards(
        &mut table,
        count.as_ref().map(|(count, _)| *count),
        mistakes,
    );
    table.finish(mistakes);
    Some(ServerSpec {
        host: host.map(|host| host.to_string()),
        name: name?,
        gpus: count?.0,
        cpus: cpus?.0,
        drain,
        cards,
    })
}

/// How long tasks may be for.
fn terms(root: &mut Table<'_>, limits: Limits, mistakes: &mut Mistakes<'_>) -> Limits {
    let default_ttl = ttl(root, "default_ttl", mistakes);
    let max_ttl = ttl(root, "max_ttl", mistakes);
    if let (Some((default, place)), Some((max, _))) = (&default_ttl, &max_ttl)
        && default > max
    {
        mistakes.add(place, Wrong::DefaultOverMaxTtl);
    }
    let grace = root
        .duration("grace", mistakes)
        .and_then(|grace| TimeDelta::from_std(grace).ok());
    Limits {
        default_ttl: default_ttl.map(|(ttl, _)| ttl),
        max_ttl: max_ttl.map(|(ttl, _)| ttl),
        grace: grace.map_or(limits.grace, |grace| grace.min(MAX_TTL)),
        ..limits
    }
}

fn ttl(
    root: &mut Table<'_>,
    key: &'static str,
    mistakes: &mut Mistakes<'_>,
) -> Option<Placed<TimeDelta>> {
    let (duration, place) = root.placed_duration(key, mistakes)?;
    let ttl = TimeDelta::from_std(duration).ok();
    let ttl = ttl.filter(|ttl| (TimeDelta::seconds(1)..=MAX_TTL).contains(ttl));
    if ttl.is_none() {
        mistakes.add(
            &place,
            Wrong::Ttl {
                key: key.to_owned(),
            },
        );
    }
    Some((ttl?, place))
}

fn limits(mut table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Limits {
    let min = table.number("min_gpus_per_task", 0..=MAX_GPUS, mistakes);
    let max = table.number("max_gpus_per_task", 0..=MAX_GPUS, mistakes);
    let mut cap = |key| {
        let cap = table.number(key, 0..=u32::MAX, mistakes);
        cap.map(|(cap, _)| cap)
    };
    let caps = Quotas {
        total: cap("max_total_gpus"),
        manual: cap("max_manual_gpus"),
        auto: cap("max_auto_gpus"),
    };
    table.finish(mistakes);
    let min_gpus = min.map_or(Limits::default().min_gpus_per_task, |(number, _)| number);
    if let Some((max, place)) = max.as_ref().filter(|(max, _)| *max < min_gpus) {
        mistakes.add(
            place,
            Wrong::MinOverMax {
                min: min_gpus,
                max: *max,
            },
        );
    }
    Limits {
        min_gpus_per_task: min_gpus,
        max_gpus_per_task: max.map(|(number, _)| number),
        caps,
        ..Limits::default()
    }
}
