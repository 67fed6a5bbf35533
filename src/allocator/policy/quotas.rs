//! How many GPUs one user may hold.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::limits::{Quota, QuotaExceeded, Quotas};
use crate::allocator::model::refusal::Refusal;
use crate::allocator::model::request::Request;
use crate::allocator::model::task::Task;

impl Quotas {
    /// Those that count for what is asked for so.
    fn for_request(&self, automatic: bool) -> impl Iterator<Item = (Quota, u32)> {
        let own = match automatic {
            true => (Quota::Auto, self.auto),
            false => (Quota::Manual, self.manual),
        };
        let caps = [own, (Quota::Total, self.total)];
        caps.into_iter().filter_map(|(cap, max)| Some((cap, max?)))
    }

    /// The cap that this user would exceed with so many GPUs more.
    pub(in crate::allocator) fn exceeded(
        &self,
        cluster: &Cluster,
        user: Option<&str>,
        automatic: bool,
        asked: u32,
    ) -> Option<QuotaExceeded> {
        let user = user.filter(|_| asked > 0)?;
        let mut caps = self.for_request(automatic).peekable();
        caps.peek()?;
        let tasks = cluster.tasks().map(|(_, task)| task);
        let mut held = Held::default();
        for task in tasks.filter(|task| task.owner.as_deref() == Some(user)) {
            held.add(task);
        }
        self.exceeded_by(held, automatic, asked)
    }

    /// The same of a user who holds that much.
    pub(in crate::allocator) fn exceeded_by(
        &self,
        held: Held,
        automatic: bool,
        asked: u32,
    ) -> Option<QuotaExceeded> {
        let mut caps = self.for_request(automatic).filter(|_| asked > 0);
        let over = |(cap, max): (Quota, u32)| {
            let held = held.of(cap);
            (held.saturating_add(asked) > max).then_some(QuotaExceeded {
                cap,
                max,
                held,
                asked,
            })
        };
        caps.find_map(over)
    }
}

/// How many GPUs one user holds, as each cap counts.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::allocator) struct Held {
    total: u32,
    manual: u32,
    auto: u32,
}

impl Held {
    pub(in crate::allocator) fn add(&mut self, task: &Task) {
        self.total = self.total.saturating_add(counted(task, Quota::Total));
        self.manual = self.manual.saturating_add(counted(task, Quota::Manual));
        self.auto = self.auto.saturating_add(counted(task, Quota::Auto));
    }

    fn of(&self, cap: Quota) -> u32 {
        match cap {
            Quota::Total => self.total,
            Quota::Manual => self.manual,
            Quota::Auto => self.auto,
        }
    }
}

/// How many of a task's GPUs count for a cap.
fn counted(task: &Task, cap: Quota) -> u32 {
    let all = u32::try_from(task.gpus.len()).unwrap_or(u32::MAX);
    let automatic = task.program.as_ref().map_or(0, |program| program.automatic);
    match cap {
        Quota::Total => all,
        Quota::Manual => all.saturating_sub(automatic),
        Quota::Auto => automatic.min(all),
    }
}

/// # Errors
/// It asks for more than its user may ever hold.
pub(in crate::allocator) fn check_asked(request: &Request, caps: &Quotas) -> Result<(), Refusal> {
    let asked = request.demand.gpus.count();
    let mut caps = caps.for_request(request.automatic);
    let above = caps.find(|(_, max)| asked > *max && request.owner.is_some());
    match above {
        None => Ok(()),
        Some((cap, max)) => Err(Refusal::AboveQuota { cap, max, asked }),
    }
}

/// The cap that keeps the request from being granted now, however much is free.
pub(in crate::allocator) fn over(
    cluster: &Cluster,
    request: &Request,
    caps: &Quotas,
) -> Option<QuotaExceeded> {
    let asked = request.demand.gpus.count();
    caps.exceeded(cluster, request.owner.as_deref(), request.automatic, asked)
}
