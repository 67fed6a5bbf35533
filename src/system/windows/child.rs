//! The command of a `--run`, and what the console says around it.
//!
//! The command stays in gpumgr's own console and process group, so that Ctrl-C and Ctrl-Break reach
//! both at once, and the command only once. gpumgr itself is only not ended by them. A group of its
//! own would keep Ctrl-C from the command, and without one nothing can be sent to it alone; so there
//! is no gentle way to end it: its grace passes, and then its job is ended. The job, too, sees to it
//! that the command and all that it starts live no longer than gpumgr.

use super::job::Job;
use super::process::started;
use crate::allocator::LeaseId;
use crate::system::{Event, Exit, Heard, NOTE_BYTES, RunScope};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::FileExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use windows_sys::Win32::Foundation::{INVALID_HANDLE_VALUE, STATUS_CONTROL_C_EXIT};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemDirectoryW, GetWindowsDirectoryW};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, OpenThread, ResumeThread, THREAD_SUSPEND_RESUME,
};
use windows_sys::core::BOOL;

/// The numbers that the C library here has for such signals.
const INTERRUPT: i32 = 2;
const BREAK: i32 = 21;
const TERMINATE: i32 = 15;
/// The C library here has no hang-up: the number is the one it has elsewhere.
const HANG_UP: i32 = 1;

/// The longest path of a folder of the system.
const FOLDER_UNITS: u32 = 1024;

/// Where what the console says is sent to.
static HEARD: Mutex<Option<Sender<Event>>> = Mutex::new(None);

/// A console asks nobody to pause.
pub(crate) fn listen_for_stops(_events: Sender<Event>) -> io::Result<()> {
    Ok(())
}

/// Whether this is what Ctrl-C sends.
pub(crate) fn is_interrupt(signal: i32) -> bool {
    signal == INTERRUPT
}

/// Whether that signal asks whoever waits to end: all that there are do.
pub(crate) fn asks_to_end(_number: i32) -> bool {
    true
}

/// Whether that asks a program to end for good.
pub(crate) fn terminates(number: i32) -> bool {
    number == TERMINATE
}

/// Nothing that a console says asks for that.
pub(crate) fn asks_to_reload(_number: i32) -> bool {
    false
}

/// Sends what the console says from now on. Ctrl-C that is ignored when gpumgr starts stays ignored
/// for both.
#[allow(unsafe_code, reason = "the standard library hears no console")]
pub(crate) fn listen(events: Sender<Event>) -> io::Result<()> {
    *HEARD.lock().unwrap_or_else(PoisonError::into_inner) = Some(events);
    // SAFETY: the handler is a function, which lives for ever, and may be called by any thread.
    super::done(unsafe { SetConsoleCtrlHandler(Some(hear), 1) })
}

/// Called by the system in a thread of its own.
extern "system" fn hear(said: u32) -> BOOL {
    let number = match said {
        CTRL_C_EVENT => INTERRUPT,
        CTRL_BREAK_EVENT => BREAK,
        CTRL_CLOSE_EVENT => HANG_UP,
        _ => TERMINATE,
    };
    let heard = Heard {
        number,
        // All who use the console are told.
        from_terminal: true,
        from_gpumgr: false,
    };
    if let Some(events) = &*HEARD.lock().unwrap_or_else(PoisonError::into_inner) {
        // Nobody may listen any longer.
        let _ = events.send(Event::Signal(heard));
    }
    if !matches!(said, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        // The system ends this process once this returns, and otherwise after some seconds, which
        // the command has to end and gpumgr to give back.
        loop {
            thread::park();
        }
    }
    1
}

/// Nothing is left of what has ended here.
pub(crate) fn reap_left() {}

/// A command that runs.
pub(crate) struct Child {
    id: u32,
    exit: Arc<OnceLock<Exit>>,
}

impl Child {
    /// Starts the command, which is noted in this lease's file before it begins. That it ended is
    /// told as a signal is.
    pub(crate) fn spawn(
        command: &mut Command,
        (_, lease): (&LeaseId, &File),
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        Self::spawn_step(command, lease, events)
    }

    /// The same: its job can be ended as one.
    pub(crate) fn spawn_apart(
        command: &mut Command,
        lease: (&LeaseId, &File),
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        Self::spawn(command, lease, events)
    }

    /// The same for a step of a run.
    pub(crate) fn spawn_step(
        command: &mut Command,
        lease: &File,
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        let job = Job::get()?;
        // It begins only once it is in the job, so that nothing it starts can be outside.
        let mut child = command.creation_flags(CREATE_SUSPENDED).spawn()?;
        if let Err(error) = job.add(&child) {
            let _ = child.kill();
            return Err(error);
        }
        // From here on the job ends what cannot be brought to run.
        note(&child, lease)?;
        let this = Self {
            id: child.id(),
            exit: Arc::default(),
        };
        this.tell_of_its_end(child, events.clone())?;
        resume(this.id)?;
        Ok(this)
    }

    fn tell_of_its_end(&self, mut child: process::Child, events: Sender<Event>) -> io::Result<()> {
        let exit = Arc::clone(&self.exit);
        thread::Builder::new().spawn(move || {
            let code = child.wait().ok().and_then(|status| status.code());
            let _ = exit.set(exit_of(code));
            // Nobody may listen any longer.
            let _ = events.send(Event::ChildChanged);
        })?;
        Ok(())
    }

