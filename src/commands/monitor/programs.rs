//! Programs that run: new supervisors, growing, shrinking and making room.

use super::{Monitor, Round};
use crate::allocator::{
    Cluster, Name, Preempt, Scale, Scaling, Task, grow, preemption, scaling_decision, shrink,
};
use crate::commands::change::Grants;
use crate::commands::program::runs_unattended;
use crate::environment::device_list;
use crate::error::Error;
use crate::journal::{Deed, Event, How};
use crate::store::IfAbsent;
use crate::system;

impl Monitor {
    /// Gives programs that nobody looks after a new supervisor; what went wrong.
    pub(super) fn look_after_programs(&self, round: &Round) -> Vec<Error> {
        let here = system::here();
        let tasks = round.cluster.tasks().map(|(_, task)| task);
        let unattended = tasks.filter(|task| self.is_ours(task) && runs_unattended(task, &here));
        let taken = unattended.filter_map(|task| {
            let lease = task.lease.as_deref()?;
            if self.manager.is_own_program(&lease.id) {
                let taken = self.manager.take_over(task.id.clone(), lease.id.clone());
                taken.err()
            } else if self.manager.is_headless(lease) {
                self.manager.end_unattended(task, How::Unseen).err()
            } else {
                None
            }
        });
        taken.collect()
    }

    /// Makes room for who waits; where nobody does, makes programs what their use says.
    pub(super) fn scale(&self, round: &Round) -> Vec<Error> {
        let scaling = self.manager.config.monitoring.scaling;
        let limits = &self.manager.config.limits;
        let cluster = &round.cluster;
        let min = scaling.map(|scaling| scaling.min_gpus);
        let yields = preemption(cluster, min, limits, |task| self.is_ours(task));
        let made = yields.iter().map(|yielded| match yielded {
            Preempt::Stop(task) => self.manager.tell_to_stop(task, How::MakesRoom).map(drop),
            Preempt::Shrink(task) => self.shrink(round, task, min, "makes room for who waits"),
        });
        let mut troubles: Vec<_> = made.filter_map(Result::err).collect();
        let Some(scaling) = scaling.filter(|_| yields.is_empty()) else {
            return troubles;
        };
        let tasks = cluster.tasks().map(|(_, task)| task);
        for task in tasks.filter(|task| self.is_ours(task)) {
            let uses = self.series.of(&task.id);
            let now = round.facts.now;
            let done = match scaling_decision(cluster, &task.id, uses, &scaling, limits, now) {
                None => Ok(()),
                Some(Scale::Grow) => self.grow(task, &scaling),
                Some(Scale::Shrink) => self.shrink(round, &task.id, min, "its use is low"),
            };
            troubles.extend(done.err());
        }
        troubles
    }

    fn grow(&self, task: &Task, scaling: &Scaling) -> Result<(), Error> {
        let (name, scaling, before) = (task.id.clone(), *scaling, task.clone());
        let limits = self.manager.config.limits;
        self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::Some,
            move |cluster, facts| grow(cluster, &name, &scaling, &limits, facts.now),
            move |grown, now| {
                let told = grown.iter().map(|grant| {
                    let why = format!("its use is high; has {} now", device_list(&grant.gpus));
                    let event = Event::new(Deed::ScaleUp, now);
                    event.ending(&before, &grant.server_name).because(why)
                });
                told.collect()
            },
        )?;
        self.wake(task);
        Ok(())
    }

    fn shrink(&self, round: &Round, task: &Name, min: Option<u32>, why: &str) -> Result<(), Error> {
        let Some((_, held)) = round.cluster.find_task(task) else {
            return Ok(());
        };
        let keeps = match held.is_automatic() {
            true => 1,
            false => min.unwrap_or(1),
        };
        let (name, why) = (task.clone(), why.to_owned());
        self.manager.change_and_note(
            IfAbsent::Fail,
            Grants::None,
            move |cluster, facts| {
                let task =
                    |cluster: &Cluster| cluster.find_task(&name).map(|(_, task)| task.clone());
                let before = task(cluster);
                let shrunk = shrink(cluster, &name, keeps, facts.now)?;
                Ok(shrunk.zip(before).zip(task(cluster)))
            },
            move |shrunk, now| {
                let told = shrunk.iter().map(|((grant, before), after)| {
                    let gpus = device_list(&after.gpus_to_use());
                    let event = Event::new(Deed::ScaleDown, now);
                    let event = event.ending(before, &grant.server_name);
                    event.because(format!("{why}; is to go on with {gpus}"))
                });
                told.collect()
            },
        )?;
        self.wake(held);
        Ok(())
    }

    /// The supervisor does not have to look for it.
    fn wake(&self, task: &Task) {
        if let Some(lease) = task.lease.as_deref() {
            self.manager.leases.wake(&lease.id);
        }
    }
}
