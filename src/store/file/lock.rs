//! The lock: only who holds its [`Guard`] can save.
//!
//! Two locks, always in this order. First the folder's own, which nobody can delete, so that two
//! gpumgr never meet whatever happens to the lock file. Then the lock file's, which v0.1 takes,
//! too; it must still be the file that its name leads to. Both die with their holder. Where a
//! folder cannot be locked (NFS, Windows), the lock file's is left.

use super::paths::{LOCK_FILE, StatePaths, TEMP_PREFIX};
use crate::store::error::{Action, StoreError};
use crate::system::{self, Folder, Holder, Temporary};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// After that long, who waits is told for what.
const NOTICE_AFTER: Duration = Duration::from_secs(1);

/// Told once, with the lock file and its holders, when a lock is not free for a moment.
pub type WaitNotice = Arc<dyn Fn(&Path, &[Holder]) + Send + Sync>;

/// How to wait for the lock.
#[derive(Clone)]
pub struct LockWait {
    timeout: Duration,
    pub(super) notice: Option<WaitNotice>,
    pub(super) allow_local: bool,
}

impl LockWait {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            notice: None,
            allow_local: false,
        }
    }
}

/// Refuses a folder whose locks other machines may not see.
pub(crate) fn check_locks(paths: &StatePaths, folder: &Folder) -> Result<(), StoreError> {
    let found = system::local_locks(folder);
    match found.map_err(|error| StoreError::io(Action::Lock, &paths.folder, error))? {
        None => Ok(()),
        Some(local) => Err(StoreError::LocalLocks {
            path: paths.folder.clone(),
            local,
        }),
    }
}

/// Both locks; whoever has one is alone. Dropping it, or dying, gives them back.
pub(super) struct Guard {
    // Declared, and so dropped, in this order: the file's lock first.
    file: File,
    folder: Folder,
}

impl Guard {
    /// The locked folder: a change reads and writes there, whatever takes its path meanwhile.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Lets v0.1 in again, but no other gpumgr yet.
    pub(super) fn release_file(self) -> Folder {
        drop(self.file);
        self.folder
    }

    fn try_acquire(paths: &StatePaths, wait: &LockWait) -> Result<Option<Self>, StoreError> {
        Self::acquire_by(paths, wait, system::try_lock)
    }

    fn acquire(paths: &StatePaths, wait: &LockWait) -> Result<Option<Self>, StoreError> {
        Self::acquire_by(paths, wait, lock)
    }

    fn acquire_by(
        paths: &StatePaths,
        wait: &LockWait,
        lock: fn(&File) -> io::Result<bool>,
    ) -> Result<Option<Self>, StoreError> {
        let at_folder = |error| StoreError::io(Action::Lock, &paths.folder, error);
        loop {
            let folder = paths.open().map_err(at_folder)?;
            if !wait.allow_local {
                check_locks(paths, &folder)?;
            }
            if let Some(open) = folder.to_lock().map_err(at_folder)? {
                match lock(open) {
                    Ok(true) => {}
                    Ok(false) => return Ok(None),
                    Err(error) if system::cannot_lock(&error) => {}
                    Err(error) => return Err(at_folder(error)),
                }
            }
            let Some(file) = lock_file(paths, &folder, lock)? else {
                return Ok(None);
            };
            if folder.is_in_place().map_err(at_folder)? {
                return Ok(Some(Self { file, folder }));
            }
        }
    }
}

/// Locks the file that the name leads to, also when it led elsewhere before the lock was had.
fn lock_file(
    paths: &StatePaths,
    folder: &Folder,
    lock: fn(&File) -> io::Result<bool>,
) -> Result<Option<File>, StoreError> {
    let name = OsStr::new(LOCK_FILE);
    let failed = |error| StoreError::io(Action::Lock, &paths.lock, error);
    loop {
        let file = match folder.open_lock_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_shared(folder, name).map_err(failed)?;
                continue;
            }
            opened => opened.map_err(failed)?,
        };
        match lock(&file) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(source) if system::cannot_lock(&source) => {
                return Err(StoreError::CannotLock {
                    path: paths.lock.clone(),
                    source,
                });
            }
            Err(error) => return Err(failed(error)),
        }
        if folder.leads_to(name, &file).map_err(failed)? {
            return Ok(Some(file));
        }
    }
}

