//! Who can do what next, and what that does.

use super::{At, Deletes, File, Gpus, PROCESSES, Pid, Protocol, State, Step};

impl Protocol {
    pub(super) fn is_v01(&self, pid: Pid) -> bool {
        pid >= PROCESSES - self.v01
    }

    /// What that process can do next, if it need not wait.
    pub(super) fn step(&self, state: &State, pid: Pid) -> Option<Step> {
        let is_free = |file: File| state.files[file].is_none();
        match state.at[pid] {
            At::Start if self.is_v01(pid) => Some(Step::V01Open),
            At::Start => state.folder.is_none().then_some(Step::LockFolder),
            At::FolderLocked => Some(Step::OpenLockFile),
            At::NoLockFile => Some(Step::MakeShared),
            At::Opened(file) => is_free(file).then_some(Step::LockFile),
            At::FileLocked(_) => Some(Step::NamesThisFile),
            At::Locked(_) => Some(Step::Load),
            At::Loaded(..) => Some(Step::Sweep),
            At::Swept(..) => Some(Step::CreateTemp),
            At::TempCreated(..) => Some(Step::Rename),
            At::Renamed(..) => Some(Step::ReleaseFile),
            At::FileReleased(_) => Some(Step::FlushFolder),
            At::V01Opened(file) => is_free(file).then_some(Step::V01Lock),
            At::V01Locked(_) => Some(Step::V01Load),
            At::V01Loaded(..) => Some(Step::V01Empty),
            At::V01Emptied(..) => Some(Step::V01Write),
            At::V01Wrote(..) => Some(Step::V01Unlock),
            At::Done | At::Refused | At::Failed | At::Dead => None,
        }
    }

    pub(super) fn go(&self, state: &mut State, pid: Pid) {
        state.at[pid] = match state.at[pid] {
            At::Start if self.is_v01(pid) => At::V01Opened(state.open_or_make()),
            At::Start => {
                if self.locks_folder {
                    state.folder = Some(pid);
                }
                At::FolderLocked
            }
            At::FolderLocked => state.named.map_or(At::NoLockFile, At::Opened),
            At::NoLockFile => {
                // Not over one that somebody else has made meanwhile.
                state.open_or_make();
                At::FolderLocked
            }
            At::Opened(file) => {
                state.files[file] = Some(pid);
                At::FileLocked(file)
            }
            At::FileLocked(file) if !self.checks_name || state.named == Some(file) => {
                At::Locked(file)
            }
            At::FileLocked(file) => {
                state.files[file] = None;
                At::FolderLocked
            }
            At::Locked(file) => match state.state {
                Some(gpus) => At::Loaded(file, granted(gpus, pid)),
                None => {
                    state.let_go(pid);
                    At::Refused
                }
            },
            At::Loaded(file, gpus) => {
                state.temps = [None; PROCESSES];
                At::Swept(file, gpus)
            }
            At::Swept(file, gpus) => {
                state.temps[pid] = Some(gpus);
                At::TempCreated(file, gpus)
            }
            At::TempCreated(file, gpus) => match state.temps[pid].take() {
                Some(temp) => {
                    state.state = Some(temp);
                    At::Renamed(file, gpus)
                }
                None => {
                    state.let_go(pid);
                    At::Failed
                }
            },
            At::Renamed(file, gpus) => {
                state.files[file] = None;
                At::FileReleased(gpus)
            }
            At::FileReleased(gpus) => {
                state.tell(pid, gpus);
                At::Done
            }
            At::V01Opened(file) => {
                state.files[file] = Some(pid);
                At::V01Locked(file)
            }
            At::V01Locked(file) => match state.state {
                Some(gpus) => At::V01Loaded(file, granted(gpus, pid)),
                None => {
                    state.let_go(pid);
                    At::Refused
                }
            },
            At::V01Loaded(file, gpus) => {
                state.state = None;
                At::V01Emptied(file, gpus)
            }
            At::V01Emptied(file, gpus) => {
                state.state = Some(gpus);
                At::V01Wrote(file, gpus)
            }
            At::V01Wrote(_, gpus) => {
                state.tell(pid, gpus);
                At::Done
            }
            end @ (At::Done | At::Refused | At::Failed | At::Dead) => end,
        };
    }

    pub(super) fn may_delete(&self, state: &State) -> bool {
        let at_rest = |at: &At| {
            matches!(
                at,
                At::Start
                    | At::FolderLocked
                    | At::NoLockFile
                    | At::Opened(_)
                    | At::FileReleased(_)
                    | At::Done
                    | At::Refused
                    | At::Failed
                    | At::Dead
            )
        };
        let some = state.deletions > 0 && state.named.is_some();
        some && match self.deletes {
            Deletes::Never => false,
            Deletes::AtRest => state.at.iter().all(at_rest),
            Deletes::AnyTime => true,
        }
    }
}

/// The first free GPU is that process's.
fn granted(mut gpus: Gpus, pid: Pid) -> Gpus {
    if let Some(free) = gpus.iter_mut().find(|gpu| gpu.is_none()) {
        *free = Some(pid);
    }
    gpus
}

impl State {
    pub(super) fn open_or_make(&mut self) -> File {
        let files = &mut self.files;
        *self.named.get_or_insert_with(|| {
            files.push(None);
            files.len() - 1
        })
    }

    /// What the kernel does when a process ends.
    pub(super) fn let_go(&mut self, pid: Pid) {
        let held = self.files.iter_mut().chain([&mut self.folder]);
        held.filter(|holder| **holder == Some(pid))
            .for_each(|holder| *holder = None);
    }

    pub(super) fn tell(&mut self, pid: Pid, gpus: Gpus) {
        self.told[pid] = gpus.iter().position(|gpu| *gpu == Some(pid));
        self.let_go(pid);
    }

    /// Those between their load and their save.
    pub(super) fn changing(&self, is_one: impl Fn(Pid) -> bool) -> usize {
        let changes = |at: &At| {
            matches!(
                at,
                At::Locked(_)
                    | At::Loaded(..)
                    | At::Swept(..)
                    | At::TempCreated(..)
                    | At::V01Locked(_)
                    | At::V01Loaded(..)
                    | At::V01Emptied(..)
            )
        };
        let processes = self.at.iter().enumerate();
        processes
            .filter(|(pid, at)| is_one(*pid) && changes(at))
            .count()
    }
}
