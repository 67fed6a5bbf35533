//! Who may change or end a task.

use crate::allocator::model::name::Name;
use crate::allocator::model::refusal::{CommandEnd, Refusal};
use crate::allocator::model::task::Task;

impl Task {
    /// Why no program can be started on it.
    pub fn occupied(&self) -> Refusal {
        let task = self.id.clone();
        match &self.program {
            Some(program) => Refusal::ProgramRuns {
                task,
                pid: program.pid,
            },
            None => Refusal::Occupied { task },
        }
    }
}

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The user; nobody in particular, who may touch only tasks of nobody, if none.
    pub user: Option<String>,
    /// Whether to act on other users' tasks too.
    pub force: bool,
    /// Whether the system lets this user end everyone's processes.
    pub is_root: bool,
}

impl Actor {
    /// The owner in the way, if this task belongs to somebody else.
    fn other_owner<'t>(&self, owner: Option<&'t String>) -> Option<&'t String> {
        owner.filter(|owner| !self.force && self.user.as_ref() != Some(owner))
    }

    /// # Errors
    /// This belongs to somebody else, unless forced.
    pub(in crate::allocator) fn may_touch(
        &self,
        task: &Name,
        owner: Option<&String>,
    ) -> Result<(), Refusal> {
        match self.other_owner(owner) {
            None => Ok(()),
            Some(owner) => Err(Refusal::NotOwner {
                tasks: vec![(task.clone(), owner.clone())],
            }),
        }
    }

    /// # Errors
    /// The command that runs on this task belongs to another user, which force does not change.
    pub(in crate::allocator) fn may_end_command(
        &self,
        task: &Task,
        end: CommandEnd,
    ) -> Result<(), Refusal> {
        match &task.owner {
            Some(owner) if !self.is_root && self.user.as_ref() != Some(owner) => {
                Err(Refusal::OwnersAlone {
                    task: task.id.clone(),
                    owner: owner.clone(),
                    end,
                })
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// The tasks that belong to others, unless forced.
    pub(in crate::allocator) fn may_end<'t>(
        &self,
        tasks: impl Iterator<Item = &'t Task>,
    ) -> Result<(), Refusal> {
        let of_others = |task: &Task| {
            let owner = self.other_owner(task.owner.as_ref())?;
            Some((task.id.clone(), owner.clone()))
        };
        let tasks: Vec<_> = tasks.filter_map(of_others).collect();
        if tasks.is_empty() {
            Ok(())
        } else {
            Err(Refusal::NotOwner { tasks })
        }
    }
}