/// Makes an empty file under another name and then gives it its own, so that it is never seen
/// before all who share the folder may use it. Somebody else may be first.
pub(crate) fn make_shared(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let made = Temporary::new(folder, TEMP_PREFIX)?;
    folder.share(made.file())?;
    match made.link(name).map_err(|failed| failed.kind()) {
        // Another gpumgr was first, or swept this one where the folder cannot be locked: look again.
        Ok(()) | Err(io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Ok(()),
        // No hard links here: make it in place.
        Err(_) => make_in_place(folder, name),
    }
}

fn make_in_place(folder: &Folder, name: &OsStr) -> io::Result<()> {
    match folder.create(name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => folder.share(&made?),
    }
}

/// Waits for it; true once it is had.
fn lock(file: &File) -> io::Result<bool> {
    system::lock(file).map(|()| true)
}

/// Runs the work under the lock.
///
/// The system wakes those who wait in turn, but waits without end; so where the lock is not
/// free, another thread waits for it and does the work itself (handing the lock back would cost a
/// wake-up while everybody waits), and this one watches the time.
pub(super) fn with<R, F>(paths: &StatePaths, wait: &LockWait, work: F) -> Result<R, StoreError>
where
    F: FnOnce(Guard) -> R + Send + 'static,
    R: Send + 'static,
{
    if let Some(guard) = Guard::try_acquire(paths, wait)? {
        return Ok(work(guard));
    }
    let turn = Arc::new(Turn::default());
    let (sender, done) = mpsc::channel();
    let waiter = {
        let (paths, wait, turn) = (paths.clone(), wait.clone(), Arc::clone(&turn));
        move || {
            let guard = Guard::acquire(&paths, &wait);
            if turn.take() {
                let _ = sender.send(guard.map(|guard| guard.map(work)));
            }
        }
    };
    let failed = |error| StoreError::io(Action::Lock, &paths.lock, error);
    thread::Builder::new().spawn(waiter).map_err(failed)?;
    match watch(paths, wait, &turn, &done)? {
        Some(result) => Ok(result),
        None => Err(timed_out(paths, wait)),
    }
}

/// Whose turn it is to act: the waiting thread's with the lock, or the watching one's without.
#[derive(Default)]
struct Turn(AtomicBool);

impl Turn {
    /// True for the first to ask.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

type Done<R> = Result<Option<R>, StoreError>;

/// What came of the work, none if the lock was not free in time.
fn watch<R>(
    paths: &StatePaths,
    wait: &LockWait,
    turn: &Turn,
    done: &mpsc::Receiver<Done<R>>,
) -> Done<R> {
    let before_notice = NOTICE_AFTER.min(wait.timeout);
    match done.recv_timeout(before_notice) {
        Err(RecvTimeoutError::Timeout) => {}
        received => return received.unwrap_or_else(|_| Err(waiter_died(paths))),
    }
    let still_waits = wait.timeout > NOTICE_AFTER && !turn.is_taken();
    if let Some(notice) = wait.notice.as_ref().filter(|_| still_waits) {
        notice(&paths.lock, &holders(paths));
    }
    match done.recv_timeout(wait.timeout - before_notice) {
        Err(RecvTimeoutError::Timeout) if turn.take() => Ok(None),
        Err(RecvTimeoutError::Timeout) => done.recv().unwrap_or_else(|_| Err(waiter_died(paths))),
        received => received.unwrap_or_else(|_| Err(waiter_died(paths))),
    }
}

fn waiter_died(paths: &StatePaths) -> StoreError {
    StoreError::io(
        Action::Lock,
        &paths.lock,
        io::Error::other("the transaction's thread ended early"),
    )
}

fn timed_out(paths: &StatePaths, wait: &LockWait) -> StoreError {
    StoreError::LockTimeout {
        path: paths.lock.clone(),
        waited: wait.timeout,
        holders: holders(paths),
    }
}

/// Who is in the way. Who has the file's lock is; who has only the folder's waits for the file,
/// as this process may.
fn holders(paths: &StatePaths) -> Vec<Holder> {
    let mut holders = system::find_lock_holders(&paths.lock);
    if holders.is_empty() {
        holders = system::find_lock_holders(&paths.folder);
    }
    holders.retain(|holder| holder.pid != std::process::id());
    holders
}