    /// Its process ID.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// How it ended, if it has.
    pub(crate) fn reap(&self) -> Option<Exit> {
        self.exit.get().copied()
    }

    /// Whether it left processes behind, which end with gpumgr.
    pub(crate) fn left_any(&self) -> bool {
        Job::made().is_some_and(|job| !job.members().is_empty())
    }

    /// All that belongs to the run of this command: its job.
    pub(crate) fn scope<'r>(&self, lease: &'r LeaseId, _file: &'r File) -> RunScope<'r> {
        RunScope {
            is_parent: true,
            ..RunScope::of(lease)
        }
    }

    /// Hands it what was sent to gpumgr alone: nothing is, here.
    pub(crate) fn pass_on(&self, _heard: &Heard) {}
}

/// Codes have 32 bits here, but only a byte is ever told: what does not fit must not become a
/// success by that.
fn exit_of(code: Option<i32>) -> Exit {
    match code {
        Some(STATUS_CONTROL_C_EXIT) => Exit::Signal(INTERRUPT),
        code => {
            let told = code.and_then(|code| u8::try_from(code).ok());
            Exit::Code(told.unwrap_or(u8::MAX).into())
        }
    }
}

/// Written by this process, which has the lock and so alone may write.
pub(super) fn note(child: &process::Child, lease: &File) -> io::Result<()> {
    let mut note = [b' '; NOTE_BYTES];
    let (pid, started) = (child.id(), started(child)?);
    write!(&mut note[..], "{pid} {started}")?;
    let written = lease.seek_write(&note, 0)?;
    match written == note.len() {
        true => Ok(()),
        false => Err(io::ErrorKind::WriteZero.into()),
    }
}

/// Lets a process begin. Its first thread's handle was not kept, so it is looked for.
fn resume(pid: u32) -> io::Result<()> {
    let threads = threads(pid)?;
    if threads.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    threads.into_iter().try_for_each(resume_thread)
}

#[allow(unsafe_code, reason = "the standard library cannot resume")]
fn resume_thread(id: u32) -> io::Result<()> {
    // SAFETY: a handle that is not null is new, and nobody else's.
    unsafe {
        let handle = OpenThread(THREAD_SUSPEND_RESUME, 0, id);
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        let thread = OwnedHandle::from_raw_handle(handle);
        match ResumeThread(thread.as_raw_handle()) {
            u32::MAX => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

/// The IDs of a process's threads.
#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn threads(pid: u32) -> io::Result<Vec<u32>> {
    let mut thread = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..Default::default()
    };
    let mut threads = Vec::new();
    // SAFETY: a handle that is valid is new, and nobody else's; the entry says how large it is.
    unsafe {
        let handle = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        let snapshot = OwnedHandle::from_raw_handle(handle);
        let mut is_one = Thread32First(snapshot.as_raw_handle(), &raw mut thread);
        while is_one != 0 {
            if thread.th32OwnerProcessID == pid {
                threads.push(thread.th32ThreadID);
            }
            is_one = Thread32Next(snapshot.as_raw_handle(), &raw mut thread);
        }
    }
    Ok(threads)
}

/// Where the command is that this word names, as far as it can be told beforehand: where the
/// standard library will look.
pub(crate) fn find_command(word: &Path, search: Option<&OsStr>) -> io::Result<()> {
    let places: Vec<PathBuf> = if is_name(word) {
        let search = search.map(std::env::split_paths).into_iter().flatten();
        let folders = search.chain(own_folder()).chain(system_folders());
        folders
            .map(|folder| with_extension(&folder.join(word)))
            .collect()
    } else {
        vec![word.to_owned(), with_suffix(word)]
    };
    match places.iter().any(|place| is_there(place)) {
        true => Ok(()),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Whether the word has no folder, and no drive.
fn is_name(word: &Path) -> bool {
    word.file_name() == Some(word.as_os_str())
}

/// A name that has a dot is taken as it is.
fn with_extension(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default();
    match name.as_encoded_bytes().contains(&b'.') {
        true => place.to_owned(),
        false => with_suffix(place),
    }
}

fn with_suffix(place: &Path) -> PathBuf {
    let mut place = place.as_os_str().to_owned();
    place.push(".exe");
    place.into()
}

/// Not followed: what stands for a program of the store leads nowhere that can be looked at.
fn is_there(place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok_and(|found| !found.is_dir())
}

fn own_folder() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_owned())
}

fn system_folders() -> impl Iterator<Item = PathBuf> {
    [system_folder(), windows_folder()].into_iter().flatten()
}

#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn system_folder() -> Option<PathBuf> {
    // SAFETY: the system writes no more than it is told there is room for.
    folder(|path| unsafe { GetSystemDirectoryW(path, FOLDER_UNITS) })
}

#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn windows_folder() -> Option<PathBuf> {
    // SAFETY: the system writes no more than it is told there is room for.
    folder(|path| unsafe { GetWindowsDirectoryW(path, FOLDER_UNITS) })
}

/// None if it is longer than there is room for, or not known.
fn folder(ask: impl Fn(*mut u16) -> u32) -> Option<PathBuf> {
    let mut path = [0; FOLDER_UNITS as usize];
    let length = ask(path.as_mut_ptr()) as usize;
    let path = path.get(..length).filter(|path| !path.is_empty())?;
    Some(OsString::from_wide(path).into())
}
