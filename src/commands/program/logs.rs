//! `--logs`: what a program has written.

use crate::allocator::{Name, Refusal, candidate_names, find_by_name};
use crate::error::Error;
use crate::logs::ProgramLog;
use crate::manager::Manager;
use crate::outcome::Logs;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::thread;
use std::time::Duration;

/// How often a log that is followed is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Manager {
    /// What the program of this task has written, also once it has ended.
    ///
    /// # Errors
    /// It has written nothing, or that cannot be read.
    pub(crate) fn logs(&self, task: &Name) -> Result<Logs, Error> {
        let (task, log, mut file) = self.open_log(task)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(|source| unreadable(&log, source))?;
        Ok(Logs {
            task,
            path: log.path,
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }

    /// Hands on what the program writes, until it has ended.
    ///
    /// # Errors
    /// It has written nothing, that cannot be read, or nobody takes it.
    pub(crate) fn follow_logs(
        &self,
        task: &Name,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Error> {
        let (task, log, mut file) = self.open_log(task)?;
        loop {
            // What it wrote last is read after it is seen to have ended.
            let runs = self.has_program(&task);
            let mut text = Vec::new();
            let size = file.metadata().map_or(u64::MAX, |file| file.len());
            if file.stream_position().is_ok_and(|place| place > size) {
                // Another process emptied it.
                let _ = file.seek(SeekFrom::Start(0));
            }
            // What is written until a rotation is in this file, what comes after it in another.
            let newer = log.newer_than(&file);
            file.read_to_end(&mut text)
                .map_err(|source| unreadable(&log, source))?;
            if let Some(newer) = newer {
                file = newer;
                file.read_to_end(&mut text)
                    .map_err(|source| unreadable(&log, source))?;
            }
            take(&text)?;
            if !runs {
                return Ok(());
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// The log of the task that is called so, or so behind the prefix.
    fn open_log(&self, task: &Name) -> Result<(Name, ProgramLog, File), Error> {
        for name in candidate_names(task, self.config.task_prefix.as_deref()) {
            for log in self.logs_of(&name)? {
                if let Some(file) = log.read().map_err(|source| unreadable(&log, source))? {
                    return Ok((name, log, file));
                }
            }
        }
        Err(self.without_log(task)?.into())
    }

    /// Where the log of that task may be: the user's who holds it, else the caller's own, else the
    /// newest of all.
    fn logs_of(&self, task: &Name) -> Result<Vec<ProgramLog>, Error> {
        let folder = &self.paths.folder;
        let present = self.store.load()?;
        let held = present
            .as_ref()
            .and_then(|cluster| cluster.find_task(task))
            .and_then(|(_, held)| held.owner.clone());
        let first = match held {
            Some(owner) => ProgramLog::of(task, &owner, folder),
            None => self.own_log(task)?,
        };
        let others = ProgramLog::of_all_users(task, folder);
        Ok([first].into_iter().chain(others).collect())
    }

    /// The log of a program that this user runs.
    pub(super) fn own_log(&self, task: &Name) -> Result<ProgramLog, Error> {
        let user = self.user()?.unwrap_or_default();
        Ok(ProgramLog::of(task, &user, &self.paths.folder))
    }

    /// Refuses to write where other users can exchange what is written to.
    pub(super) fn check_own_logs(&self, task: &Name) -> Result<(), Error> {
        let log = self.own_log(task)?;
        let path = log.path.parent().unwrap_or(&log.path).to_owned();
        match log.is_safe() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::SharedLogs { path }),
            Err(source) => Err(Error::ProgramLog { path, source }),
        }
    }

    /// Why there is no log.
    fn without_log(&self, task: &Name) -> Result<Refusal, Error> {
        let present = self.store.load()?;
        let present = present.as_ref();
        let prefix = self.config.task_prefix.as_deref();
        let task = present.map_or_else(
            || task.clone(),
            |present| find_by_name(present, task, prefix),
        );
        let held = present.and_then(|cluster| cluster.find_task(&task));
        Ok(match held {
            Some(_) => Refusal::NoProgram { task },
            None => Refusal::UnknownTask { task },
        })
    }

    /// Whether gpumgr keeps something running on that task.
    pub(crate) fn has_program(&self, task: &Name) -> bool {
        let prefix = self.config.task_prefix.as_deref();
        self.store.snapshot().is_some_and(|seen| {
            let task = find_by_name(seen.cluster(), task, prefix);
            let held = seen.cluster().find_task(&task);
            held.is_some_and(|(_, held)| held.program.is_some())
        })
    }
}

fn unreadable(log: &ProgramLog, source: io::Error) -> Error {
    Error::ProgramLog {
        path: log.path.clone(),
        source,
    }
}
