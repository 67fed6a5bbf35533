//! Who is told of what: what the log tells, and what a look shows.

use super::{Monitor, Round};
use crate::allocator::{Cluster, GpuId, LeaseId, Name, untracked_processes};
use crate::journal::{Deed, Event, How};
use crate::manager::Manager;
use crate::notify::{Context, Finishing, Notice, Notifier, Words};
use chrono::TimeDelta;
use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

/// How long what is not sent yet may take when the monitor ends.
const PARTING: Duration = Duration::from_secs(5);

/// What was told already, so that it is told once.
#[derive(Default)]
pub(super) struct Notices {
    notifier: Option<Notifier>,
    /// Those that told by other settings, and have something left to send.
    finishing: Vec<Finishing>,
    gpus_free: bool,
    idle: HashSet<Name>,
    strangers: HashSet<(GpuId, u32)>,
    waiting: HashSet<LeaseId>,
}

impl Notices {
    /// As the config says.
    pub(super) fn of(manager: &Manager, words: Words) -> Self {
        let notification = manager.config.notification.as_ref();
        let start = |told| Notifier::start(told, Context::new(manager.clone(), words));
        Self {
            notifier: notification.map(start),
            ..Self::default()
        }
    }

    /// Tells by other settings from now on; what was told stays told.
    pub(super) fn tell_by(&mut self, other: Self) {
        if let Some(before) = std::mem::replace(&mut self.notifier, other.notifier) {
            self.finishing.retain(|finishing| !finishing.is_done());
            self.finishing.push(before.finish_behind(PARTING));
        }
    }

    /// Nobody tells anything any longer.
    pub(super) fn finish(self) {
        if let Some(notifier) = self.notifier {
            notifier.finish(PARTING);
        }
        self.finishing.into_iter().for_each(Finishing::wait);
    }
}

impl Monitor {
    /// Tells what the log tells.
    pub(super) fn tell(&self, event: &Event, cluster: Option<&Cluster>) {
        if let Some(notifier) = &self.notices.notifier
            && let Some(notice) = notice(event, cluster)
        {
            notifier.tell(&notice);
        }
    }

    /// Tells what this look shows and the last one did not.
    pub(super) fn tell_of(&mut self, round: &Round) {
        let set_up = self.manager.config.notification.as_ref();
        let (Some(notifier), Some(set_up)) = (&self.notices.notifier, set_up) else {
            return;
        };
        let threshold = u64::from(set_up.gpu_available_threshold);
        let free = free_gpus(&round.cluster);
        if free >= threshold && !self.notices.gpus_free {
            let servers = round.cluster.servers().iter();
            let total = servers.map(|server| u64::from(server.total_gpus)).sum();
            notifier.tell(&Notice::GpusFree { free, total });
        }
        self.notices.gpus_free = free >= threshold;
        let idle = idle(round, self.manager.config.limits.idle_warning);
        let strangers = found_strangers(round);
        let waiting = waiting_long(round, set_up.wait_limit);
        let new = new(&mut self.notices.idle, idle)
            .chain(new(&mut self.notices.strangers, strangers))
            .chain(new(&mut self.notices.waiting, waiting));
        for notice in new.collect::<Vec<_>>() {
            notifier.tell(&notice);
        }
    }
}

/// The notices of what was not known yet. What is no longer so is forgotten.
fn new<K: Eq + Hash + Clone>(
    known: &mut HashSet<K>,
    now: Vec<(K, Notice)>,
) -> impl Iterator<Item = Notice> {
    let before = std::mem::take(known);
    known.extend(now.iter().map(|(key, _)| key.clone()));
    now.into_iter()
        .filter(move |(key, _)| !before.contains(key))
        .map(|(_, notice)| notice)
}

/// Those that would be granted.
fn free_gpus(cluster: &Cluster) -> u64 {
    let open = cluster.servers().iter().filter(|server| !server.drain);
    open.map(|server| server.grantable().len() as u64).sum()
}

fn idle(round: &Round, warning: TimeDelta) -> Vec<(Name, Notice)> {
    let now = round.facts.now;
    let servers = round.cluster.servers().iter();
    let tasks = servers.flat_map(|server| server.tasks.iter().map(move |task| (server, task)));
    let idle = tasks.filter_map(|(server, task)| {
        let idle = task.idle(now, warning)?;
        let notice = Notice::Idle {
            task: task.id.to_string(),
            owner: task.owner.clone(),
            server: server.name.to_string(),
            seconds: seconds(idle),
        };
        Some((task.id.clone(), notice))
    });
    idle.collect()
}

fn found_strangers(round: &Round) -> Vec<((GpuId, u32), Notice)> {
    let (cluster, facts) = (&round.cluster, &round.facts);
    let Some((server, sample)) = facts.measured(cluster.servers()) else {
        return Vec::new();
    };
    let server = &cluster.servers()[server];
    let strangers = untracked_processes(server, sample).into_iter();
    let told = strangers.map(|(gpu, process)| {
        let notice = Notice::Stranger {
            server: server.name.to_string(),
            gpu,
            pid: process.pid,
            user: process.user.clone(),
            command: process.command.clone(),
        };
        ((gpu, process.pid), notice)
    });
    told.collect()
}

fn waiting_long(round: &Round, limit: TimeDelta) -> Vec<(LeaseId, Notice)> {
    let queue = round.cluster.queue().iter();
    let waiting = queue
        .filter(|waiter| !waiter.cancelled)
        .filter_map(|waiter| {
            let waited = round.facts.now - waiter.since;
            let notice = Notice::WaitedLong {
                task: waiter.request.task.to_string(),
                owner: waiter.request.owner.clone(),
                seconds: seconds(waited),
            };
            (waited >= limit).then(|| (waiter.lease.id.clone(), notice))
        });
    waiting.collect()
}

fn seconds(span: TimeDelta) -> u64 {
    u64::try_from(span.num_seconds()).unwrap_or(0)
}

/// What is worth telling of an event.
fn notice(event: &Event, cluster: Option<&Cluster>) -> Option<Notice> {
    let task = event.task.clone()?;
    if event.error.is_some() {
        return None;
    }
    let (owner, exit) = (event.owner.clone(), event.exit);
    let server = event.server.clone().unwrap_or_default();
    let scaled = |up| {
        let held = cluster.and_then(|cluster| cluster.find_task(&task.parse().ok()?));
        Notice::Scaled {
            task: task.clone(),
            owner: owner.clone(),
            server: server.clone(),
            gpus: held.map_or_else(Vec::new, |(_, held)| held.gpus.clone()),
            up,
        }
    };
    Some(match (event.action, event.how) {
        (Deed::ScaleUp, _) => scaled(true),
        (Deed::Vacate, _) => scaled(false),
        (Deed::Free | Deed::End, Some(How::Lapsed)) => Notice::Lapsed {
            task,
            owner,
            server,
        },
        (Deed::End, Some(How::Failed | How::NotStarted)) => Notice::Failed {
            task,
            owner,
            server,
            exit,
            why: event
                .why
                .clone()
                .filter(|_| event.how == Some(How::NotStarted)),
        },
        (Deed::End, None) if exit != Some(0) => Notice::Failed {
            task,
            owner,
            server,
            exit,
            why: None,
        },
        (Deed::Free | Deed::End | Deed::Release, _) => Notice::Ended {
            task,
            owner,
            server,
            exit,
        },
        _ => return None,
    })
}
