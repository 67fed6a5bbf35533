//! The values that a flag may have: those it is declared with, or the names in the state.

use super::Candidate;
use crate::allocator::{Cluster, Name};
use crate::config::Config;
use crate::store::{FileStore, StateStore};
use clap::Arg;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn of(flag: &Arg, before: &[String]) -> Vec<Candidate> {
    let named: fn(&Cluster) -> Vec<Name> = match flag.get_id().as_str() {
        "release" | "renew" | "start_program" => held,
        "stop_program" | "logs" => with_programs,
        "cancel" => waiting,
        "history" => |cluster| [held(cluster), waiting(cluster)].concat(),
        "detail" | "prefer_server" => servers,
        _ => return declared(flag),
    };
    let names = cluster(before).map(|cluster| named(&cluster));
    let names = names.unwrap_or_default();
    names
        .iter()
        .map(|name| Candidate::named(name.as_str()))
        .collect()
}

fn declared(flag: &Arg) -> Vec<Candidate> {
    let values = flag.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    shown
        .map(|value| Candidate::named(value.get_name()))
        .collect()
}

fn held(cluster: &Cluster) -> Vec<Name> {
    cluster.tasks().map(|(_, task)| task.id.clone()).collect()
}

fn with_programs(cluster: &Cluster) -> Vec<Name> {
    let tasks = cluster.tasks().map(|(_, task)| task);
    let with_programs = tasks.filter(|task| task.program.is_some());
    with_programs.map(|task| task.id.clone()).collect()
}

fn waiting(cluster: &Cluster) -> Vec<Name> {
    let waiters = cluster.queue().iter().filter(|waiter| !waiter.cancelled);
    waiters.map(|waiter| waiter.request.task.clone()).collect()
}

fn servers(cluster: &Cluster) -> Vec<Name> {
    let servers = cluster.servers().iter();
    servers.map(|server| server.name.clone()).collect()
}

/// The cluster that the line typed so far is about: of the state, else of the config.
fn cluster(before: &[String]) -> Option<Cluster> {
    let named = path(before, "--config");
    // A pipe could be waited for without end.
    if named.as_ref().is_some_and(|path| !path.is_file()) {
        return None;
    }
    let config = Config::find(named.as_deref()).ok()?;
    let state = path(before, "--state").unwrap_or(config.state_file);
    let seen = FileStore::new(&state, Duration::ZERO).ok()?.snapshot();
    Some(match seen {
        Some(seen) => seen.cluster().clone(),
        None => Cluster::fresh(&config.cluster),
    })
}

/// The path that was given by this flag.
fn path(before: &[String], flag: &str) -> Option<PathBuf> {
    let mut words = before.iter();
    let given = words.find_map(|word| match word.strip_prefix(flag)? {
        "" => Some(None),
        glued => glued.strip_prefix('=').map(Some),
    })?;
    let text = given.or_else(|| words.next().map(String::as_str))?;
    // Nobody but a shell knows what else stands for a path.
    Some(match text.strip_prefix("~/") {
        Some(rest) => dirs::home_dir()?.join(rest),
        None => Path::new(text).to_owned(),
    })
}
