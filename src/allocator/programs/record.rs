//! How programs ended that the monitor starts by itself: what it must know to start none of them again.

use crate::allocator::cluster::{Cluster, Task, Timestamp};
use crate::allocator::name::Name;

/// How the last program of one name ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoProgram {
    /// The name of its task.
    pub task: Name,
    /// How it ended.
    pub end: AutoEnd,
    /// When.
    pub when: Timestamp,
    /// How often it has failed in a row.
    pub failures: u32,
}

/// How a program ended that the monitor may start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoEnd {
    /// By itself, well.
    Done,
    /// By command.
    Stopped,
    /// Its task was given back in another way.
    Lost,
    /// By itself, badly, or in a way that was not seen.
    Failed,
    /// What a newer gpumgr says.
    Other,
}

impl AutoProgram {
    /// Whether it is not to be started again by itself.
    pub fn is_over(&self) -> bool {
        self.end != AutoEnd::Failed
    }
}

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
