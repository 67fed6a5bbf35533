//! strace: which system calls a process makes, and making one of them fail.

use crate::support::Lab;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What says nothing of the state's world, or cannot fail as an injected error would make it.
const LEFT_ALONE: [&str; 24] = [
    // Memory, signals and sleep: no file is in it, and no error of a disk.
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "futex",
    "restart_syscall",
    "set_robust_list",
    "rseq",
    "sched_getaffinity",
    "clock_nanosleep",
    "exit",
    "exit_group",
    // These have no such failures.
    "getpid",
    "gettid",
    "getuid",
    "getrandom",
    "uname",
    // A close that fails has closed all the same; strace would leave the file open.
    "close",
];

/// The Rust runtime's last call before `main`.
const LAST_OF_RUNTIME: &str = "rt_sigaction(SIGBUS, {";

/// Which call: the how-many-th of its name in its thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) nth: usize,
    /// What it was when all went well.
    pub(crate) text: String,
}

/// A call, and how it fails.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    pub(crate) error: &'static str,
}

/// The pairs of sockets by which the standard library hears of its children and signal-hook of signals
/// are in memory. An interruption is all that can befall them, and both take anything else for a
/// mistake in a program, and panic.
const IN_MEMORY: [&str; 2] = ["recvfrom", "sendto"];

impl Fault {
    pub(crate) fn can_be(&self) -> bool {
        self.error == "EINTR" || !IN_MEMORY.contains(&self.call.name.as_str())
    }

    fn expression(&self) -> String {
        let Self { call, error } = self;
        format!("inject={}:error={error}:when={}", call.name, call.nth)
    }
}

/// strace with a log, making that call fail.
pub(crate) fn strace(log: &Path, fault: Option<&Fault>) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-qq", "-s", "48", "-o"]).arg(log);
    if let Some(fault) = fault {
        strace.args(["-e", &format!("trace={}", fault.call.name)]);
        strace.args(["-e", &fault.expression()]);
    }
    strace.stdin(Stdio::null());
    strace
}

/// The binary under strace, its first thread alone: so exactly one call fails.
pub(crate) fn from_the_start(
    lab: &Lab,
    log: &Path,
    fault: Option<&Fault>,
    run: &Command,
) -> Command {
    let mut strace = strace(log, fault);
    strace.arg(run.get_program()).args(run.get_args());
    strace.current_dir(lab.path()).env_clear();
    let set = |(name, value): (&OsStr, Option<&OsStr>)| {
        value.map(|value| (name.to_owned(), value.to_owned()))
    };
    strace.envs(run.get_envs().filter_map(set));
    strace
}

/// The calls of a log of one process from its start, without those of the loader and the runtime.
pub(crate) fn calls(log: &Path) -> Vec<Call> {
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let begun = |line: &&str| line.contains(LAST_OF_RUNTIME);
    let start = lines.iter().rposition(begun).map_or(0, |last| last + 1);
    let all = count(&lines);
    let wanted = all.into_iter().skip(start);
    let wanted = wanted.flatten().filter(is_wanted);
    wanted.collect()
}

/// The calls of a log of several threads, each of which counts for itself.
pub(crate) fn calls_of_threads(log: &Path) -> Vec<Call> {
    let text = fs::read_to_string(log).unwrap();
    let mut threads = std::collections::BTreeMap::<&str, Vec<&str>>::new();
    for line in text.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        threads.entry(thread).or_default().push(rest.trim_start());
    }
    let mut known = BTreeSet::new();
    let calls = threads.values().flat_map(|lines| count(lines));
    let mut calls: Vec<_> = calls.flatten().filter(is_wanted).collect();
    calls.retain(|call| known.insert((call.name.clone(), call.nth)));
    calls
}

fn is_wanted(call: &Call) -> bool {
    !LEFT_ALONE.contains(&call.name.as_str())
}

/// What each line calls; none where it tells something else.
fn count(lines: &[&str]) -> Vec<Option<Call>> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let call = |line: &&'_ str| {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        line.find(|c| !is_word(c))
            .filter(|end| *end > 0 && line[*end..].starts_with('('))
    };
    let mut counted = Vec::new();
    for line in lines {
        counted.push(call(line).map(|end| {
            let nth = counts.entry(&line[..end]).or_default();
            *nth += 1;
            Call {
                name: line[..end].to_owned(),
                nth: *nth,
                text: (*line).to_owned(),
            }
        }));
    }
    counted
}

/// Whether the fault came about.
pub(crate) fn was_injected(log: &Path) -> bool {
    fs::read_to_string(log).is_ok_and(|text| text.contains("(INJECTED)"))
}

/// Why nothing can be traced here, if so.
pub(crate) fn obstacle() -> Option<String> {
    let traced = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .output();
    match traced {
        Ok(traced) if traced.status.success() => {}
        Ok(traced) => return Some(String::from_utf8_lossy(&traced.stderr).into_owned()),
        Err(error) => return Some(format!("strace: {error}")),
    }
    // Others than children, too.
    let mut sleep = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = sleep.id().to_string();
    let timeout = ["1", "strace", "-qq", "-o", "/dev/null", "-p", &pid];
    let attached = Command::new("timeout").args(timeout).output();
    let _ = sleep.kill();
    let _ = sleep.wait();
    let attached = attached.unwrap();
    let refused = String::from_utf8_lossy(&attached.stderr);
    (!refused.is_empty()).then(|| refused.into_owned())
}
