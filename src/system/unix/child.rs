//! The command of a `--run`, and the signals around it.
//!
//! The command stays in gpumgr's own process group, so that what the terminal sends (Ctrl-C,
//! Ctrl-\, Ctrl-Z, a hang-up) reaches both at once, and stopping and continuing work as for one
//! program. gpumgr itself is only not ended by it. What another process sends to gpumgr alone is
//! passed on. Signals that are ignored when gpumgr starts, as by nohup, stay ignored for both.

use super::boottime;
use super::cgroup::Cgroup;
use super::members::Processes;
use super::process::{own_start, stat};
use crate::allocator::LeaseId;
use crate::system::{Event, Exit, Heard, RunScope};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, kill, pthread_sigmask, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, getpid, getsid, write};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::Sender;
use std::thread;

/// What would end gpumgr, and is for the command.
const PASSED_ON: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// Whether this is what Ctrl-C sends.
pub(crate) fn is_interrupt(signal: i32) -> bool {
    signal == Signal::SIGINT as i32
}

/// Whether that signal asks whoever waits to end.
pub(crate) fn asks_to_end(number: i32) -> bool {
    !matches!(number, libc::SIGUSR1 | libc::SIGUSR2)
}

/// Whether that signal asks a program to end for good.
pub(crate) fn terminates(number: i32) -> bool {
    number == libc::SIGTERM
}

/// Whether that signal asks a daemon to read its config anew.
pub(crate) fn asks_to_reload(number: i32) -> bool {
    number == libc::SIGHUP
}

