//! Processes: which one it is, and whether it is gone.

use super::boottime;
use crate::allocator::{Ancestor, Process, is_same_start};
use crate::system::{Fate, Here, Holder};
use chrono::TimeDelta;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, Uid, gethostname};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;

/// The space of process IDs that all others are inside of, as Linux numbers it.
const INITIAL_NAMESPACE: u64 = 0xEFFF_FFFC;

/// What the system says of this process.
const OWN_STAT: &str = "/proc/self/stat";

/// How many generations are looked at: a table that changes meanwhile must not go in circles.
const MAX_LINEAGE: usize = 64;

/// This machine's own name.
pub(crate) fn host() -> String {
    let name = gethostname().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// This machine, which start of it, and the space of process IDs here.
pub(crate) fn here() -> Here {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    Here {
        host: host(),
        boot: boot.map(|boot| boot.trim().to_owned()),
        namespace: fs::metadata("/proc/self/ns/pid")
            .ok()
            .map(|space| space.ino()),
    }
}

/// The process that has this ID now; none if there is none, or only what is left of one.
pub(crate) fn process(pid: u32, here: &Here) -> Option<Process> {
    if pid == std::process::id() {
        return own_process(here).ok();
    }
    let stat = stat(pid).filter(|stat| is_proc_ours() && !stat.is_left_over(pid));
    let started = match stat {
        Some(stat) => stat.started(),
        // Not every system tells more than that.
        None if cfg!(not(target_os = "linux")) && exists(pid) => 0,
        None => return None,
    };
    Some(here.process(pid, started))
}

/// This process.
///
/// # Errors
/// The system does not tell at this moment.
pub(crate) fn own_process(here: &Here) -> io::Result<Process> {
    let stat = fs::read_to_string(OWN_STAT).and_then(|text| {
        let stat = parse_stat(&text);
        stat.ok_or_else(|| io::ErrorKind::InvalidData.into())
    });
    let started = match stat {
        Ok(stat) => stat.started(),
        // Not every system tells more than the ID.
        Err(_) if cfg!(not(target_os = "linux")) => 0,
        Err(error) => {
            let told = format!("{OWN_STAT}: {error}");
            return Err(io::Error::new(error.kind(), told));
        }
    };
    Ok(here.process(std::process::id(), started))
}

/// What became of a process of this very start of this machine.
pub(crate) fn fate(process: &Process, here: &Here) -> Fate {
    if process.namespace == here.namespace {
        return fate_of_id(process.pid, process.started);
    }
    if here.namespace != Some(INITIAL_NAMESPACE) || !is_proc_ours() {
        return Fate::Hidden;
    }
    // From the outermost space all are seen, under other IDs.
    match all().any(|pid| is_inside(pid, process)) {
        true => Fate::Alive,
        false => Fate::Gone,
    }
}

fn fate_of_id(pid: u32, started: u64) -> Fate {
    if !exists(pid) {
        return Fate::Gone;
    }
    match stat(pid) {
        Some(_) if !is_proc_ours() => Fate::Alive,
        Some(stat) if !is_same_start(stat.started(), started) => Fate::Gone,
        Some(stat) if stat.is_left_over(pid) => Fate::Gone,
        // It is there, though perhaps not to be looked at (hidepid).
        _ => Fate::Alive,
    }
}

/// Whether a process of this very start of this machine is stopped (`SIGSTOP`, Ctrl-Z), for certain.
pub(crate) fn is_stopped(process: &Process, here: &Here) -> bool {
    process.namespace == here.namespace
        && is_proc_ours()
        && stat(process.pid).is_some_and(|stat| {
            is_same_start(stat.started(), process.started) && stat.state == b'T'
        })
}

/// Being forbidden to send it a signal means that it is there.
fn exists(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else {
        return false;
    };
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Whether the process with this ID here is that one of an inner space.
fn is_inside(pid: u32, process: &Process) -> bool {
    innermost_id(pid) == Some(process.pid)
        && stat(pid).is_some_and(|stat| {
            is_same_start(stat.started(), process.started) && !stat.is_left_over(pid)
        })
}

/// The ID of a process in the innermost space that it is in.
fn innermost_id(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let ids = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    ids.split_whitespace().last()?.parse().ok()
}

/// The IDs of all processes that can be seen.
pub(super) fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

pub(super) struct Stat {
    state: u8,
    pub(super) parent: u32,
    pub(super) group: u32,
    /// When it started, as this process sees it.
    shown_start: u64,
}

impl Stat {
    /// When it started, as the initial time namespace counts.
    pub(super) fn started(&self) -> u64 {
        boottime::normal(self.shown_start, boottime::offset())
    }

    /// Dead, but for its entry in the table. Where only the first of its threads is, it lives.
    pub(super) fn is_left_over(&self, pid: u32) -> bool {
        let threads = || fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        matches!(self.state, b'Z' | b'X') && threads() <= 1
    }
}

pub(super) fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether `/proc` counts processes as this one does: a container may see its host's.
pub(super) fn is_proc_ours() -> bool {
    let own = fs::read_link("/proc/self");
    own.is_ok_and(|own| own.to_str() == Some(&std::process::id().to_string()))
}

/// After the name, which may itself hold brackets and spaces: the state, the parent, and as the
/// 20th the moment of the start.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(") ")?.1.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let shown_start = fields.nth(16)?.parse().ok()?;
    Some(Stat {
        state,
        parent,
        group,
        shown_start,
    })
}

/// When this process started, if starts are moved by that offset for it. Allocates nothing, because it
/// is asked between fork and exec.
pub(super) fn own_start(offset: Option<i64>) -> Option<u64> {
    let mut text = [0; 512];
    let read = io::Read::read(&mut File::open(OWN_STAT).ok()?, &mut text).ok()?;
    let text = text.get(..read)?;
    // The name may be no text at all.
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(text.get(name_end..)?).ok()?;
    parse_stat(fields).map(|stat| boottime::normal(stat.shown_start, offset))
}

/// Whether a process has this file open, as far as this user may know.
pub(crate) fn has_open(pid: u32, file: &File) -> bool {
    let Ok(file) = file.metadata() else {
        return false;
    };
    let open = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let is_it = |entry: &fs::DirEntry| {
        let other = fs::metadata(entry.path());
        other.is_ok_and(|other| (other.dev(), other.ino()) == (file.dev(), file.ino()))
    };
    // Who only reads it looks at it, and is no part of the task.
    open.filter(is_it)
        .any(|entry| is_writer(pid, &entry.file_name().to_string_lossy()))
}

fn is_writer(pid: u32, descriptor: &str) -> bool {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & nix::libc::O_ACCMODE != nix::libc::O_RDONLY)
}

