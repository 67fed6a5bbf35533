//! Recording how programs ended that the monitor starts.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::name::Name;
use crate::allocator::model::program::{AutoEnd, AutoProgram};
use crate::allocator::model::task::Task;
use crate::allocator::model::time::Timestamp;

/// Marks a program that has just been started: by the monitor, or by hand under a name that a monitor
/// starts. A start by hand begins its story anew.
pub fn note_start(cluster: &mut Cluster, task: &Name, is_listed: bool) {
    let is_recorded = cluster.auto_program(task).is_some();
    let Some((index, position)) = cluster.place_of(|held| held.id == *task) else {
        return;
    };
    let Some(program) = &cluster.servers()[index].tasks[position].program else {
        return;
    };
    let by_itself = program.automatic > 0;
    if (is_listed || is_recorded || by_itself)
        && let Some(program) = &mut cluster.edit(index).tasks[position].program
    {
        program.acquired = true;
    }
    if is_recorded && !by_itself {
        cluster
            .edit_auto_programs()
            .retain(|record| record.task != *task);
    }
}

/// Records how the program of this task ended, if a monitor may start it again. One that made room begins
/// again when there is some.
pub fn note_end(cluster: &mut Cluster, task: &Task, end: AutoEnd, now: Timestamp) {
    let program = task.program.as_deref().filter(|program| program.acquired);
    let Some(program) = program else {
        return;
    };
    if end == AutoEnd::Stopped && program.makes_room {
        return;
    }
    record_end(cluster, &task.id, end, now);
}

/// The same of a program that is known to be one of those.
pub fn record_end(cluster: &mut Cluster, task: &Name, end: AutoEnd, now: Timestamp) {
    let before = cluster
        .auto_program(task)
        .map_or(0, |record| record.failures);
    let record = AutoProgram {
        task: task.clone(),
        end,
        when: now,
        failures: match end {
            AutoEnd::Failed => before.saturating_add(1),
            _ => 0,
        },
    };
    let records = cluster.edit_auto_programs();
    match records.iter_mut().find(|known| known.task == *task) {
        Some(known) => *known = record,
        None => records.push(record),
    }
}

/// Notes whether the program of this task, which was told to end, is to make room.
pub fn note_room(cluster: &mut Cluster, task: &Name, makes_room: bool) {
    if let Some((index, position)) = cluster.place_of(|held| held.id == *task)
        && let Some(program) = &mut cluster.edit(index).tasks[position].program
    {
        program.makes_room = makes_room;
    }
}
