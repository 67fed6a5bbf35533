//! Programs that run: new supervisors, growing, shrinking and making room.

use super::{Monitor, Round};
use crate::allocator::{Name, Scale, Scaling, Task, Yield, grow, shrink, wanted, yielding};
use crate::commands::change::Grants;
use crate::commands::program::runs_unattended;
use crate::environment::device_list;
use crate::error::Error;
use crate::journal::{Deed, Event};
use crate::manager::now;
use crate::store::IfAbsent;
use crate::system;

/// Why a program that nobody asked for is stopped, which is no reason not to start it again.
pub(super) const MAKES_ROOM: &str = "makes room for who waits";

impl Monitor {
    /// Gives programs that nobody looks after a new supervisor; what went wrong.
    pub(super) fn look_after_programs(&self, round: &Round) -> Vec<Error> {
        let here = system::here();
        let tasks = round.cluster.tasks().map(|(_, task)| task);
        let unattended = tasks.filter(|task| self.is_ours(task) && runs_unattended(task, &here));
        let taken = unattended.filter_map(|task| {
            let lease = task.lease.as_deref()?.id.clone();
            self.manager.take_over(task.id.clone(), lease).err()
        });
        taken.collect()
    }

    /// Makes room for who waits; where nobody does, makes programs what their use says.
    pub(super) fn scale(&self, round: &Round) -> Vec<Error> {
        let scaling = self.manager.config.monitoring.scaling;
        let limits = &self.manager.config.limits;
        let cluster = &round.cluster;
        let min = scaling.map(|scaling| scaling.min_gpus);
        let yields = yielding(cluster, min, limits, |task| self.is_ours(task));
        let made = yields.iter().map(|yielded| match yielded {
            Yield::Stop(task) => self.manager.tell_to_stop(task, Some(MAKES_ROOM)).map(drop),
            Yield::Shrink(task) => self.shrink(round, task, min, MAKES_ROOM),
        });
        let mut troubles: Vec<_> = made.filter_map(Result::err).collect();
        let Some(scaling) = scaling.filter(|_| yields.is_empty()) else {
            return troubles;
        };
        let tasks = cluster.tasks().map(|(_, task)| task);
        for task in tasks.filter(|task| self.is_ours(task)) {
            let uses = self.series.of(&task.id);
            let now = round.facts.now;
            let done = match wanted(cluster, &task.id, uses, &scaling, limits, now) {
                None => Ok(()),
                Some(Scale::Grow) => self.grow(task, &scaling),
                Some(Scale::Shrink) => self.shrink(round, &task.id, min, "its use is low"),
            };
            troubles.extend(done.err());
        }
        troubles
    }

    fn grow(&self, task: &Task, scaling: &Scaling) -> Result<(), Error> {
        let (name, scaling) = (task.id.clone(), *scaling);
        let limits = self.manager.config.limits;
        let grown = self
            .manager
            .change(IfAbsent::Fail, Grants::Some, move |cluster, facts| {
                grow(cluster, &name, &scaling, &limits, facts.now)
            })?;
        if let Some(grant) = grown.value {
            let why = format!("its use is high; has {} now", device_list(&grant.gpus));
            let event = Event::new(Deed::ScaleUp, now()).ending(task, &grant.server_name);
            self.tell_scaled(task, event.because(why));
        }
        Ok(())
    }

    fn shrink(&self, round: &Round, task: &Name, min: Option<u32>, why: &str) -> Result<(), Error> {
        let Some((_, held)) = round.cluster.find_task(task) else {
            return Ok(());
        };
        let keeps = if held.is_automatic() {
            1
        } else {
            min.unwrap_or(1)
        };
        let name = task.clone();
        let shrunk = self
            .manager
            .change(IfAbsent::Fail, Grants::None, move |cluster, facts| {
                let before = cluster.find_task(&name).map(|(_, task)| task.clone());
                let shrunk = shrink(cluster, &name, keeps, facts.now)?;
                let after = cluster.find_task(&name).map(|(_, task)| task.gpus_to_use());
                Ok(shrunk.zip(before).zip(after))
            })?;
        if let Some(((grant, before), after)) = shrunk.value {
            let why = format!("{why}; is to go on with {}", device_list(&after));
            let event = Event::new(Deed::ScaleDown, now()).ending(&before, &grant.server_name);
            self.tell_scaled(held, event.because(why));
        }
        Ok(())
    }

    /// The supervisor does not have to look for it.
    fn tell_scaled(&self, task: &Task, event: Event) {
        if let Some(lease) = task.lease.as_deref() {
            self.manager.store.wake(&lease.id);
        }
        self.manager.note(vec![event]);
    }
}