/// What is to be said of a process; none of what is only left of one.
pub(crate) fn holder(pid: u32) -> Option<Holder> {
    if stat(pid).is_some_and(|stat| stat.is_left_over(pid)) {
        return None;
    }
    let command = fs::read(format!("/proc/{pid}/comm")).ok();
    let command = command.map(|name| String::from_utf8_lossy(&name).into_owned());
    let process = fs::metadata(format!("/proc/{pid}")).ok();
    Some(Holder {
        pid,
        command: command.map(|name| name.trim_end().to_owned()),
        user: process.map(|process| super::user_name(Uid::from_raw(process.uid()))),
    })
}

/// The process itself, its parent and so on, as far as they can be seen.
pub(crate) fn lineage(pid: u32) -> Vec<Ancestor> {
    if !is_proc_ours() {
        return Vec::new();
    }
    let mut lineage: Vec<Ancestor> = Vec::new();
    let mut next = pid;
    while next > 0 && lineage.len() < MAX_LINEAGE {
        let Some(stat) = stat(next) else {
            break;
        };
        lineage.push(Ancestor {
            pid: next,
            inner: innermost_id(next).unwrap_or(next),
            started: stat.started(),
        });
        next = stat.parent;
    }
    lineage
}

/// For how long a process has run.
pub(crate) fn age(pid: u32) -> Option<TimeDelta> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let ticks = boottime::ticks_per_second()?;
    // A time namespace moves both.
    let started = stat(pid)?.shown_start as f64 / ticks as f64;
    Some(TimeDelta::milliseconds(((uptime - started) * 1e3) as i64))
}

/// The space of process IDs that a process is in; known of one's own processes, and to root.
pub(crate) fn namespace_of(pid: u32) -> Option<u64> {
    let space = fs::metadata(format!("/proc/{pid}/ns/pid")).ok()?;
    Some(space.ino())
}

/// The value of the variable that a process was started with: the outer none where only its own user
/// may know.
pub(crate) fn variable(pid: u32, name: &str) -> Option<Option<String>> {
    let variables = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = variables.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| {
        let value = variable.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    });
    Some(value)
}

/// Whether the process is of the file's user.
pub(crate) fn is_of_user(pid: u32, file: &fs::Metadata) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == file.uid())
}