/// Sends what signals tell from now on.
pub(crate) fn listen(events: Sender<Event>) -> io::Result<()> {
    let heard: Vec<_> = heeded().map(|signal| signal as i32).collect();
    let heard: Vec<_> = heard.into_iter().chain([libc::SIGCHLD]).collect();
    let mut signals = SignalsInfo::<WithOrigin>::new(&heard)?;
    thread::Builder::new().spawn(move || {
        // Whoever started gpumgr may have blocked them.
        let all: SigSet = heeded().chain([Signal::SIGCHLD]).collect();
        let _ = pthread_sigmask(SigmaskHow::SIG_UNBLOCK, Some(&all), None);
        for origin in &mut signals {
            if events.send(event(&origin)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Tells when the terminal asks this program to pause (Ctrl-Z), which it then does by itself.
pub(crate) fn listen_for_stops(events: Sender<Event>) -> io::Result<()> {
    if is_ignored(Signal::SIGTSTP) {
        return Ok(());
    }
    let mut signals = SignalsInfo::<WithOrigin>::new([libc::SIGTSTP])?;
    thread::Builder::new().spawn(move || {
        for _ in &mut signals {
            if events.send(Event::ToStop).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn event(origin: &Origin) -> Event {
    if origin.signal == libc::SIGCHLD {
        return Event::ChildChanged;
    }
    Event::Signal(Heard {
        number: origin.signal,
        from_terminal: matches!(origin.cause, Cause::Kernel) && !is_for_leader_alone(origin),
        from_gpumgr: origin.process.is_some_and(|sender| is_gpumgr(sender.pid)),
    })
}

/// Whether that process runs this very program, as far as this user may know.
fn is_gpumgr(pid: libc::pid_t) -> bool {
    let program = |process: &str| fs::metadata(format!("/proc/{process}/exe")).ok();
    program(&pid.to_string())
        .zip(program("self"))
        .is_some_and(|(sender, own)| (sender.dev(), sender.ino()) == (own.dev(), own.ino()))
}

/// A terminal that hangs up tells the leader of its session alone, as the shell that a terminal
/// window starts; who leads and does not end must tell the others.
fn is_for_leader_alone(origin: &Origin) -> bool {
    origin.signal == libc::SIGHUP && getsid(None) == Ok(getpid())
}

fn heeded() -> impl Iterator<Item = Signal> {
    PASSED_ON.into_iter().filter(|signal| !is_ignored(*signal))
}

#[allow(
    unsafe_code,
    reason = "the system's own question, which changes nothing"
)]
fn is_ignored(signal: Signal) -> bool {
    // SAFETY: all zeros is a valid sigaction, and with no new action this only fills it in.
    unsafe {
        let mut present: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal as i32, std::ptr::null(), &raw mut present) == 0
            && present.sa_sigaction == libc::SIG_IGN
    }
}

/// Takes note of children that have ended and nobody waits for.
pub(crate) fn reap_left() {
    while matches!(
        waitpid(None, Some(WaitPidFlag::WNOHANG)),
        Ok(status) if status != WaitStatus::StillAlive
    ) {}
}

/// A command that runs.
pub(crate) struct Child {
    id: u32,
    started: u64,
    /// Whether its ID may be another process's by now.
    is_reaped: Cell<bool>,
    /// Whether it leads a process group of its own.
    leads: bool,
    /// Whether it is a step's, a run's inside a run.
    is_step: bool,
    /// Whether this process had children of others before, so that descent from it tells nothing.
    had_children: bool,
    /// Where the system lets gpumgr make one.
    cgroup: Option<Cgroup>,
}

/// How a command is started.
#[derive(Clone, Copy)]
struct Start<'s> {
    lease: &'s File,
    /// The run that gets a control group.
    group: Option<&'s LeaseId>,
    /// It leads a process group.
    leads: bool,
}

impl Child {
    /// Starts the command, which keeps the lock of this file open and has noted itself there
    /// before it begins. That it ended is told as a signal is.
    pub(crate) fn spawn(
        command: &mut Command,
        (run, lease): (&LeaseId, &File),
        _events: &Sender<Event>,
    ) -> io::Result<Self> {
        let start = Start {
            lease,
            group: Some(run),
            leads: false,
        };
        Self::spawn_noting(command, start)
    }

    #[allow(
        unsafe_code,
        reason = "only between fork and exec can the command note itself"
    )]
    fn spawn_noting(command: &mut Command, start: Start) -> io::Result<Self> {
        let had_children = has_children();
        let cgroup = start.group.and_then(Cgroup::make);
        // Its orphans become this process's children, so that what survives it is known.
        #[cfg(target_os = "linux")]
        let _ = nix::sys::prctl::set_child_subreaper(true);
        let held_back: SigSet = heeded().collect();
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&held_back), Some(&mut before))?;
        let lease = start.lease.as_raw_fd();
        let entrance = cgroup.as_ref().map(|cgroup| cgroup.entrance.as_raw_fd());
        let offset = boottime::offset_of_children();
        // SAFETY: the closure makes system calls only, and allocates nothing.
        unsafe {
            command.pre_exec(move || {
                // Exec would do that, too, but what came before it would be lost.
                for heeded in &held_back {
                    signal(heeded, SigHandler::SigDfl)?;
                }
                pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
                if let Some(entrance) = entrance {
                    // The run goes on without a group where the kernel refuses.
                    let _ = write(BorrowedFd::borrow_raw(entrance), b"0");
                }
                let lease = BorrowedFd::borrow_raw(lease);
                fcntl(lease, FcntlArg::F_SETFD(FdFlag::empty()))?;
                note_self(&lease, offset)
            });
        }
        let spawned = command.spawn();
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
        // Waited for together with what it leaves behind.
        let id = spawned?.id();
        Ok(Self {
            id,
            started: stat(id).map_or(0, |stat| stat.started()),
            is_reaped: Cell::new(false),
            leads: start.leads,
            is_step: start.group.is_none(),
            had_children,
            cgroup,
        })
    }

    /// The same in a process group of its own, which can be ended as one.
    pub(crate) fn spawn_apart(
        command: &mut Command,
        (run, lease): (&LeaseId, &File),
        _events: &Sender<Event>,
    ) -> io::Result<Self> {
        let start = Start {
            lease,
            group: Some(run),
            leads: true,
        };
        Self::spawn_noting(command.process_group(0), start)
    }

    /// The same for a step of a run, which stays in that one's control group.
    pub(crate) fn spawn_step(
        command: &mut Command,
        lease: &File,
        _events: &Sender<Event>,
    ) -> io::Result<Self> {
        let start = Start {
            lease,
            group: None,
            leads: false,
        };
        Self::spawn_noting(command, start)
    }

    /// Its process ID.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// All that belongs to the run of this command, as this process knows it.
    pub(crate) fn scope<'r>(&self, lease: &'r LeaseId, file: &'r File) -> RunScope<'r> {
        let command = (self.id, self.started);
        RunScope {
            lease,
            command: Some(command).filter(|_| !self.is_reaped.get()),
            leader: Some(command).filter(|_| self.leads),
            is_parent: !self.had_children,
            file: Some(file).filter(|_| self.had_children),
            is_step: self.is_step,
        }
    }

    /// How it ended, if it has. What else ended is only taken note of.
    pub(crate) fn reap(&self) -> Option<Exit> {
        let mut exit = None;
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) if self.is(pid) => {
                    exit = Some(Exit::Code(code));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if self.is(pid) => {
                    exit = Some(Exit::Signal(signal as i32));
                }
                Ok(WaitStatus::StillAlive) => return exit,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return exit,
            }
            self.is_reaped.set(self.is_reaped.get() || exit.is_some());
        }
    }

    /// Whether it may have left processes behind: this one has children, or there are some in the
    /// run's control group.
    pub(crate) fn left_any(&self) -> bool {
        self.cgroup
            .as_ref()
            .is_some_and(|cgroup| !cgroup.is_empty())
            || Self::has_any()
    }

    fn has_any() -> bool {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return true,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return false,
            }
        }
    }

    fn is(&self, pid: Pid) -> bool {
        u32::try_from(pid.as_raw()) == Ok(self.id)
    }

    /// Hands it what was sent to gpumgr alone, unless it has ended.
    pub(crate) fn pass_on(&self, heard: &Heard) {
        // The gpumgr of a run around this one tells all of the run to end.
        let has_it = heard.from_terminal || heard.from_gpumgr && heard.ends();
        let is_deaf = has_it || self.is_reaped.get();
        let signal = Signal::try_from(heard.number);
        if let (false, Ok(signal), Ok(pid)) = (is_deaf, signal, i32::try_from(self.id)) {
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

/// Whether this process has children other than its helpers.
fn has_children() -> bool {
    let without_waiting = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    // Most have none at all, which costs one call.
    waitid(Id::All, without_waiting) != Err(Errno::ECHILD) && Processes::look().has_children()
}

fn note_self(lease: &BorrowedFd<'_>, offset: Option<i64>) -> io::Result<()> {
    let mut note = [b' '; crate::system::NOTE_BYTES];
    let pid = std::process::id();
    let started = own_start(offset).unwrap_or(0);
    write!(&mut note[..], "{pid} {started}")?;
    // A duplicate would be inherited, too; this one is only looked at.
    let file = std::mem::ManuallyDrop::new(unsafe_file(lease));
    file.write_all_at(&note, 0)
}

#[allow(unsafe_code, reason = "a borrowed descriptor, written at a place")]
fn unsafe_file(lease: &BorrowedFd<'_>) -> File {
    use std::os::fd::FromRawFd;
    // SAFETY: the caller never drops it, so it is not closed.
    unsafe { File::from_raw_fd(lease.as_raw_fd()) }
}

/// Where the command is that this word names, as far as it can be told beforehand.
pub(crate) fn find_command(word: &Path, search: Option<&std::ffi::OsStr>) -> io::Result<()> {
    if word.as_os_str().is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let places: Vec<PathBuf> = if word.as_os_str().as_encoded_bytes().contains(&b'/') {
        vec![word.to_owned()]
    } else {
        // Without a path the system looks where it always does.
        let Some(search) = search else {
            return Ok(());
        };
        std::env::split_paths(search)
            .map(|folder| folder.join(word))
            .collect()
    };
    let found: Vec<_> = places
        .iter()
        .filter_map(|place| fs::metadata(place).ok())
        .collect();
    let can_run = |file: &fs::Metadata| file.is_file() && file.permissions().mode() & 0o111 != 0;
    if found.iter().any(can_run) {
        Ok(())
    } else if found.is_empty() {
        Err(io::ErrorKind::NotFound.into())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
